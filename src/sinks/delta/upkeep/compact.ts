/**
 * Compaction: rows of small files move into larger ones, beside running processors. A commit says of it that no row changed.
 *
 * Invariants: a commit replaces files that its snapshot still has, each of them, or none; it has as many rows as the log says of them.
 */
import { ContradictionError } from '../../../base/errors.ts';
import type { CompactedTable, UpkeepOrder } from '../../opened-sink.ts';
import type { RowObject } from '../files/arrow-objects.ts';
import type { DataFile, DeltaTable, FileFormat, TableSnapshot } from '../ports.ts';
import { FILE_ROWS_MAX, uploadRows } from '../rows/row-files.ts';
import { columnsIn, furtherIn, rowObject, scanFiles } from '../rows/stored-rows.ts';
import { checkOurs } from '../tables/foreign-commits.ts';
import type { DeltaTableName } from '../tables/table-columns.ts';

interface Bin {
  readonly files: readonly DataFile[];
  readonly rows: number;
}

/** A file with fewer rows is small. */
const SMALL_ROWS = FILE_ROWS_MAX / 2;
/** Files that one commit replaces: its entry in the log names each of them. */
const BIN_FILES_MAX = 5_000;
/** Bytes of the files whose rows are held at a time. */
const BIN_BYTES_MAX = 64 * 1024 * 1024;

export async function compactTable(
  table: DeltaTable,
  format: FileFormat,
  { dryRun }: Pick<UpkeepOrder, 'dryRun'>,
): Promise<CompactedTable> {
  const snapshot = await table.refresh();
  const total = { filesBefore: 0, filesAfter: 0, rows: 0, byteLength: 0, skippedFiles: 0 };
  for (const bin of snapshot === undefined ? [] : binsOf(snapshot)) {
    const done = dryRun ? plannedOf(bin) : await compactBin(table, format, bin);
    for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += done[key];
  }
  return { table: table.name, ...total };
}

/** Small files that lie next to each other, as far as they fill one file. Alone a file stays as it is. */
export function binsOf({ files }: TableSnapshot): Bin[] {
  const small = [...files.values()].filter(({ stats }) => stats !== undefined && stats.rowCount < SMALL_ROWS);
  const bins: Bin[] = [];
  let open: { files: DataFile[]; rows: number; byteLength: number } = { files: [], rows: 0, byteLength: 0 };
  const close = (): void => {
    if (open.files.length > 1) bins.push({ files: open.files, rows: open.rows });
    open = { files: [], rows: 0, byteLength: 0 };
  };
  for (const file of small.sort((a, b) => placeOf(a) - placeOf(b))) {
    const rows = file.stats!.rowCount;
    const isFull =
      open.rows + rows > FILE_ROWS_MAX ||
      open.files.length >= BIN_FILES_MAX ||
      open.byteLength + file.byteLength > BIN_BYTES_MAX;
    if (isFull) close();
    open.files.push(file);
    open.rows += rows;
    open.byteLength += file.byteLength;
  }
  close();
  return bins;
}

/** Rows that are read together are kept together: by offset where the table has one. */
function placeOf({ stats, modifiedAtMs }: DataFile): number {
  const least = stats?.min.kafka_offset ?? stats?.min.next_offset;
  return typeof least === 'number' ? least : modifiedAtMs;
}

type Done = Omit<CompactedTable, 'table'>;

function plannedOf({ files, rows }: Bin): Done {
  const byteLength = files.reduce((sum, file) => sum + file.byteLength, 0);
  const filesAfter = Math.max(1, Math.ceil(rows / FILE_ROWS_MAX));
  return { filesBefore: files.length, filesAfter, rows, byteLength, skippedFiles: 0 };
}

async function compactBin(table: DeltaTable, format: FileFormat, bin: Bin): Promise<Done> {
  const snapshot = table.current!;
  const isThere = ({ files }: TableSnapshot): boolean => bin.files.every(({ path }) => files.has(path));
  const skipped = { filesBefore: 0, filesAfter: 0, rows: 0, byteLength: 0, skippedFiles: bin.files.length };
  if (!isThere((await table.refresh())!)) return skipped;
  const rows = await rowsOf(table, format, snapshot, bin.files);
  if (rows.length !== bin.rows) {
    throw new ContradictionError(
      'rows_lost',
      `${table.name}: ${bin.files.length} files to compact have ${rows.length} rows, and the log says ${bin.rows}: somebody changed a file. ` +
        'Restore the table from a backup, then run the command again. Nothing was written',
    );
  }
  const further = furtherIn(table.name as DeltaTableName, snapshot);
  const adds = await uploadRows({ table, format }, rows, further, { dataChange: false });
  const isOurs = ({ files }: TableSnapshot): boolean => adds.every(({ path }) => files.has(path));
  let landed = false;
  const after = await table.commit((newest) => {
    checkOurs(table.name, newest);
    landed = isOurs(newest);
    if (landed || !isThere(newest)) return undefined;
    const removes = bin.files.map(({ path }) => ({ path, dataChange: false }));
    return { operation: 'OPTIMIZE', adds, removes };
  });
  if (!landed && !isOurs(after)) return skipped;
  const byteLength = adds.reduce((sum, file) => sum + file.byteLength, 0);
  return { filesBefore: bin.files.length, filesAfter: adds.length, rows: rows.length, byteLength, skippedFiles: 0 };
}

async function rowsOf(
  table: DeltaTable,
  format: FileFormat,
  snapshot: TableSnapshot,
  files: readonly DataFile[],
): Promise<RowObject[]> {
  const name = table.name as DeltaTableName;
  const columns = columnsIn(name, snapshot);
  const found: RowObject[] = [];
  for await (const { rows } of scanFiles({ table, format }, files))
    for (const row of rows) found.push(rowObject(name, row, columns));
  const offset = columns.some((column) => column.name === 'kafka_offset') ? 'kafka_offset' : 'next_offset';
  // Each partition's rows together: a reader of one passes over the others by the statistics of row groups.
  return found.sort(
    (a, b) => Number(a.kafka_partition) - Number(b.kafka_partition) || Number(a[offset]) - Number(b[offset]) || 0,
  );
}
