#!/usr/bin/env node
/** The `provenonce` command. Each subcommand is one file under commands/, loaded when it is called. */
import { existsSync } from 'node:fs';
import type { Command as CommandType } from 'commander';
import { CODE_EXTENSION } from '../base/own-code.ts';
import { keepCompiledCode } from './compile-cache.ts';
import { endOnSignals } from './first-signals.ts';
import { endOnBugs } from './last-resort.ts';

endOnBugs();
if (process.pid === 1) endOnSignals();
keepCompiledCode();
// A static import would be compiled before the line above.
const { CommanderError } = await import('commander');
const { createProgram, hintAtHelp } = await import('./program.ts');
const { EXIT, failWith, failureDocument } = await import('./exit.ts');
const { addWithoutPackages, missingPackages } = await import('./lab-packages.ts');

/** Time for open handles to close by themselves. */
const LEFT_OPEN_MS = 2_000;

const COMMANDS = [
  'simulate',
  'process',
  'seed',
  'schema',
  'reconcile',
  'verify',
  'ownership',
  'skip',
  'rescale',
  'backfill',
  'prune-checkpoints',
  'delta',
  'rules',
  'config',
  'conformance',
  'doctor',
  'demo',
  'lab',
] as const;

/** Old names of commands: they still run, and the help of the command names them. */
const OLD_NAMES: Readonly<Record<string, (typeof COMMANDS)[number]>> = { retention: 'prune-checkpoints' };

/** Adds one subcommand to the program. */
export type AddCommand = (program: CommandType) => void;

async function main(argv: readonly string[]): Promise<void> {
  const program = createProgram();
  // The deployment image contains neither lab nor demo, and does not offer them.
  const there = COMMANDS.filter((name) => existsSync(new URL(`./commands/${name}${CODE_EXTENSION}`, import.meta.url)));
  // Only the called command is loaded: `provenonce process` starts without testcontainers, the lab and the demo.
  const asked = argv[2] ?? '';
  const named = there.find((name) => name === (OLD_NAMES[asked] ?? asked));
  for (const name of named === undefined ? there : [named]) {
    const missing = missingPackages(name);
    if (missing.length > 0) {
      addWithoutPackages(program, name, missing);
      continue;
    }
    const { addCommand } = (await import(`./commands/${name}${CODE_EXTENSION}`)) as { addCommand: AddCommand };
    addCommand(program);
  }
  hintAtHelp(program);
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Commander has printed the error; help and version are not errors.
    process.exitCode = error.exitCode === 0 ? 0 : EXIT.usage;
    if (error.exitCode !== 0 && asksForJson(argv)) {
      failureDocument({ code: 'usage', exitCode: EXIT.usage, message: error.message });
    }
  }
}

main(process.argv)
  .catch((error) => failWith(error, { json: asksForJson(process.argv) }))
  .then(endSoon);

/** Whether a program reads standard output. */
function asksForJson(argv: readonly string[]): boolean {
  return argv.slice(2).includes('--json');
}

/**
 * Open handles (such as an abandoned request to BigQuery) must not keep a finished command alive: a scheduler would
 * wait for ever.
 */
function endSoon(): void {
  const hasSaidAll = (): boolean => process.stdout.writableLength + process.stderr.writableLength === 0;
  setInterval(() => hasSaidAll() && process.exit(), LEFT_OPEN_MS).unref();
}
