/** Text that fits the window: tables without borders, lines that wrap under their start, numbers for people. */

import { printable } from '../base/text/printable.ts';
import { type TerminalStream, terminalColumns } from '../base/text/terminal.ts';
import { wrapWords } from '../base/text/wrap.ts';

const FORMAT = new Intl.NumberFormat('en');
/** Used if no terminal reports its width. */
const WIDTH_DEFAULT = 100;
const WIDTH_MAX = 120;
/** Sign, space and indentation of a step's own lines. */
const STEP_INDENT = 8;

/** 12,345 */
export function count(value: number): string {
  return FORMAT.format(value);
}

/** Exact decimals without the zeros that a NUMERIC column adds: 1.500000000 is 1.5. */
export function trimmedDecimal(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** Columns of the terminal, within a readable range. */
export function windowWidth(stream: TerminalStream = process.stdout, env: NodeJS.ProcessEnv = process.env): number {
  return Math.min(terminalColumns(stream, env) ?? WIDTH_DEFAULT, WIDTH_MAX);
}

/**
 * The first column to the left, the others to the right; two spaces before each. A block per row if that is too wide.
 */
export function columns(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): string[] {
  const shown = rows.map((row) => row.map(printable));
  const widths = head.map((title, i) => Math.max(title.length, ...shown.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')}`.trimEnd();
  if (widths.reduce((sum, cells) => sum + cells + 2, 0) <= width) return [line(head), ...shown.map(line)];
  return rows.flatMap((row) => row.flatMap((cell, i) => wrapped(`${head[i]}: ${cell}`, i === 0 ? 2 : 4, width)));
}

/** Breaks between words, never within one; every line starts with `indent` spaces. */
export function wrapped(text: string, indent: number, width: number): string[] {
  const start = ' '.repeat(indent);
  return wrapWords(printable(text), width, { lead: start, indent: start });
}

/** A line of the list of steps, which follows a sign; the list itself would break words. */
export function stepText(text: string, width = windowWidth()): string {
  return text
    .split('\n')
    .flatMap((line) => wrapWords(printable(line), width - STEP_INDENT))
    .join('\n');
}
