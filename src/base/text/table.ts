/**
 * Tables for a terminal: numbers to the right, other columns to the left; colour carries no meaning. A table wider than
 * the terminal wraps its cells at words; if the terminal is too narrow for that, each row becomes a block of `name:
 * value`. Unprintable characters in a cell are escaped. Pure.
 */
import Table from 'cli-table3';
import { printable } from './printable.ts';
import { cellsOf, widestWord, wrapWords } from './wrap.ts';

/**
 * On a terminal narrower than this many cells, a table that does not fit becomes blocks: its columns would be a few
 * letters wide.
 */
const BLOCKS_BELOW = 70;
/** Longer words may be broken to keep the table. */
const WORD_KEPT = 24;
/** Border and padding: three per column and one more. */
const FRAME_PER_COLUMN = 3;
const NUMBER = /^(?:[-+]?[\d.,]+ ?(?:[a-zA-Z/%]{1,8})?|-?)$/;

/** `width`: cells of the terminal; Infinity: no limit. */
export function tableText(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): string {
  const titles = head.map(printable);
  const shown = rows.map((row) => titles.map((_, column) => printable(row[column] ?? '')));
  const columns = titles.map((title, column) => [title, ...shown.map((row) => row[column]!)]);
  const room = width - FRAME_PER_COLUMN * titles.length - 1;
  const natural = columns.map((cells) => Math.max(...cells.map(cellsOf)));
  if (sum(natural) <= room) return drawn(titles, shown, natural);
  const least = columns.map((cells) => Math.max(1, ...cells.map((cell) => Math.min(widestWord(cell), WORD_KEPT))));
  if (width < BLOCKS_BELOW || sum(least) > room) return blocksText(titles, shown, width);
  return drawn(titles, shown, narrowed(natural, least, room));
}

/** A block per row: its first cell, and the others below it; empty cells are left out. */
function blocksText(titles: readonly string[], rows: readonly (readonly string[])[], width: number): string {
  const blocks = rows.map((row) =>
    row.flatMap((cell, column) => {
      if (cell === '') return [];
      const title = titles[column] === '' ? '' : `${titles[column]}:`;
      return wrapWords(`${title} ${cell}`, width, { lead: column === 0 ? '' : '  ', indent: '    ' });
    }),
  );
  return blocks.map((lines) => lines.join('\n')).join('\n\n');
}

/** Takes from the widest column first, down to the minimum of each. */
function narrowed(natural: readonly number[], least: readonly number[], room: number): number[] {
  const widths = [...natural];
  for (let over = sum(widths) - room; over > 0; over--) {
    const spare = widths.map((cells, column) => (cells > least[column]! ? cells : 0));
    const widest = spare.indexOf(Math.max(...spare));
    widths[widest]!--;
  }
  return widths;
}

function drawn(titles: readonly string[], rows: readonly (readonly string[])[], widths: readonly number[]): string {
  const cell = (text: string, column: number): string =>
    wrapWords(text, widths[column]!, { breaksWords: true }).join('\n');
  const table = new Table({
    head: titles.map(cell),
    style: { head: [], border: [] },
    colAligns: titles.map((_, column) =>
      column > 0 && rows.every((row) => NUMBER.test(row[column]!)) ? 'right' : 'left',
    ),
  });
  for (const row of rows) table.push(row.map(cell));
  return table.toString();
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
