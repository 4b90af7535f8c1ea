/** Tables that fit this terminal, and times as they stand in names of folders. */
import { tableText as fitted } from '../base/text/table.ts';
import { terminalColumns } from '../base/text/terminal.ts';

/** For standard output, whose width it takes. */
export function tableText(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return fitted(head, rows, terminalColumns(process.stdout, process.env));
}

/** A moment as it stands in names of folders: 20261122-194500, UTC. */
export function timeText(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
}
