/**
 * The rows of a table's files, a file at a time: which files may have what is asked for, and what their cells are. For reads of
 * operators' commands; a file may be another engine's, so a cell that is no value of its column is an error, never rounded.
 */
import { ContradictionError } from '../../../base/errors.ts';
import type { ColumnKind } from '../../../payments/columns.ts';
import type { CellValue } from '../../../payments/row-cells.ts';
import { nanosFromText } from '../../rows/cell-texts.ts';
import type { RowObject } from '../files/arrow-objects.ts';
import { timeOf } from '../files/statistics.ts';
import type { DataFile, DeltaTable, FileFormat, FileStats, TableSnapshot } from '../ports.ts';
import { DELTA_COLUMNS, type DeltaTableName, fieldsOf, type TableColumn } from '../tables/table-columns.ts';

export interface RowsOf {
  readonly table: DeltaTable;
  readonly format: Pick<FileFormat, 'decode'>;
}

/** A row as FileFormat.decode gives it. */
export type StoredRow = Readonly<Record<string, unknown>>;

export interface ScannedFile {
  readonly file: DataFile;
  readonly rows: readonly StoredRow[];
}

export interface Scan {
  /** Those that are read; all where it is not given. */
  readonly columns?: readonly string[];
  /** False for a file that has no wanted row, by its statistics. */
  readonly mayHave?: (stats: FileStats) => boolean;
}

/** The files of a snapshot that may have wanted rows. */
export function filesOf({ files }: TableSnapshot, { mayHave }: Scan): DataFile[] {
  return [...files.values()].filter(({ stats }) => stats === undefined || mayHave === undefined || mayHave(stats));
}

/** Their rows. Holds one file at a time. */
export async function* scanFiles(
  { table, format }: RowsOf,
  files: Iterable<DataFile>,
  columns?: readonly string[],
): AsyncGenerator<ScannedFile> {
  for (const file of files) {
    const bytes = await table.read(file.path);
    if (bytes === undefined) {
      throw new ContradictionError(
        'rows_lost',
        `${table.name}: its log names the file ${file.path}, and the file is gone. Restore it from a backup, then run the command again`,
      );
    }
    yield { file, rows: await decoded(table.name, file.path, () => format.decode(bytes, columns)) };
  }
}

export async function* scanRows(parts: RowsOf, snapshot: TableSnapshot, scan: Scan): AsyncGenerator<StoredRow[]> {
  for await (const { rows } of scanFiles(parts, filesOf(snapshot, scan), scan.columns)) yield [...rows];
}

async function decoded<T>(table: string, path: string, decode: () => Promise<T>): Promise<T> {
  try {
    return await decode();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const text = `${table}: the file ${path} cannot be read: ${error.message}. Restore it from a backup, then run the command again`;
    throw new ContradictionError('table_changed', text, { cause: error });
  }
}

/** Whether a file may have a row whose number lies in [from, before). */
export function mayHaveNumber(column: string, from: number, before: number): (stats: FileStats) => boolean {
  return ({ min, max }) => {
    const [least, greatest] = [min[column], max[column]];
    return !(typeof greatest === 'number' && greatest < from) && !(typeof least === 'number' && least >= before);
  };
}

/** The same of a time, in ms. Another engine may have cut a greatest time to the millisecond below. */
export function mayHaveTime(column: string, fromMs: number, beforeMs: number): (stats: FileStats) => boolean {
  return ({ min, max }) => {
    const [least, greatest] = [timeOf(min[column]), timeOf(max[column])];
    return !(greatest !== undefined && greatest + 1 <= fromMs) && !(least !== undefined && least >= beforeMs);
  };
}

/** The columns of a table as its snapshot says: those of this release, and further ones behind them. */
export function columnsIn(table: DeltaTableName, snapshot: TableSnapshot): readonly TableColumn[] {
  const known: readonly TableColumn[] = DELTA_COLUMNS[table];
  return [...known, ...furtherIn(table, snapshot)];
}

/** Columns that the table has besides those of this release. Throws for a type that no column here has. */
export function furtherIn(table: DeltaTableName, { metadata }: TableSnapshot): readonly TableColumn[] {
  const known: readonly TableColumn[] = DELTA_COLUMNS[table];
  return fieldsOf(metadata.schemaString)
    .filter(({ name }) => !known.some((column) => column.name === name))
    .map(({ name, type }) => {
      const kind = KINDS[String(type)];
      if (kind === undefined)
        throw new ContradictionError(
          'table_changed',
          `${table}: column ${name} is of the type ${JSON.stringify(type)}`,
        );
      return { name, kind, nullable: true };
    });
}

const KINDS: Readonly<Record<string, ColumnKind | undefined>> = {
  string: 'text',
  long: 'integer',
  'decimal(38,9)': 'decimal',
  timestamp: 'time',
  boolean: 'truth',
};

/** A stored row with the values of row objects: decimals in billionths, times in ms. Throws for what is no value of its column. */
export function rowObject(table: string, row: StoredRow, columns: readonly TableColumn[]): RowObject {
  const values: Record<string, CellValue> = {};
  for (const { name, kind, nullable } of columns) values[name] = cell(table, name, kind, nullable, row[name]);
  return values;
}

function cell(table: string, name: string, kind: ColumnKind, nullable: boolean, value: unknown): CellValue {
  if (value === null || value === undefined) {
    if (nullable) return null;
    throw wrong(table, name, 'NULL');
  }
  if (kind === 'decimal' && typeof value === 'string') return nanosFromText(value);
  if (kind === 'time' && typeof value === 'bigint') {
    if (value % 1_000n !== 0n) throw wrong(table, name, `${value} microseconds, which are no whole milliseconds`);
    return Number(value / 1_000n);
  }
  if (kind === 'integer' && typeof value === 'bigint' && nullable) return value;
  const isValue = typeof value === { text: 'string', integer: 'number', truth: 'boolean', decimal: '', time: '' }[kind];
  if (!isValue) throw wrong(table, name, String(value));
  return value as CellValue;
}

function wrong(table: string, name: string, what: string): ContradictionError {
  return new ContradictionError(
    'table_changed',
    `${table}: a row has ${what} in ${name}, which this program never writes: find out who wrote it`,
  );
}
