/** Text that fits the window: tables without borders, lines that wrap under where they began, numbers as people read them. */

import { printable } from '../text/printable.ts';

const FORMAT = new Intl.NumberFormat('en');
/** Where no terminal says how wide it is. */
const WIDTH_DEFAULT = 100;
const WIDTH_MAX = 120;

/** 12,345 */
export function count(value: number): string {
  return FORMAT.format(value);
}

/** Exact decimals without the zeros that a NUMERIC column adds: 1.500000000 is 1.5. */
export function trimmedDecimal(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** Columns of the terminal, within what is good to read. */
export function windowWidth(stream: { readonly columns?: number } = process.stdout): number {
  return Math.min(stream.columns ?? WIDTH_DEFAULT, WIDTH_MAX);
}

/** The first column to the left, the others to the right; two spaces before each. */
export function columns(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const shown = rows.map((row) => row.map(printable));
  const widths = head.map((title, i) => Math.max(title.length, ...shown.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')}`.trimEnd();
  return [line(head), ...shown.map(line)];
}

/** Breaks between words, never within one; every line starts with `indent` spaces. */
export function wrapped(text: string, indent: number, width: number): string[] {
  const lines: string[] = [];
  const start = ' '.repeat(indent);
  let line = '';
  for (const word of printable(text).split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > width) {
      lines.push(start + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, start + line];
}
