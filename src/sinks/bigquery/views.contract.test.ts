import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { QueryValue } from './query/query-values.ts';
import { type ContractSink, contractSink } from './testing/contract-endpoints.ts';
import {
  acceptedRow,
  appendRows,
  checkpoint,
  exceptionRow,
  FIXED,
  MINUTE_MS,
  NOON_MS,
  partialRow,
  settings,
} from './testing/sample-rows.ts';

const EUR = 1_000_000_000n;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** One dataset of hand-made rows for all views: two partitions, a handful of payments, each exception once or twice. */
describe('views, from hand-made rows', () => {
  let sink: ContractSink;
  const view = (name: string, order = '1'): Promise<Record<string, QueryValue>[]> =>
    sink.queries.runQuery(`SELECT * FROM ${sink.table(name)} ORDER BY ${order}`);

  beforeAll(async () => {
    sink = await contractSink();
    const payments = [
      acceptedRow(0, { amount: 10n * EUR }),
      acceptedRow(1, { amount: 20n * EUR + 1n, eventTimeMs: NOON_MS + 59_999 }),
      acceptedRow(
        2,
        { amount: 6_000n * EUR, currency: 'USD' },
        { riskAmount: 'HIGH', fraudScore: 95, isHighRisk: true },
      ),
      acceptedRow(3, { amount: 5n, eventTimeMs: NOON_MS + MINUTE_MS }, { fraudScore: 10 }),
    ];
    await appendRows(sink, 'payment_transactions', payments);
    await appendRows(sink, 'payment_transactions_fraud', payments);
    const backfilled = [acceptedRow(6, { transactionId: 'txn-late', amount: EUR, eventTimeMs: NOON_MS - DAY_MS })];
    await appendRows(sink, 'payment_transactions', backfilled, { writerEpoch: 0 });
    await appendRows(sink, 'payment_exceptions', [
      exceptionRow(4, { transactionId: 'txn-0', firstKafkaOffset: 0 }),
      exceptionRow(5, { transactionId: 'txn-0', firstKafkaOffset: 0, conflict: true }),
      exceptionRow(6, {
        disposition: 'late',
        transactionId: 'txn-late',
        eventTimeMs: NOON_MS - DAY_MS,
        recordTimeMs: NOON_MS,
        payload: '{"transaction_id":"txn-late"}',
        payloadHash: '0123456789abcdef',
      }),
      exceptionRow(7, {
        disposition: 'rejected',
        reason: 'field_missing: currency',
        transactionId: null,
        eventTimeMs: null,
        payload: '{}',
      }),
    ]);
    const second = { windowStartMs: NOON_MS + MINUTE_MS, windowEndMs: NOON_MS + 2 * MINUTE_MS };
    await appendRows(sink, 'payment_metrics_partials', [partialRow(8), partialRow(8, second)]);
    await appendRows(
      sink,
      'payment_metrics_partials',
      [partialRow(3, { transactionCount: 1, totalAmount: 1n, minAmount: 1n, maxAmount: 1n })],
      { partition: 1 },
    );
    const seed = { partitionCount: 2, startOffset: 0, fixed: FIXED, history: [settings(0)] };
    await sink.queries.seed('payments', [
      { ...seed, partition: 0 },
      { ...seed, partition: 1 },
    ]);
    await appendRows(sink, 'checkpoint_log', [
      checkpoint(5, { watermarkMs: NOON_MS }),
      checkpoint(8, {
        watermarkMs: NOON_MS + 2 * MINUTE_MS,
        counters: { consumed: 8, accepted: 4, duplicates: 2, late: 1, rejected: 1 },
      }),
    ]);
  });
  afterAll(() => sink.close());

  it('payment_metrics merges partitions exactly, and is final only when every partition is past the window', async () => {
    const windows = () => view('payment_metrics', 'window_start');
    const before = await windows();
    expect(before[0]).toEqual({
      window_start: NOON_MS,
      window_end: NOON_MS + MINUTE_MS,
      region: 'eu-west',
      currency: 'EUR',
      transaction_count: 3,
      backfilled_count: 0,
      total_amount: 30n * EUR + 1n,
      min_amount: 1n,
      max_amount: 20n * EUR,
      avg_amount: 10n * EUR,
      is_final: false, // partition 1 has no checkpoint yet
    });
    expect(before.map((row) => row.is_final)).toEqual([false, false]);
    await appendRows(sink, 'checkpoint_log', [checkpoint(4, { watermarkMs: NOON_MS + MINUTE_MS })], { partition: 1 });
    expect((await windows()).map((row) => row.is_final)).toEqual([true, false]);
  });

  it('payment_metrics_live counts every payment by the minute of its event', async () => {
    const rows = await view('payment_metrics_live', 'window_start, currency');
    expect(rows.map((r) => [r.window_start, r.currency, r.transaction_count, r.total_amount, r.max_amount])).toEqual([
      [NOON_MS - DAY_MS, 'EUR', 1, EUR, EUR],
      [NOON_MS, 'EUR', 2, 30n * EUR + 1n, 20n * EUR + 1n],
      [NOON_MS, 'USD', 1, 6_000n * EUR, 6_000n * EUR],
      [NOON_MS + MINUTE_MS, 'EUR', 1, 5n, 5n],
    ]);
    expect(rows[1]).toMatchObject({ window_end: NOON_MS + MINUTE_MS, min_amount: 10n * EUR, region: 'eu-west' });
  });

  it('deduplication_audit has one row per transaction, with its copies and conflicts', async () => {
    expect(await view('deduplication_audit')).toEqual([
      { transaction_id: 'txn-0', first_occurrence_time: NOON_MS, duplicate_occurrences: 2, conflicts: 1 },
      { transaction_id: 'txn-1', first_occurrence_time: NOON_MS + 59_999, duplicate_occurrences: 0, conflicts: 0 },
      { transaction_id: 'txn-2', first_occurrence_time: NOON_MS, duplicate_occurrences: 0, conflicts: 0 },
      { transaction_id: 'txn-3', first_occurrence_time: NOON_MS + MINUTE_MS, duplicate_occurrences: 0, conflicts: 0 },
      { transaction_id: 'txn-late', first_occurrence_time: NOON_MS - DAY_MS, duplicate_occurrences: 0, conflicts: 0 },
    ]);
  });

  it('late_events has the late ones alone, and by how much', async () => {
    expect(await view('late_events')).toEqual([
      {
        kafka_partition: 0,
        kafka_offset: 6,
        transaction_id: 'txn-late',
        event_time: NOON_MS - DAY_MS,
        record_time: NOON_MS,
        late_by_ms: DAY_MS,
        payload: '{"transaction_id":"txn-late"}',
        payload_hash: '0123456789abcdef',
        processed_at: NOON_MS + 1_000,
        backfilled: true,
      },
    ]);
  });

  it('error_log has the rejected ones alone, by reason code', async () => {
    expect(await view('error_log')).toEqual([
      {
        kafka_partition: 0,
        kafka_offset: 7,
        reason_code: 'field_missing',
        reason: 'field_missing: currency',
        record_time: NOON_MS + 250,
        payload: '{}',
        payload_hash: null,
        processed_at: NOON_MS + 1_000,
      },
    ]);
  });

  it('fraud_summary counts by day and amount band', async () => {
    const day = { date: '2025-06-01' };
    expect(await view('fraud_summary', 'risk_amount')).toEqual([
      {
        ...day,
        risk_amount: 'HIGH',
        transactions: 1,
        total_amount: 6_000n * EUR,
        high_risk_transactions: 1,
        high_risk_pct: 100,
        avg_fraud_score: 95,
        max_fraud_score: 95,
      },
      {
        ...day,
        risk_amount: 'LOW',
        transactions: 3,
        total_amount: 30n * EUR + 6n,
        high_risk_transactions: 0,
        high_risk_pct: 0,
        avg_fraud_score: 6.67,
        max_fraud_score: 10,
      },
    ]);
  });

  it('deduplication_effectiveness counts dispositions by day and judges the rate; a backfill is no disposition', async () => {
    expect(await view('deduplication_effectiveness', 'date')).toEqual([
      {
        date: '2025-05-31',
        accepted: 0,
        duplicates: 0,
        conflicts: 0,
        late: 1,
        rejected: 0,
        duplicate_rate_pct: null,
        assessment: 'unknown',
      },
      {
        date: '2025-06-01',
        accepted: 4,
        duplicates: 2,
        conflicts: 1,
        late: 0,
        rejected: 1,
        duplicate_rate_pct: 50,
        assessment: 'high',
      },
    ]);
  });

  it('pipeline_health shows the greatest checkpoint of each partition, and whether its counters add up', async () => {
    const rows = await view('pipeline_health', 'kafka_partition');
    expect(rows[0]).toMatchObject({
      topic: 'payments',
      kafka_partition: 0,
      epoch: 0,
      next_offset: 8,
      watermark: NOON_MS + 2 * MINUTE_MS,
      consumed: 8,
      duplicate_rate_pct: 50,
      is_conserved: true,
    });
    expect(rows).toHaveLength(2);
  });

  it('skipped_offsets has a row for each range that was given up', async () => {
    const [owned] = await sink.queries.readOwnership('payments');
    const range = { from: 40, to: 50, reason: 'unreadable', by: 'ann', atMs: NOON_MS };
    await sink.queries.putSkipped('payments', 0, owned!.claimId, [range, { ...range, from: 60, to: 61 }], []);
    const common = {
      topic: 'payments',
      kafka_partition: 0,
      reason: 'unreadable',
      skipped_by: 'ann',
      skipped_at: NOON_MS,
    };
    expect(await view('skipped_offsets', 'first_offset')).toEqual([
      { ...common, first_offset: 40, last_offset: 49, offsets: 10 },
      { ...common, first_offset: 60, last_offset: 60, offsets: 1 },
    ]);
  });

  it('daily_reconciliation and the two queries of the guide pass on unique rows and fail on a duplicate', async () => {
    const name = (table: string) => sink.table(table);
    const guide = () =>
      sink.queries.runQuery(`-- Daily reconciliation query
SELECT
  DATE(event_time) as date,
  COUNT(DISTINCT transaction_id) as unique_transactions,
  COUNT(*) as total_rows,
  SUM(amount) as total_amount,
  CASE 
    WHEN COUNT(DISTINCT transaction_id) = COUNT(*) THEN 'PASS'
    ELSE 'FAIL - DUPLICATES DETECTED'
  END as reconciliation_status
FROM ${name('payment_transactions')}
WHERE DATE(event_time) >= DATE_SUB(CURRENT_DATE(), INTERVAL 7 DAY)
GROUP BY date
ORDER BY date DESC;`);
    const dedupRate = () =>
      sink.queries.runQuery(`-- Query deduplication audit table
SELECT
  DATE(first_occurrence_time) as date,
  COUNT(*) as unique_transactions,
  SUM(duplicate_occurrences) as duplicates_found,
  ROUND(100.0 * SUM(duplicate_occurrences) / COUNT(*), 2) as dup_rate_pct
FROM ${name('deduplication_audit')}
WHERE first_occurrence_time >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 24 HOUR)
GROUP BY date;`);
    const day = { date: '2025-06-01', unique_transactions: 4, total_rows: 4, total_amount: 6_030n * EUR + 6n };
    expect((await view('daily_reconciliation', 'date DESC'))[0]).toEqual({
      ...day,
      backfilled_rows: 0,
      reconciliation_status: 'PASS',
    });

    // The guide looks back from now: payments of today.
    const nowMs = Math.floor(Date.now() / 1_000) * 1_000;
    const today = { transactionId: 'txn-today', eventTimeMs: nowMs };
    await appendRows(sink, 'payment_transactions', [acceptedRow(20, today)]);
    await appendRows(sink, 'payment_exceptions', [exceptionRow(21, { transactionId: 'txn-today' })]);
    expect((await guide())[0]).toMatchObject({ unique_transactions: 1, total_rows: 1, reconciliation_status: 'PASS' });
    expect(await dedupRate()).toEqual([
      expect.objectContaining({ unique_transactions: 1, duplicates_found: 1, dup_rate_pct: 100 }),
    ]);

    await appendRows(sink, 'payment_transactions', [acceptedRow(22, today)]);
    expect((await guide())[0]).toMatchObject({ total_rows: 2, reconciliation_status: 'FAIL - DUPLICATES DETECTED' });

    // The same transaction on another day: both days fail, though each is unique within itself.
    const status = async () =>
      (await view('daily_reconciliation', 'date'))
        .filter((row) => row.reconciliation_status !== 'PASS')
        .map((row) => row.date);
    const failedToday = await status();
    expect(failedToday).toHaveLength(1);
    await appendRows(sink, 'payment_transactions', [
      acceptedRow(23, { transactionId: 'txn-0', eventTimeMs: NOON_MS - DAY_MS }),
    ]);
    expect(await status()).toEqual(['2025-05-31', '2025-06-01', ...failedToday]);
  });
});
