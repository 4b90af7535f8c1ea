/** Further columns may have any name that the contract of rules files allows: words of SQL, and names that our statements use. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { layoutOf } from '../../payments/row-layout.ts';
import { FURTHER_TYPES, type FurtherColumn } from '../../payments/rules/rules.ts';
import { VIEWS } from '../../sinks/bigquery/dataset/names.ts';
import { countsOf, countsSql, totalsSql } from '../../sinks/bigquery/dataset/row-counts.ts';
import { type ContractSink, contractSink } from '../../sinks/bigquery/testing/contract-endpoints.ts';
import {
  acceptedRow,
  appendRows,
  checkpoint,
  FIXED,
  MINUTE_MS,
  NOON_MS,
  settings,
} from '../../sinks/bigquery/testing/sample-rows.ts';
import { windowsAround } from '../../sinks/pending-ranges.ts';
import { assertUnique, storedSums } from '../by-sql/assertions.ts';
import { reconcile } from '../by-sql/reconcile.ts';
import { spooledTables } from './spooled-tables.ts';

const WORDS = 'select group end null true order hash limit interval at row offset from by'.split(' ');
const ALIASES = 'bucket day date copies last last_offset row_count packed cells counted payments t s p c l r n'.split(
  ' ',
);
const COLUMNS = [...WORDS, ...ALIASES].map((name, i): FurtherColumn => {
  return { name, path: `/${name}`, type: FURTHER_TYPES[i % FURTHER_TYPES.length]! };
});
const LAYOUT = layoutOf([{ columns: COLUMNS }]);
const TOPIC = 'payments';

/** In canonical text, and another one for each row and column. */
function valuesOf(row: number): Record<string, string> {
  const textOf = ({ name, type }: FurtherColumn, i: number): string => {
    if (type === 'bool') return String((row + i) % 2 === 0);
    if (type === 'numeric') return `${row}.${i + 1}1`;
    if (type === 'int64' || type === 'timestamp') return String(1_000_000 * row + i);
    return type === 'json' ? `{"${name}":${row}}` : `${name} ${row}`;
  };
  return Object.fromEntries(COLUMNS.map((column, i) => [column.name, textOf(column, i)]));
}

// The last one has none of them, and is in a cell of its own.
const ROWS = [
  acceptedRow(1, { further: valuesOf(1) }),
  acceptedRow(2, { further: valuesOf(2) }),
  acceptedRow(1_003, { eventTimeMs: NOON_MS + MINUTE_MS }),
];
const PAYMENTS = ROWS.map(({ kafkaOffset, payment }) => ({ kafkaOffset, payment }));
const LATE = acceptedRow(7, { eventTimeMs: NOON_MS - MINUTE_MS, further: valuesOf(7) });

let sink: ContractSink;

beforeAll(async () => {
  sink = await contractSink({ layout: LAYOUT });
  await sink.ensureSchema(['currency']);
  const history = [settings(0)];
  await sink.reads.seed(TOPIC, [{ partition: 0, partitionCount: 1, startOffset: 0, fixed: FIXED, history }]);
  await appendRows(sink, 'payment_transactions', ROWS, {}, LAYOUT);
  await appendRows(sink, 'payment_transactions_fraud', ROWS, {}, LAYOUT);
  await appendRows(sink, 'checkpoint_log', [checkpoint(2_000)]);
});
afterAll(() => sink.close());

async function verifiedRows() {
  const further = new Map(COLUMNS.map(({ name, type }) => [name, type]));
  const tables = await spooledTables(sink, TOPIC, further);
  try {
    const rows = (await Array.fromAsync(tables.rows('payment_transactions', 0))).flat();
    return { rows, counts: tables.counts, repeated: await tables.repeatedIds(5) };
  } finally {
    await tables.close();
  }
}

it('a takeover and a rebuild read every row back, with its columns', async () => {
  const taken = await sink.queries.rowsFrom('payment_transactions', 0, 0, LAYOUT.further);
  expect(taken.map(({ row }) => row)).toEqual(PAYMENTS);
  const rebuilt = (await Array.fromAsync(sink.reads.payments(0, 2_000, 0))).flat();
  expect(rebuilt.map(({ kafkaOffset }) => kafkaOffset)).toEqual([1, 2, 1_003]);
});

it('verify reads the same, and the checks by SQL and the views have their answers', async () => {
  const { rows, counts, repeated } = await verifiedRows();
  expect(rows.map(({ kafka_offset }) => kafka_offset)).toEqual([1, 2, 1_003]);
  expect(rows.map(({ columns }) => columns)).toEqual([valuesOf(1), valuesOf(2), {}]);
  expect(counts).toContainEqual({ table: 'payment_transactions', partition: 0, rowCount: 3 });
  expect(repeated.count).toBe(0);
  expect(await assertUnique(sink)).toBe(3);
  expect(await storedSums(sink)).toEqual({ EUR: { count: 3, amount: '30' } });
  expect((await reconcile(sink)).days).toMatchObject([{ totalRows: 3, pass: true }]);
  for (const view of VIEWS) await sink.queries.runQuery(`SELECT * FROM ${sink.table(view.replace('views/', ''))}`);
  const live = await sink.queries.runQuery(
    `SELECT transaction_count FROM ${sink.table('payment_metrics_live')} ORDER BY window_start`,
  );
  expect(live.map((row) => Number(row.transaction_count))).toEqual([2, 1]);
  const health = await sink.queries.runQuery(`SELECT payment_rows FROM ${sink.table('pipeline_health')}`);
  expect(health.map((row) => Number(row.payment_rows))).toEqual([3]);
});

it('the rows of a dataset are counted', async () => {
  const there = new Set(['checkpoint_log', 'payment_transactions', 'backfill_turns']);
  const counted = await sink.queries.runQuery(countsSql(sink.dataset, there));
  const { partitions } = countsOf(
    counted.map(({ what, kafka_partition, a, b, c }) => [what, kafka_partition, a, b, c]),
  );
  expect(partitions).toMatchObject([{ partition: 0, found: { payment_transactions: 3 } }]);
  expect(await sink.queries.runQuery(totalsSql(sink.dataset))).toHaveLength(3);
});

it('a backfill puts a payment in with its columns, once, and sums its window', async () => {
  const pending = [windowsAround(0, [LATE.payment.eventTimeMs], MINUTE_MS)];
  const turn = { topic: TOPIC, number: 1, turnId: 'turn', owner: 'owner', pending };
  const late = [{ partition: 0, offset: LATE.kafkaOffset, payment: LATE.payment }];
  expect(await sink.backfill.insertPayments(turn, late, LAYOUT.further)).toBeUndefined();
  const windows = new Map([[0, MINUTE_MS]]);
  expect(await sink.backfill.unsummedWindows(turn, windows)).toBe(1);
  expect(await sink.backfill.correctMetrics(turn, windows)).toBeUndefined();
  expect(await sink.backfill.unsummedWindows(turn, windows)).toBe(0);
  const { further: _, ...payment } = LATE.payment;
  expect(await sink.backfill.stored([payment.transactionId])).toMatchObject([{ offset: 7, writerEpoch: 0, payment }]);
  const { rows } = await verifiedRows();
  expect(rows.find(({ kafka_offset }) => kafka_offset === 7)).toMatchObject({ columns: valuesOf(7) });
});
