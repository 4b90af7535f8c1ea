/** Tables that fit this terminal, and times in names of folders. */
import { tableText as fitted } from '../base/text/table.ts';
import { terminalColumns } from '../base/text/terminal.ts';

/** For standard output, at its width. */
export function tableText(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return fitted(head, rows, terminalColumns(process.stdout, process.env));
}

/** A time in the name of a folder: 20261122-194500, UTC. */
export function timeText(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
}
