import { Command, CommanderError } from 'commander';
import { expect, test } from 'vitest';
import { operatorOption } from './options.ts';

function parsed(argv: readonly string[], nameOfUser: () => string): Record<string, unknown> {
  const command = new Command()
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .addOption(operatorOption('who gives them up', nameOfUser));
  return command.parse([...argv], { from: 'user' }).opts();
}

/** What os.userInfo does for a user without an entry in /etc/passwd, which the images run as. */
function nameless(): string {
  throw Object.assign(new Error('uv_os_get_passwd returned ENOENT'), { code: 'ERR_SYSTEM_ERROR' });
}

test('the operator is the user of the process, or who --by names', () => {
  expect(parsed([], () => 'ana')).toEqual({ by: 'ana' });
  expect(parsed(['--by', 'ben'], () => 'ana')).toEqual({ by: 'ben' });
});

test('a user without a name, as in the images, must say who it is', () => {
  expect(parsed(['--by', 'ben'], nameless)).toEqual({ by: 'ben' });
  expect(() => parsed([], nameless)).toThrow(CommanderError);
});

test('the help tells both', () => {
  const help = (nameOfUser: () => string) =>
    new Command().addOption(operatorOption('who gives them up', nameOfUser)).helpInformation();
  expect(help(() => 'ana')).toMatch(/--by <name> +who gives them up \(default: "ana"\)/);
  expect(help(nameless)).toMatch(/--by <name> +who gives them up/);
});
