/**
 * Every npm and provenonce command that the documentation shows is one that exists: the script, the subcommand, its flags
 * and their values. Commands are parsed by the program's own parser, with actions that do nothing.
 */
import { globSync } from 'node:fs';
import path from 'node:path';
import { Command, CommanderError } from 'commander';
import { describe, expect, test } from 'vitest';
import { MODEL_USAGE } from '../src/lab/model/run-model.ts';
import {
  commandsOf,
  markdownFiles,
  REPOSITORY,
  readRepositoryFile,
  type Command as ShownCommand,
} from './testing/markdown.ts';
import { programWords, scripts, wordsOf, wordsOfScript } from './testing/program-words.ts';

const commandModules = await Promise.all(
  globSync('src/cli/commands/*.ts', { cwd: REPOSITORY }).map(
    (file) => import(path.join(REPOSITORY, file)) as Promise<{ addCommand: (program: Command) => void }>,
  ),
);

/** Left out in a sentence that only names a command. */
const INCOMPLETE = ['commander.missingArgument', 'commander.missingMandatoryOptionValue', 'commander.help'];

function programWithoutActions(): Command {
  const program = new Command('provenonce').helpOption('-h, --help').version('0', '-V, --version');
  for (const { addCommand } of commandModules) addCommand(program);
  const disarm = (command: Command): void => {
    command.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} });
    if (command.commands.length === 0) command.action(() => {});
    for (const below of command.commands) disarm(below);
  };
  disarm(program);
  return program;
}

async function problemOfProvenonce(words: readonly string[], { inline }: ShownCommand): Promise<string | undefined> {
  if (words[0] === 'lab' && words[1] === 'model') {
    return words.slice(2).find((word) => word.startsWith('--') && word !== '--help' && !MODEL_USAGE.includes(word));
  }
  try {
    await programWithoutActions().parseAsync([...words], { from: 'user' });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0 || (inline && INCOMPLETE.includes(error.code))) return undefined;
    return error.message;
  }
}

/** npm's own commands, and scripts of the example project whose page this is. */
function isNpmOwn([, verb = '', name = '']: readonly string[], file: string): boolean {
  if (['ci', 'test', 'pack'].includes(verb)) return true;
  if (!file.startsWith('examples/')) return false;
  const own = JSON.parse(readRepositoryFile(path.join(path.dirname(file), 'package.json'))) as {
    scripts?: Record<string, string>;
  };
  return verb === 'install' || own.scripts?.[verb === 'run' ? name : verb] !== undefined;
}

async function problemOf(shown: ShownCommand, file = 'README.md'): Promise<string | undefined> {
  const words = wordsOf(shown.text);
  const program = programWords(words);
  if (program !== undefined) return problemOfProvenonce(program, shown);
  if (words[0] !== 'npm' || isNpmOwn(words, file)) return undefined;
  if (words[1] !== 'run') return `npm ${words[1]} is no command of this project`;
  return scripts[words[2] ?? ''] === undefined ? `package.json has no script ${words[2]}` : undefined;
}

describe.each(markdownFiles())('%s', (file) => {
  test('shows commands that exist', async () => {
    const problems: string[] = [];
    for (const shown of commandsOf(readRepositoryFile(file))) {
      const problem = await problemOf(shown, file);
      if (problem !== undefined) problems.push(`line ${shown.line}: ${shown.text}: ${problem}`);
    }
    expect(problems).toEqual([]);
  });
});

test('a command that does not exist is noticed, in a block and in a sentence', async () => {
  const text = [
    '`npm run nothing`',
    '```',
    'provenonce verify --jsonn',
    'X=1 npm run demo -- --infra moon',
    'npm run provenonce -- process --until-bored',
    '```',
  ].join('\n');
  const problems = await Promise.all(commandsOf(text).map((shown) => problemOf(shown)));
  expect(problems).toEqual([
    'package.json has no script nothing',
    expect.stringContaining('--jsonn'),
    expect.stringContaining('moon'),
    expect.stringContaining('--until-bored'),
  ]);
});

test('every npm script that starts the program is known as one, with any options of Node', () => {
  const starting = Object.entries(scripts).filter(([, script]) => /src\/cli\/(main\.ts|provenonce\.mjs)/.test(script));
  expect(starting.map(([name]) => name)).toEqual(expect.arrayContaining(['provenonce', 'demo', 'lab']));
  expect(starting.filter(([, script]) => wordsOfScript(script) === undefined)).toEqual([]);
});

test('the README gives the two commands that start everything', () => {
  const readme = readRepositoryFile('README.md');
  expect(readme).toContain('npm ci && npm run demo\n');
  expect(readme).toContain('npm ci && npm test\n');
});

test('the README is read in four minutes: at most 700 words', () => {
  const words = readRepositoryFile('README.md')
    .replaceAll(/\]\([^)]*\)/g, ']')
    .split(/\s+/)
    .filter((word) => /[\p{L}\p{N}]/u.test(word));
  expect(words.length).toBeLessThanOrEqual(700);
});

test('the page of commands lists every command of the program', () => {
  const page = readRepositoryFile('docs/reference/commands.md');
  const leaves = (command: Command, path: string): string[] =>
    command.commands.length === 0
      ? [path]
      : command.commands.flatMap((below) => leaves(below, `${path} ${below.name()}`));
  const missing = leaves(programWithoutActions(), 'provenonce').filter((command) => !page.includes(`\`${command}\``));
  expect(missing).toEqual([]);
});
