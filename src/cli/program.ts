/**
 * The program without its commands: its name, the layout of its help, and the answer to an unknown argument. Commands
 * inherit all of it, so it is set before they are added.
 */
import { readFileSync } from 'node:fs';
import { Command, type Help } from 'commander';
import { terminalColumns } from '../base/text/terminal.ts';
import { wrapWords } from '../base/text/wrap.ts';
import { FOLD_VERSION } from '../payments/settings.ts';

/** A longer term has a line of its own, so that descriptions stay in one column. */
const TERM_CELLS_MAX = 30;
/** A narrower column of descriptions is harder to read than one below the terms. */
const DESCRIPTION_CELLS_LEAST = 38;
const BELOW = ' '.repeat(6);

/** `provenonce 1.2.3 (fold version 2, Node v24.1.0)`: what a bug report must name, and what an upgrade compares. */
export function versionText(): string {
  const file = new URL('../../package.json', import.meta.url);
  const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as { name: string; version: string };
  return `${name} ${version} (fold version ${FOLD_VERSION}, Node ${process.version})`;
}

export function createProgram(env: NodeJS.ProcessEnv = process.env): Command {
  return new Command('provenonce')
    .description('Exactly-once payments from Kafka to BigQuery, and a lab that tests it')
    .configureHelp({ formatItem, minWidthToWrap: 20 })
    .configureOutput({
      getOutHelpWidth: () => terminalColumns(process.stdout, env)!,
      getErrHelpWidth: () => terminalColumns(process.stderr, env)!,
    })
    .version(versionText(), '-V, --version', 'print the version, the fold version and the version of Node')
    .exitOverride();
}

/** After an error in its arguments, each command names the help to run. Called when all commands are added. */
export function hintAtHelp(command: Command, name = command.name()): void {
  const lists = command.commands.length > 0 ? 'commands' : 'options';
  command.showHelpAfterError(`(${name} --help lists the ${lists})`);
  for (const below of command.commands) hintAtHelp(below, `${name} ${below.name()}`);
}

/** A term and its description: side by side if there is room, otherwise one below the other. */
function formatItem(this: Help, term: string, termCells: number, description: string): string {
  const width = this.helpWidth ?? 80;
  if (description === '') return `  ${term}`;
  const column = Math.min(termCells, TERM_CELLS_MAX);
  const isBeside = width - column - 4 >= DESCRIPTION_CELLS_LEAST;
  const indent = isBeside ? ' '.repeat(column + 4) : BELOW;
  if (isBeside && term.length <= column) {
    return wrapWords(description, width, { lead: `  ${term.padEnd(column)}  `, indent }).join('\n');
  }
  return [`  ${term}`, ...wrapWords(description, width, { lead: indent, indent })].join('\n');
}
