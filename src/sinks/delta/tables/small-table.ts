/**
 * A small table as all its rows: partition_ownership, rules, event_schemas. A change writes the files anew that have the rows, in one commit.
 *
 * Invariants: 1. a change is decided on the snapshot that its commit follows; 2. files never change, so their rows are read once.
 */
import { ContradictionError } from '../../../base/errors.ts';
import type { DecodedRow } from '../files/arrow-decode.ts';
import { arrowOfObjects, type RowObject, statsOfObjects } from '../files/arrow-objects.ts';
import { fileStats } from '../files/statistics.ts';
import type { DataFile, DeltaTable, FileFormat, TableSnapshot } from '../ports.ts';
import { DELTA_COLUMNS, type DeltaTableName, type TableColumn } from './table-columns.ts';

/** A row and the file that has it. */
export interface StoredRow {
  readonly path: string;
  /** As they were decoded: times in microseconds. */
  readonly cells: DecodedRow;
}

/** Sets columns of a row that is there, or adds one. */
export type RowChange = { readonly old: StoredRow; readonly set: RowObject } | { readonly row: RowObject };

export class SmallTable {
  readonly name: DeltaTableName;
  readonly table: DeltaTable;
  readonly #format: FileFormat;
  readonly #rowsOf = new Map<string, readonly StoredRow[]>();

  constructor(name: DeltaTableName, table: DeltaTable, format: FileFormat) {
    this.name = name;
    this.table = table;
    this.#format = format;
  }

  /** The rows of the newest snapshot. */
  async read(): Promise<StoredRow[]> {
    return this.rowsIn(requireSnapshot(this.name, await this.table.refresh()));
  }

  async rowsIn(snapshot: TableSnapshot): Promise<StoredRow[]> {
    for (const path of this.#rowsOf.keys()) if (!snapshot.files.has(path)) this.#rowsOf.delete(path);
    const paths = [...snapshot.files.keys()];
    const rows = await Promise.all(paths.map((path) => this.#rowsOf.get(path) ?? this.#readFile(path)));
    for (const [i, path] of paths.entries()) this.#rowsOf.set(path, rows[i]!);
    return rows.flat();
  }

  /**
   * Commits what `decide` wants of these rows; nothing where it wants nothing. Resolves with the rows as they are then. `decide` is asked again
   * until it wants nothing or the commit has landed, so it must know its own change again.
   */
  async change(
    operation: string,
    decide: (rows: readonly StoredRow[], snapshot: TableSnapshot) => readonly RowChange[],
  ): Promise<StoredRow[]> {
    const snapshot = await this.table.commit(async (newest) => {
      const rows = await this.rowsIn(newest);
      const changes = decide(rows, newest);
      if (changes.length === 0) return undefined;
      const changed = new Map(changes.flatMap((one) => ('old' in one ? [[one.old, one.set] as const] : [])));
      const removes = [...new Set([...changed.keys()].map(({ path }) => path))];
      const moved = rows
        .filter(({ path }) => removes.includes(path))
        .map((row) => ({ ...this.#objectOf(row), ...changed.get(row) }));
      const added = changes.flatMap((one) => ('row' in one ? [one.row] : []));
      return {
        operation,
        removes: removes.map((path) => ({ path, dataChange: true })),
        adds: [await this.#write([...moved, ...added])],
      };
    });
    return this.rowsIn(snapshot);
  }

  async #write(rows: readonly RowObject[]): Promise<DataFile> {
    const bytes = await this.#format.encode([arrowOfObjects(this.name, rows)]);
    return {
      ...(await this.table.upload(bytes)),
      dataChange: true,
      stats: fileStats([statsOfObjects(this.name, rows)]),
    };
  }

  async #readFile(path: string): Promise<readonly StoredRow[]> {
    const rows = await decodeFile(this.table, this.#format, path);
    return rows.map((cells) => ({ path, cells }));
  }

  /** A row as it is written again, unchanged. */
  #objectOf({ cells }: StoredRow): RowObject {
    const columns: readonly TableColumn[] = DELTA_COLUMNS[this.name];
    return Object.fromEntries(
      columns.map(({ name, kind }) => {
        const value = cells[name];
        return [
          name,
          kind === 'time' && typeof value === 'bigint' ? Number(value / 1000n) : (value as string | number | null),
        ];
      }),
    );
  }
}

/** The rows of one file. Throws ContradictionError where the file is gone, or is none of this table. */
export async function decodeFile(
  table: DeltaTable,
  format: FileFormat,
  path: string,
  columns?: readonly string[],
): Promise<readonly DecodedRow[]> {
  const bytes = await table.read(path);
  if (bytes === undefined) {
    throw new ContradictionError(
      'rows_lost',
      `${table.name}: the file ${path}, which the table consists of, is gone. Somebody deleted it. Restore the file, or the table as it ` +
        'was (runbook, rows_lost). Nothing was written.',
    );
  }
  try {
    return await format.decode(bytes, columns);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ContradictionError(
      'table_changed',
      `${table.name}: the file ${path} cannot be read: ${error.message}. Restore the file, or the table as it was (runbook, ` +
        'table_changed). Nothing was written.',
      { cause: error },
    );
  }
}

export function requireSnapshot(name: string, snapshot: TableSnapshot | undefined): TableSnapshot {
  if (snapshot !== undefined) return snapshot;
  throw new ContradictionError(
    'table_missing',
    `there is no table ${name}: make the tables with \`provenonce schema apply\`, or restore it where it was lost.`,
  );
}
