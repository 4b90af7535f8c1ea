/** Backfill on a real emulator: exactly once under kills at every point, lost answers, and two commands at once. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemRuntime } from '../../base/system-runtime.ts';
import { hashPayment } from '../../payments/event/hash.ts';
import { exceptionRow } from '../../payments/exception-rows.ts';
import type { Payment } from '../../payments/types.ts';
import { BACKFILL_POINTS, type BackfillPoint } from '../../processor/crash-points.ts';
import { BackfillQueries } from '../../sinks/bigquery/query/backfill-queries.ts';
import { QueryJobs } from '../../sinks/bigquery/query/query-job.ts';
import { RestClient, RestError, type RestRequest } from '../../sinks/bigquery/query/rest-client.ts';
import { DEFAULT_SINK_LIMITS } from '../../sinks/bigquery/sink-limits.ts';
import { bigQueryEndpoints, type ContractSink, contractSink } from '../../sinks/bigquery/testing/contract-endpoints.ts';
import {
  acceptedRow,
  appendRows,
  checkpoint,
  FIXED,
  MINUTE_MS,
  NOON_MS,
  settings,
} from '../../sinks/bigquery/testing/sample-rows.ts';
import { type BackfillOptions, backfill } from './backfill.ts';

const EUR = 1_000_000_000n;
const LATE_FROM = 100;
const LATE_COUNT = 5;

let sink: ContractSink;
let topics = 0;

beforeAll(async () => {
  // The wait for other commands is not tested here.
  const sleep = (ms: number): Promise<void> => systemRuntime.sleep(ms / 10);
  sink = await contractSink({ runtime: { ...systemRuntime, sleep } });
});
afterAll(() => sink.close());

/** Late rows of a new topic and partition: in three windows, all but the last below the checkpoint. */
async function lateTopic(): Promise<{ topic: string; partition: number }> {
  const partition = topics++;
  const topic = `payments-${partition}`;
  const seed = { partition, partitionCount: partition + 1, startOffset: 0, fixed: FIXED, history: [settings(0)] };
  await sink.queries.seed(topic, [seed]);
  const rows = Array.from({ length: LATE_COUNT + 1 }, (_, i) =>
    lateRow(LATE_FROM + i, { transactionId: `${topic}-${i}` }),
  );
  await appendRows(sink, 'payment_exceptions', rows, { partition });
  await appendRows(sink, 'checkpoint_log', [checkpoint(LATE_FROM + LATE_COUNT, { topic, partition })], { partition });
  return { topic, partition };
}

function lateRow(offset: number, change: Partial<Payment>) {
  const eventTimeMs = NOON_MS + (offset % 3) * MINUTE_MS;
  const { payment } = acceptedRow(offset, { amount: BigInt(offset) * EUR + 1n, eventTimeMs, ...change });
  const record = { offset, timestampMs: NOON_MS + 3_600_000, key: null, value: null };
  return exceptionRow(record, payment, hashPayment(payment), 'late', null, false);
}

function options(change: Partial<BackfillOptions> = {}): BackfillOptions {
  const { queries } = sink;
  return {
    queries,
    backfill: sink.backfill,
    runtime: systemRuntime,
    owner: 'test',
    dryRun: false,
    batchRows: 100,
    listMax: 100,
    ...change,
  };
}

