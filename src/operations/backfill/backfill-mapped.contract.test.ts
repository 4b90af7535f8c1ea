/** Backfill of mapped records on a real emulator: late ones keep their columns, and rejected ones are judged again by the rules of now. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemRuntime } from '../../base/system-runtime.ts';
import { formatHash, hashBytes, hashPayment } from '../../payments/event/hash.ts';
import { exceptionRow as foldRow } from '../../payments/exception-rows.ts';
import { layoutOf } from '../../payments/row-layout.ts';
import { loadedRules } from '../../payments/rules/rules-document.ts';
import { rules } from '../../payments/testing/rules-fixture.ts';
import type { LogRecord, Payment } from '../../payments/types.ts';
import { type ContractSink, contractSink } from '../../sinks/bigquery/testing/contract-endpoints.ts';
import {
  acceptedRow,
  appendRows,
  checkpoint,
  exceptionRow,
  FIXED,
  MINUTE_MS,
  NOON_MS,
  settings,
} from '../../sinks/bigquery/testing/sample-rows.ts';
import { type BackfillOptions, backfill } from './backfill.ts';

const RULES = rules({ key: 'any' }, [
  { name: 'order', path: '/order/id', type: 'string' },
  { name: 'paid', path: '/order/paid', type: 'numeric' },
  { name: 'at', path: '/order/at', type: 'timestamp' },
  { name: 'ok', path: '/order/ok', type: 'bool' },
  { name: 'n', path: '/order/n', type: 'int64' },
]);
const LAYOUT = layoutOf([RULES]);
const TOPIC = 'payments';
const EUR = 1_000_000_000n;

let sink: ContractSink;

beforeAll(async () => {
  sink = await contractSink({ layout: LAYOUT });
  const byRules = { ...settings(100), foldVersion: 3, revision: 1, rules: loadedRules(RULES) };
  const history = [settings(0), { ...byRules, decision: { ...byRules.decision, fraud: RULES.fraud } }];
  await sink.reads.seed(
    TOPIC,
    [0, 1].map((partition) => ({ partition, partitionCount: 2, startOffset: 0, fixed: FIXED, history })),
  );
  const watermarkMs = NOON_MS + 60 * MINUTE_MS;
  for (const partition of [0, 1])
    await appendRows(sink, 'checkpoint_log', [checkpoint(200, { partition, watermarkMs })], { partition });
});
afterAll(() => sink.close());

const options = (change: Partial<BackfillOptions> = {}): BackfillOptions => ({
  queries: sink.reads,
  backfill: sink.backfill,
  runtime: systemRuntime,
  owner: 'test',
  dryRun: false,
  batchRows: 3,
  listMax: 100,
  ...change,
});

async function stored(partition: number): Promise<readonly { readonly offset: number; readonly payment: Payment }[]> {
  const rows = await sink.queries.runQuery(
    `SELECT kafka_offset, transaction_id, region, receiver_account_id, amount, \`order\`, paid, \`at\`, ok, n
FROM ${sink.table('payment_transactions')} WHERE kafka_partition = ${partition} AND writer_epoch = 0 ORDER BY kafka_offset`,
  );
  return rows as never;
}

describe('late rows of mapped records', () => {
  test('come in with NULL roles and further columns, and count in the windows of the region that is empty', async () => {
    const late = (offset: number, change: Partial<Payment>) => {
      const {
        region: _,
        receiverAccountId: __,
        ...payment
      } = acceptedRow(offset, { amount: BigInt(offset) * EUR, ...change }).payment;
      const record = { offset, timestampMs: NOON_MS, key: null, value: null };
      return foldRow(record, payment, hashPayment(payment), 'late', null, false);
    };
    const further = { order: '', paid: '-1.000000001', at: '1748779200123', ok: 'false', n: '-9223372036854775808' };
    await appendRows(sink, 'payment_exceptions', [
      late(100, { further }),
      late(101, {}),
      late(102, { further: { order: 'o-2' } }),
    ]);
    const report = await backfill({ topic: TOPIC, partitions: [0] }, options());
    expect(report).toMatchObject({ of: 'late', looked: 3, added: 3, leftOut: { unreadable: 0 } });
    const none = { region: null, receiver_account_id: null, paid: null, at: null, ok: null, n: null };
    expect(
      await sink.queries.runQuery(
        `SELECT kafka_offset, region, receiver_account_id, amount, \`order\`, paid, \`at\`, ok, CAST(n AS STRING) AS n
FROM ${sink.table('payment_transactions')} WHERE kafka_partition = 0 ORDER BY kafka_offset`,
      ),
    ).toEqual([
      {
        ...none,
        kafka_offset: 100,
        amount: 100n * EUR,
        order: '',
        paid: -1_000_000_001n,
        at: 1_748_779_200_123,
        ok: false,
        n: '-9223372036854775808',
      },
      { ...none, kafka_offset: 101, amount: 101n * EUR, order: null },
      { ...none, kafka_offset: 102, amount: 102n * EUR, order: 'o-2' },
    ]);
    const windows = await sink.queries.runQuery(
      `SELECT region, transaction_count, total_amount FROM ${sink.table('payment_metrics_partials')} WHERE kafka_partition = 0`,
    );
    expect(windows).toEqual([{ region: '', transaction_count: 3, total_amount: 303n * EUR }]);
    expect(await backfill({ topic: TOPIC, partitions: [0] }, options())).toMatchObject({
      added: 0,
      leftOut: { backfilled: 3 },
    });
  });
});

describe('rejected records', () => {
  const value = (id: string, change: object = {}): Buffer =>
    Buffer.from(
      JSON.stringify({
        transaction_id: id,
        sender_account_id: 's',
        amount: '10.5',
        currency: 'EUR',
        timestamp: NOON_MS,
        order: { id: `order of ${id}`, n: 7 },
        ...change,
      }),
    );
  const LOG: LogRecord[] = [
    value('r-0'),
    value('r-1', { currency: 'euro' }),
    value('r-2', { timestamp: NOON_MS + 90 * MINUTE_MS }),
    value('r-3'),
    value('r-3', { amount: '11' }),
    value('r-accepted'),
    value('r-6', { timestamp: NOON_MS + MINUTE_MS }),
  ].map((bytes, offset) => ({ offset, timestampMs: NOON_MS + 120 * MINUTE_MS, key: null, value: bytes }));
  const rejected = {
    recordsFrom: async function* (_: number, fromOffset: number) {
      yield LOG.filter(({ offset }) => offset >= fromOffset);
    },
  };
  const selection = { topic: TOPIC, partitions: [1] };

  beforeAll(async () => {
    const rows = LOG.map(({ offset, value: bytes }) => {
      const { high, low } = hashBytes(bytes!);
      return exceptionRow(offset, {
        disposition: 'rejected',
        reason: 'key_missing',
        transactionId: null,
        eventTimeMs: null,
        payloadHash: formatHash(high, low),
      });
    });
    await appendRows(sink, 'payment_exceptions', [...rows, { ...rows[0]!, kafkaOffset: 250 }], { partition: 1 });
    const accepted = acceptedRow(150, { transactionId: 'r-accepted' });
    await appendRows(sink, 'payment_transactions', [accepted], { partition: 1 }, LAYOUT);
  });

  test('with --dry-run are only listed, with sums', async () => {
    const report = await backfill(selection, options({ rejected, dryRun: true }));
    expect(report).toMatchObject({
      of: 'rejected',
      looked: 7,
      added: 3,
      sums: { EUR: { count: 3, amount: '31.5' } },
      leftOut: { rejected: 1, too_early: 1, conflict: 1 },
      notCheckpointed: 1,
    });
    expect(await stored(1)).toEqual([]);
  });

  test('come in once, also where a run is killed in the middle, and what was accepted meanwhile is not added', async () => {
    const hit = (point: string): void => {
      if (point === 'backfill.payments.after') throw new Error('killed');
    };
    await expect(backfill(selection, options({ rejected, hit }))).rejects.toThrow('killed');
    const report = await backfill(selection, options({ rejected }));
    expect(report).toMatchObject({ unfinished: true, looked: 7 });
    const again = await backfill(selection, options({ rejected }));
    expect(again).toMatchObject({ added: 0, leftOut: { backfilled: 3, conflict: 2, rejected: 1, too_early: 1 } });
    expect((await stored(1)).map((row) => ({ ...row }))).toMatchObject([
      { kafka_offset: 0, transaction_id: 'r-0', order: 'order of r-0', n: 7, region: null, amount: 10_500_000_000n },
      { kafka_offset: 3, transaction_id: 'r-3', order: 'order of r-3' },
      { kafka_offset: 6, transaction_id: 'r-6' },
    ]);
    const windows = await sink.queries.runQuery(
      `SELECT window_start, transaction_count, total_amount FROM ${sink.table('payment_metrics_partials')}
WHERE kafka_partition = 1 ORDER BY window_start`,
    );
    expect(windows).toEqual([
      { window_start: NOON_MS, transaction_count: 2, total_amount: 21n * EUR },
      { window_start: NOON_MS + MINUTE_MS, transaction_count: 1, total_amount: 10_500_000_000n },
    ]);
    expect((await sink.backfill.turns.read(TOPIC))?.pending).toEqual([]);
  });
});
