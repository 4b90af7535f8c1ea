import { globSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { CommanderError } from 'commander';
import { expect, test } from 'vitest';
import type { AddCommand } from './main.ts';
import { createProgram, hintAtHelp } from './program.ts';

const COMMANDS = path.join(import.meta.dirname, 'commands');
const modules = await Promise.all(
  globSync('*.ts', { cwd: COMMANDS }).map(
    (file) => import(path.join(COMMANDS, file)) as Promise<{ readonly addCommand: AddCommand }>,
  ),
);

/** The whole program; its output goes to `said`. */
function program(columns = 80): { readonly root: Command; readonly said: string[] } {
  const said: string[] = [];
  const root = createProgram({ COLUMNS: String(columns) });
  for (const { addCommand } of modules) addCommand(root);
  hintAtHelp(root);
  const listen = (command: Command): void => {
    command.configureOutput({
      writeOut: (text) => said.push(text),
      writeErr: (text) => said.push(text),
      getOutHelpWidth: () => columns,
      getErrHelpWidth: () => columns,
    });
    for (const below of command.commands) listen(below);
  };
  listen(root);
  return { root, said };
}

const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];

test.each([60, 80, 100, 200])('the help of every command fits %d columns, and cuts no word', (columns) => {
  for (const command of all(program(columns).root)) {
    const help = command.helpInformation();
    // A line of one word may be longer: a name is never cut.
    const tooLong = help.split('\n').filter((line) => line.length > columns && / \S+ \S/.test(line.trim()));
    expect(tooLong, command.name()).toEqual([]);
    const said = help.replaceAll(/\s+/g, ' ');
    for (const { description } of [
      ...command.options,
      ...command.commands.map((below) => ({ description: below.description() })),
    ])
      expect(said).toContain(description);
  }
});

test.each([
  [['--nope'], 'provenonce --help lists the commands'],
  [['verify', '--nope'], 'provenonce verify --help lists the options'],
  [['lab', 'run', '--nope'], 'provenonce lab run --help lists the options'],
  [['schema', 'aply'], 'provenonce schema --help lists the commands'],
  [['skip'], 'provenonce skip --help lists the options'],
  [['simulate', '--rate', 'fast'], 'provenonce simulate --help lists the options'],
] as const)('an error in %j names the help of that very command', async (words, hint) => {
  const { root, said } = program();
  await expect(root.parseAsync([...words], { from: 'user' })).rejects.toThrow(CommanderError);
  expect(said.join('')).toContain(hint);
});
