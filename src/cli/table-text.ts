/** Tables in a terminal: the first column to the left, the others to the right, no colour that carries meaning. What is not printable in a cell is escaped. */
import Table from 'cli-table3';
import { printable } from '../text/printable.ts';

export function tableText(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: head.map(printable),
    style: { head: [], border: [] },
    colAligns: head.map((_, column) => (column === 0 ? 'left' : 'right')),
  });
  for (const row of rows) table.push(row.map(printable));
  return table.toString();
}

/** A moment as it stands in names of folders: 20261122-194500, UTC. */
export function timeText(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
}
