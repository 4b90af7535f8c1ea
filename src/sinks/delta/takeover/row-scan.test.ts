/** Reads of large tables: by statistics, in the order of offsets, also after another engine mixed the files. */
import { expect, it } from 'vitest';
import { AcceptedBatch } from '../../../payments/accepted-batch.ts';
import { acceptedRow, NOON_MS } from '../../bigquery/testing/sample-rows.ts';
import { DeltaRowEncoder } from '../files/row-encoder.ts';
import { fileStats } from '../files/statistics.ts';
import type { DataFile, DeltaTable } from '../ports.ts';
import { ArrowFormat } from '../testing/arrow-format.ts';
import { tableOn } from '../testing/log-fixture.ts';
import { MemoryStore } from '../testing/memory-store.ts';
import { scanPayments, tablesWithRows } from './row-scan.ts';

const format = new ArrowFormat();
const encoder = new DeltaRowEncoder();

type Row = readonly [partition: number, offset: number, minute?: number, epoch?: number];

/** A file of these rows, in this order. */
async function fileOf(table: DeltaTable, rows: readonly Row[], hasStats = true): Promise<DataFile> {
  const pieces = rows.map(([partition, offset, minute = 0, epoch = 1]) => {
    const batch = AcceptedBatch.of([acceptedRow(offset, { eventTimeMs: NOON_MS + 60_000 * minute })]);
    const stamp = { partition, writerEpoch: epoch, processedAtMs: NOON_MS };
    return encoder.encode('payment_transactions', { rows: batch, from: 0, to: 1 }, stamp);
  });
  const uploaded = await table.upload(await format.encode(pieces));
  const stats = hasStats ? fileStats(pieces.map((piece) => piece.stats)) : undefined;
  return { ...uploaded, dataChange: true, stats };
}

async function tableOf(...files: readonly (readonly Row[])[]) {
  const store = new MemoryStore();
  const table = tableOn(store, { name: 'payment_transactions' });
  await table.ensure({ schemaString: '{"type":"struct","fields":[]}', partitionColumns: [], configuration: {} });
  const adds = await Promise.all(files.map((rows) => fileOf(table, rows)));
  await table.commit((snapshot) => (snapshot.files.size > 0 ? undefined : { operation: 'WRITE', adds }));
  return { store, table, scanned: { format, table: () => table } };
}

async function offsetsOf(pages: AsyncIterable<readonly { readonly kafkaOffset: number }[]>): Promise<number[]> {
  const offsets: number[] = [];
  for await (const rows of pages) offsets.push(...rows.map(({ kafkaOffset }) => kafkaOffset));
  return offsets;
}

it('payments come in the order of their offsets from files that another engine mixed', async () => {
  const { scanned } = await tableOf(
    [
      [1, 7],
      [0, 900],
      [1, 3],
    ],
    [
      [0, 1],
      [1, 1],
      [1, 5],
    ],
    [
      [1, 8],
      [0, 2],
    ],
    [
      [1, 2],
      [1, 9],
    ],
  );
  expect(await offsetsOf(scanPayments(scanned, 1, 100, 0))).toEqual([1, 2, 3, 5, 7, 8, 9]);
  expect(await offsetsOf(scanPayments(scanned, 1, 8, 0))).toEqual([1, 2, 3, 5, 7]);
  expect(await offsetsOf(scanPayments(scanned, 0, 1_000, 0))).toEqual([1, 2, 900]);
});

it('payments of a backfill and of earlier times are left out', async () => {
  const { scanned } = await tableOf(
    [
      [0, 1, 5],
      [0, 2, 4, 0],
    ],
    [
      [0, 3, 1],
      [0, 4, 6],
    ],
  );
  expect(await offsetsOf(scanPayments(scanned, 0, 100, NOON_MS))).toEqual([1, 3, 4]);
  expect(await offsetsOf(scanPayments(scanned, 0, 100, NOON_MS + 2 * 60_000))).toEqual([1, 4]);
});

it('files whose statistics exclude every wanted row are not read', async () => {
  const { store, scanned } = await tableOf([[0, 1, 1]], [[0, 5, 9]], [[3, 2, 9]]);
  store.calls.length = 0;
  expect(await offsetsOf(scanPayments(scanned, 0, 100, NOON_MS + 5 * 60_000))).toEqual([5]);
  expect(store.calls.filter((call) => /^get .*\.parquet$/.test(call))).toHaveLength(1);
});

it('a file that was compacted away while it was read is read in its new place', async () => {
  const { store, table, scanned } = await tableOf([[0, 1]], [[0, 2]]);
  const pages = scanPayments(scanned, 0, 100, 0);
  const first = await pages.next();
  expect(first.value).toMatchObject([{ kafkaOffset: 1 }]);
  const old = [...table.current!.files.keys()];
  const compacted = {
    ...(await fileOf(table, [
      [0, 1],
      [0, 2],
    ])),
    dataChange: false,
  };
  const removes = old.map((path) => ({ path, dataChange: false }));
  await table.commit((snapshot) =>
    snapshot.files.has(compacted.path) ? undefined : { operation: 'OPTIMIZE', adds: [compacted], removes },
  );
  for (const path of old) store.objects.delete(`payment_transactions/${path}`);
  expect(await offsetsOf(pages)).toEqual([2]);
});

it('a file that is gone and that the table still has is lost rows', async () => {
  const { store, table, scanned } = await tableOf([[0, 1]]);
  for (const path of table.current!.files.keys()) store.objects.delete(`payment_transactions/${path}`);
  await expect(offsetsOf(scanPayments(scanned, 0, 100, 0))).rejects.toMatchObject({ code: 'rows_lost' });
});

it('a table has rows past an offset only if a row of that partition and of an owner is there', async () => {
  const { scanned } = await tableOf(
    [
      [0, 5],
      [2, 90],
    ],
    [[1, 40, 0, 0]],
  );
  const has = async (partition: number, from: number) =>
    (await tablesWithRows(scanned, ['payment_transactions'], partition, from)).size === 1;
  expect([await has(0, 5), await has(0, 6), await has(1, 0), await has(2, 90), await has(2, 91)]).toEqual([
    true,
    false,
    false,
    true,
    false,
  ]);
});
