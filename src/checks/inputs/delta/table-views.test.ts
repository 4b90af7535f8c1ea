/** The ten views of sql/delta over Delta tables, each with its answer; and the checks by SQL on them. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { VIEWS } from '../../../sinks/bigquery/dataset/names.ts';
import { duckdbViews } from '../../../sinks/duckdb-views.ts';
import { printDuckdbScript } from '../../../sinks/print-schema.ts';
import { assertUnique, storedSums } from '../../by-sql/assertions.ts';
import { reconcile } from '../../by-sql/reconcile.ts';
import { countRows } from '../../by-sql/row-counters.ts';
import { deltaTableQueries } from '../../by-sql/table-queries.ts';
import { BASE_MS, event, faultless, MINUTE_MS, ownershipOf, record } from '../../testing/history.ts';
import { Duck } from './duck.ts';
import { queryTables } from './table-views.ts';
import { DeltaLocation } from './testing/delta-location.ts';

const SKIPPED = [{ from: 90, to: 95, reason: 'it’s broken', by: 'ada', atMs: BASE_MS }];
let location: DeltaLocation;

/** Two payments in one window and one that closes it, a copy that says something else, one that is late, one that is rejected. */
beforeAll(async () => {
  const records = [
    record(0, event('a', 0, { amount: '6000.5' })),
    record(1, event('b', 0.5, { amount: '0.000000001', region: 'ap-south' })),
    record(2, event('a', 0, { amount: '7' })),
    record(3, event('c', 10, { amount: '20' })),
    record(4, event('late', 1)),
    record(5, 'not JSON'),
  ];
  const ownership = ownershipOf(0, { skipped: SKIPPED });
  location = await DeltaLocation.make();
  await location.write([faultless(records, { ownership })]);
  await location.add('payment_transactions', [
    {
      kafka_partition: 0,
      kafka_offset: 4,
      writer_epoch: 0,
      processed_at: BASE_MS,
      transaction_id: 'late',
      sender_account_id: 'alice',
      amount: 10_250_000_000n,
      currency: 'EUR',
      event_time: BASE_MS + MINUTE_MS,
      region: null,
    },
  ]);
});
afterAll(() => location.remove());

const DAY = '2026-01-15';
const ANSWERS: Readonly<
  Record<(typeof VIEWS)[number], { readonly columns: string; readonly rows: readonly unknown[][] }>
> = {
  daily_reconciliation: {
    columns:
      'CAST(date AS VARCHAR), unique_transactions, total_rows, CAST(total_amount AS VARCHAR), backfilled_rows, reconciliation_status',
    rows: [[DAY, 4, 4, '6030.750000001', 1, 'PASS']],
  },
  deduplication_audit: {
    columns: 'transaction_id, epoch_ms(first_occurrence_time), duplicate_occurrences, conflicts',
    rows: [
      ['a', BASE_MS, 1, 1],
      ['b', BASE_MS + MINUTE_MS / 2, 0, 0],
      ['c', BASE_MS + 10 * MINUTE_MS, 0, 0],
      ['late', BASE_MS + MINUTE_MS, 0, 0],
    ],
  },
  deduplication_effectiveness: {
    columns: 'CAST(date AS VARCHAR), accepted, duplicates, conflicts, late, rejected, duplicate_rate_pct, assessment',
    rows: [[DAY, 3, 1, 1, 1, 1, 33.33, 'high']],
  },
  error_log: {
    columns: "kafka_offset, reason_code, reason LIKE reason_code || '%'",
    rows: [[5, 'not_json', true]],
  },
  fraud_summary: {
    columns:
      'CAST(date AS VARCHAR), risk_amount, transactions, CAST(total_amount AS VARCHAR), high_risk_transactions, max_fraud_score',
    rows: [
      [DAY, 'HIGH', 1, '6000.500000000', 0, 30],
      [DAY, 'LOW', 2, '20.000000001', 0, 10],
    ],
  },
  late_events: {
    columns: 'kafka_offset, transaction_id, late_by_ms, backfilled',
    rows: [[4, 'late', 59 * MINUTE_MS, true]],
  },
  payment_metrics: {
    columns:
      'epoch_ms(window_start), region, transaction_count, CAST(total_amount AS VARCHAR), backfilled_count, is_final',
    rows: [
      [BASE_MS, 'ap-south', 1, '0.000000001', 0, true],
      [BASE_MS, 'eu-west', 1, '6000.500000000', 0, true],
    ],
  },
  payment_metrics_live: {
    columns: 'epoch_ms(window_start), epoch_ms(window_end), region, transaction_count, avg_amount',
    rows: [
      [BASE_MS, BASE_MS + MINUTE_MS, 'ap-south', 1, 1e-9],
      [BASE_MS, BASE_MS + MINUTE_MS, 'eu-west', 1, 6000.5],
      [BASE_MS + MINUTE_MS, BASE_MS + 2 * MINUTE_MS, '', 1, 10.25],
      [BASE_MS + 10 * MINUTE_MS, BASE_MS + 11 * MINUTE_MS, 'eu-west', 1, 20],
    ],
  },
  pipeline_health: {
    columns: 'topic, kafka_partition, epoch, next_offset, is_conserved, payment_rows, exception_rows, rows_match',
    rows: [['payment-events', 0, 1, 6, true, 3, 3, true]],
  },
  skipped_offsets: {
    columns: 'kafka_partition, first_offset, last_offset, offsets, reason, skipped_by, epoch_ms(skipped_at)',
    rows: [[0, 90, 94, 5, 'it’s broken', 'ada', BASE_MS]],
  },
};

