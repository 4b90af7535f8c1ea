/** Rows into files of a table: new rows, and files written again without some of their rows or with others in their place. */

import { arrowOfObjects, type RowObject, statsOfObjects } from '../files/arrow-objects.ts';
import { fileStats } from '../files/statistics.ts';
import type { DataFile, DeltaTable, FileFormat, TableSnapshot } from '../ports.ts';
import type { DeltaTableName, TableColumn } from '../tables/table-columns.ts';
import { columnsIn, furtherIn, rowObject, type StoredRow, scanFiles } from './stored-rows.ts';

export interface RowFiles {
  readonly table: DeltaTable;
  readonly format: FileFormat;
}

/** Rows of one file. */
export const FILE_ROWS_MAX = 100_000;

/** Uploads the rows, some 100,000 to a file. No commit names the files yet. */
export async function uploadRows(
  { table, format }: RowFiles,
  rows: readonly RowObject[],
  further: readonly TableColumn[] = [],
  { dataChange = true }: { readonly dataChange?: boolean } = {},
): Promise<DataFile[]> {
  const name = table.name as DeltaTableName;
  const files: DataFile[] = [];
  for (let from = 0; from < rows.length; from += FILE_ROWS_MAX) {
    const some = rows.slice(from, from + FILE_ROWS_MAX);
    const bytes = await format.encode([arrowOfObjects(name, some, further)]);
    const uploaded = await table.upload(bytes);
    files.push({ ...uploaded, dataChange, stats: fileStats([statsOfObjects(name, some)]) });
  }
  return files;
}

/** A change of files that one commit makes. */
export interface Rewrite {
  readonly adds: readonly DataFile[];
  readonly removes: readonly { readonly path: string; readonly dataChange: boolean }[];
  /** Rows of the old files that the new ones have not, or have changed. */
  readonly changedRows: number;
}

/** What becomes of a row: undefined removes it, the same object keeps it. */
export type RowChange = (row: RowObject) => RowObject | undefined;

/**
 * Writes files of a table again with their rows changed. A file never changes, so what became of one is remembered: when another
 * commit came in between, only files that are new are read. Files without a changed row stay.
 */
export class Rewriter {
  readonly #parts: RowFiles;
  readonly #change: RowChange;
  readonly #done = new Map<string, Rewrite>();

  constructor(parts: RowFiles, change: RowChange) {
    this.#parts = parts;
    this.#change = change;
  }

  /** `files`: of this snapshot. Uploads the new files; rows of a file stay in their order. */
  async rewrite(snapshot: TableSnapshot, files: readonly DataFile[]): Promise<Rewrite> {
    for await (const { file, rows } of scanFiles(
      this.#parts,
      files.filter(({ path }) => !this.#done.has(path)),
    )) {
      this.#done.set(file.path, await this.#rewritten(snapshot, file, rows));
    }
    const all = files.map(({ path }) => this.#done.get(path)!);
    return {
      adds: all.flatMap(({ adds }) => adds),
      removes: all.flatMap(({ removes }) => removes),
      changedRows: all.reduce((sum, { changedRows }) => sum + changedRows, 0),
    };
  }

  async #rewritten(snapshot: TableSnapshot, file: DataFile, rows: readonly StoredRow[]): Promise<Rewrite> {
    const name = this.#parts.table.name as DeltaTableName;
    const columns = columnsIn(name, snapshot);
    const kept: RowObject[] = [];
    let changedRows = 0;
    for (const stored of rows) {
      const before = rowObject(name, stored, columns);
      const after = this.#change(before);
      if (after !== before) changedRows++;
      if (after !== undefined) kept.push(after);
    }
    if (changedRows === 0) return { adds: [], removes: [], changedRows };
    const adds = await uploadRows(this.#parts, kept, furtherIn(name, snapshot));
    return { adds, removes: [{ path: file.path, dataChange: true }], changedRows };
  }
}