/** Every payment is added once, and every window is the sum of its payments. */
async function expectWhole(topic: string, partition: number): Promise<void> {
  const rows = await sink.queries.runQuery(
    `SELECT transaction_id, kafka_offset, writer_epoch, amount FROM ${sink.table('payment_transactions')}
     WHERE kafka_partition = ${partition} ORDER BY kafka_offset, transaction_id`,
  );
  expect(rows).toEqual(
    Array.from({ length: LATE_COUNT }, (_, i) => ({
      transaction_id: `${topic}-${i}`,
      kafka_offset: LATE_FROM + i,
      writer_epoch: 0,
      amount: BigInt(LATE_FROM + i) * EUR + 1n,
    })),
  );
  const windows = await sink.queries.runQuery(
    `SELECT window_start, window_end, writer_epoch, transaction_count, total_amount, min_amount, max_amount
     FROM ${sink.table('payment_metrics_partials')} WHERE kafka_partition = ${partition} ORDER BY window_start`,
  );
  const expected = [0, 1, 2].map((minute) => {
    const offsets = rows.map((row) => Number(row.kafka_offset)).filter((offset) => offset % 3 === minute);
    const amounts = offsets.map((offset) => BigInt(offset) * EUR + 1n);
    return {
      window_start: NOON_MS + minute * MINUTE_MS,
      window_end: NOON_MS + (minute + 1) * MINUTE_MS,
      writer_epoch: 0,
      transaction_count: offsets.length,
      total_amount: amounts.reduce((a, b) => a + b),
      min_amount: amounts[0],
      max_amount: amounts.at(-1),
    };
  });
  expect(windows).toEqual(expected);
  expect((await sink.backfill.turns.read(topic))?.pending).toEqual([]);
}