test.each(Object.entries(ANSWERS))('the view %s', async (view, { columns, rows }) => {
  const found = await queryTables(location.folder, `SELECT ${columns} FROM ${view} ORDER BY ALL`);
  expect(found.map((row) => Object.values(row))).toEqual(rows);
});

test('every view of sql/views has one of its name in sql/delta, which is explained alike', async () => {
  expect([...(await duckdbViews()).keys()]).toEqual([...VIEWS]);
  for (const view of VIEWS) {
    const read = (folder: string) =>
      readFileSync(path.join(import.meta.dirname, `../../../../sql/${folder}/${view}.sql`), 'utf8');
    const comment = (text: string) => text.split('\n').filter((line) => line.startsWith('--'));
    expect(comment(read('delta'))).toEqual(comment(read('views')));
  }
});

test('the checks by SQL have their answers', async () => {
  const queries = deltaTableQueries(location.folder);
  expect(await assertUnique(queries)).toBe(4);
  expect(await storedSums(queries)).toEqual({ EUR: { count: 4, amount: '6030.750000001' } });
  const day = { date: DAY, uniqueTransactions: 4, totalRows: 4, totalAmount: '6030.750000001', backfilledRows: 1 };
  expect(await reconcile(queries)).toMatchObject({ verdict: 'PASS', days: [day] });
  expect(await reconcile(queries, { days: 1 })).toEqual({ verdict: 'NODATA', days: [] });
  expect(await reconcile(queries, { days: 100_000 })).toMatchObject({ verdict: 'PASS', days: [day] });
});

test('rows that no counter explains are named by table, partition and offset; fewer rows as well', async () => {
  const other = await DeltaLocation.make();
  try {
    const history = faultless([record(0, event('a', 0)), record(1, event('b', 1)), record(2, 'not JSON')]);
    const payment = history.payment_transactions[0]!;
    history.payment_transactions.push({ ...payment, kafka_offset: 2, transaction_id: 'ghost' });
    history.payment_exceptions.pop();
    await other.write([history]);
    const counted = await countRows(deltaTableQueries(other.folder));
    const line = (table: string, rows: string) =>
      `${table}: partition 0 has ${rows} rows below offset 3, and its counters say`;
    expect(counted).toEqual({
      tooMany: [`${line('payment_transactions', '3')} 2`],
      tooFew: [`${line('payment_exceptions', '0')} 1`],
    });
  } finally {
    other.remove();
  }
  expect(await countRows(deltaTableQueries(location.folder))).toEqual({ tooFew: [], tooMany: [] });
});

test('the script that schema print prints runs, where DuckDB can read the tables', async () => {
  const script = (await printDuckdbScript(`${location.folder}/`)).replace(/^INSTALL delta;\n\nLOAD delta;\n/, '');
  const duck = await Duck.open();
  try {
    // Its extension is not part of DuckDB: tables of the same name that have no history are read instead.
    await duck.run(`CREATE MACRO delta_scan(folder) AS TABLE SELECT * FROM read_parquet(folder || '/*.parquet')`);
    for (const statement of script.split(';\n')) {
      const table = /delta_scan\('.*\/(\w+)'\)/.exec(statement)?.[1];
      const isEmpty =
        table !== undefined &&
        ['backfill_turns', 'rules', 'event_schemas', 'known_payments', 'accepted_losses'].includes(table);
      if (statement.trim() !== '' && !isEmpty) await duck.run(statement);
    }
    expect(await duck.rows('SELECT total_rows FROM daily_reconciliation')).toEqual([{ total_rows: 4 }]);
  } finally {
    duck.close();
  }
});