describe('a backfill', () => {
  test('with --dry-run says what it would put in, and changes nothing', async () => {
    const { topic, partition } = await lateTopic();
    const report = await backfill({ topic }, options({ dryRun: true }));
    expect(report).toMatchObject({ looked: LATE_COUNT, added: LATE_COUNT, notCheckpointed: 1 });
    const sql = `SELECT COUNT(*) AS n FROM ${sink.table('payment_transactions')} WHERE kafka_partition = ${partition}`;
    expect(await sink.queries.runQuery(sql)).toEqual([{ n: 0 }]);
    expect(await sink.backfill.turns.read(topic)).toBeUndefined();
  });

  test('puts every late payment below the checkpoint in once, with its windows; a second one finds nothing to do', async () => {
    const { topic, partition } = await lateTopic();
    const first = await backfill({ topic }, options({ batchRows: 2 }));
    expect(first).toMatchObject({ looked: LATE_COUNT, added: LATE_COUNT, notCheckpointed: 1, unfinished: false });
    expect(first.sums).toEqual({ EUR: { count: LATE_COUNT, amount: '510.000000005' } });
    await expectWhole(topic, partition);
    const second = await backfill({ topic }, options());
    expect(second).toMatchObject({ added: 0, leftOut: { backfilled: LATE_COUNT } });
    await expectWhole(topic, partition);
  });

  test('in parts comes to the same as at once', async () => {
    const { topic, partition } = await lateTopic();
    const some = { topic, transactionIds: [`${topic}-2`, `${topic}-3`, 'not there'] };
    expect((await backfill(some, options())).added).toBe(2);
    const times = { fromEventTimeMs: NOON_MS + MINUTE_MS, beforeEventTimeMs: NOON_MS + 2 * MINUTE_MS };
    expect((await backfill({ topic, ...times }, options())).looked).toBe(2);
    expect((await backfill({ topic, partitions: [partition + 1] }, options())).looked).toBe(0);
    await backfill({ topic, partitions: [partition] }, options());
    await expectWhole(topic, partition);
  });

  test('leaves out what is accepted already, says what conflicts, and takes one of two copies', async () => {
    const { topic, partition } = await lateTopic();
    const id = { transactionId: `${topic}-accepted` };
    const other = { transactionId: `${topic}-other` };
    const twice = { transactionId: `${topic}-twice` };
    const at = LATE_FROM - 10;
    const accepted = lateRow(at, id).eventTimeMs!;
    await appendRows(
      sink,
      'payment_transactions',
      [
        acceptedRow(1, { ...id, amount: BigInt(at) * EUR + 1n, eventTimeMs: accepted }),
        acceptedRow(2, { ...other, amount: 1n }),
      ],
      { partition },
    );
    const rows = [lateRow(at, id), lateRow(at + 1, other), lateRow(at + 2, twice), lateRow(at + 3, twice)];
    await appendRows(sink, 'payment_exceptions', [...rows, { ...rows[0]!, kafkaOffset: at + 4, payload: '{' }], {
      partition,
    });
    const report = await backfill({ topic }, options());
    expect(report.leftOut).toEqual({ backfilled: 0, present: 1, conflict: 1, copy: 1, unreadable: 1 });
    expect(report.leftOutRecords.map(({ offset, why }) => [offset, why])).toEqual([
      [at + 4, 'unreadable'],
      [at, 'present'],
      [at + 1, 'conflict'],
      [at + 3, 'copy'],
    ]);
    expect(report.added).toBe(LATE_COUNT + 1);
    const ids = `SELECT COUNT(*) = COUNT(DISTINCT transaction_id) AS is_unique FROM ${sink.table('payment_transactions')}`;
    expect(await sink.queries.runQuery(ids)).toEqual([{ is_unique: true }]);
  });

  // The moment before an effect is the moment after the previous one.
  test.each(BACKFILL_POINTS.filter((point) => point.endsWith('.after')))(
    'killed at %s: the next one finishes it',
    async (point) => {
      const { topic, partition } = await lateTopic();
      const hit = (passed: BackfillPoint): void => {
        if (passed === point) throw new Error('killed');
      };
      await expect(backfill({ topic }, options({ hit }))).rejects.toThrow('killed');
      await backfill({ topic }, options());
      await expectWhole(topic, partition);
    },
  );

  test('what a killed one left is finished even by a run that selects nothing', async () => {
    const { topic, partition } = await lateTopic();
    const hit = (passed: BackfillPoint): void => {
      if (passed === 'backfill.payments.after') throw new Error('killed');
    };
    await expect(backfill({ topic }, options({ hit }))).rejects.toThrow('killed');
    const report = await backfill({ topic, transactionIds: [] }, options());
    expect(report).toMatchObject({ looked: 0, unfinished: true });
    await expectWhole(topic, partition);
  });

  test('three at once put every payment in once', async () => {
    const { topic, partition } = await lateTopic();
    const reports = await Promise.all([1, 2, 3].map(() => backfill({ topic }, options())));
    expect(reports.reduce((sum, { added }) => sum + added, 0)).toBeGreaterThanOrEqual(LATE_COUNT);
    await expectWhole(topic, partition);
  });

  test('that slept in the middle of its turn while another one finished puts nothing in twice', async () => {
    const { topic, partition } = await lateTopic();
    for (const point of ['backfill.payments.before', 'backfill.metrics.before'] as const) {
      let slept = false;
      const hit = async (passed: BackfillPoint): Promise<void> => {
        if (passed !== point || slept) return;
        slept = true;
        await backfill({ topic }, options());
      };
      await backfill({ topic }, options({ hit }));
      await expectWhole(topic, partition);
    }
  });

  test('whose answers get lost, before or after they took effect, puts every payment in once', async () => {
    const { topic, partition } = await lateTopic();
    const rest = lossyRest();
    const limits = { ...DEFAULT_SINK_LIMITS, backoffMinMs: 5, backoffMaxMs: 20 };
    const nothing = `UPDATE ${sink.table('partition_ownership')} SET epoch = epoch WHERE FALSE`;
    const jobs = new QueryJobs({ rest, runtime: systemRuntime, limits, nothing });
    await backfill({ topic }, options({ backfill: new BackfillQueries(jobs, sink.dataset, systemRuntime) }));
    expect(rest.lost).toBeGreaterThan(5);
    await expectWhole(topic, partition);
  });
});

/** Loses every third answer, and every seventh request. */
function lossyRest() {
  const { emulatorHost } = bigQueryEndpoints();
  const rest = new RestClient({ dataset: sink.dataset, emulatorHost, requestTimeoutMs: 20_000 });
  let asked = 0;
  return {
    location: undefined,
    lost: 0,
    async request<T>(request: RestRequest): Promise<T> {
      asked++;
      const isLost = asked % 3 === 0 || asked % 7 === 0;
      if (isLost) this.lost++;
      if (asked % 7 === 0) throw new RestError('request lost', undefined, undefined);
      const answer = await rest.request<T>(request);
      if (isLost) throw new RestError('answer lost', undefined, undefined);
      return answer;
    },
  };
}
