/** Late rows on an emulator for backfills, on a topic and a partition of their own each, and what a whole backfill leaves. */
import { expect } from 'vitest';
import { systemRuntime } from '../../../base/system-runtime.ts';
import { canonicalJson } from '../../../payments/event/event.ts';
import { formatHash, hashBytes, hashPayment } from '../../../payments/event/hash.ts';
import { exceptionRow } from '../../../payments/exception-rows.ts';
import type { LogRecord, Payment } from '../../../payments/types.ts';
import { type ContractSink, contractSink } from '../../../sinks/bigquery/testing/contract-endpoints.ts';
import {
  acceptedRow,
  appendRows,
  checkpoint,
  FIXED,
  MINUTE_MS,
  NOON_MS,
  exceptionRow as sampleException,
  settings,
} from '../../../sinks/bigquery/testing/sample-rows.ts';
import type { BackfillOptions } from '../backfill.ts';

export const EUR = 1_000_000_000n;
export const LATE_FROM = 100;
export const LATE_COUNT = 5;

/** Where the late rows of one test are. */
export interface LateTopic {
  readonly topic: string;
  readonly partition: number;
}

export class BackfillBench {
  readonly sink: ContractSink;
  #topics = 0;

  private constructor(sink: ContractSink) {
    this.sink = sink;
  }

  static async open(): Promise<BackfillBench> {
    // The courtesy of waiting for others is not what is tested here.
    const sleep = (ms: number): Promise<void> => systemRuntime.sleep(ms / 10);
    return new BackfillBench(await contractSink({ runtime: { ...systemRuntime, sleep } }));
  }

  async close(): Promise<void> {
    await this.sink.close();
  }

  /** Late rows of a topic and a partition of their own: in three windows, below the checkpoint but for the last one. */
  async lateTopic(): Promise<LateTopic> {
    const partition = this.#topics++;
    const topic = `payments-${partition}`;
    const seed = { partition, partitionCount: partition + 1, startOffset: 0, fixed: FIXED, history: [settings(0)] };
    await this.sink.queries.seed(topic, [seed]);
    const rows = Array.from({ length: LATE_COUNT + 1 }, (_, i) =>
      lateRow(LATE_FROM + i, { transactionId: `${topic}-${i}` }),
    );
    await appendRows(this.sink, 'payment_exceptions', rows, { partition });
    await appendRows(this.sink, 'checkpoint_log', [checkpoint(LATE_FROM + LATE_COUNT, { topic, partition })], {
      partition,
    });
    return { topic, partition };
  }

  /**
   * The same payments as records that were rejected because of the greatest amount of then, which settings of later have raised;
   * their event times are below the watermark.
   */
  async rejectedTopic(): Promise<LateTopic & Pick<BackfillOptions, 'rejected'>> {
    const partition = this.#topics++;
    const topic = `payments-${partition}`;
    const history = [settings(0, '1'), settings(LATE_FROM + 50)];
    const seed = { partition, partitionCount: partition + 1, startOffset: 0, fixed: FIXED, history };
    await this.sink.reads.seed(topic, [seed]);
    const records = Array.from({ length: LATE_COUNT + 1 }, (_, i): LogRecord => {
      const payment = latePayment(LATE_FROM + i, { transactionId: `${topic}-${i}` });
      const [key, value] = [Buffer.from(payment.senderAccountId), Buffer.from(canonicalJson(payment))];
      return { offset: LATE_FROM + i, timestampMs: NOON_MS + 3_600_000, key, value };
    });
    const rows = records.map((record) => {
      const { high, low } = hashBytes(record.value!);
      const payloadHash = formatHash(high, low);
      return sampleException(record.offset, { disposition: 'rejected', reason: 'amount_out_of_range', payloadHash });
    });
    await appendRows(this.sink, 'payment_exceptions', rows, { partition });
    const watermarkMs = NOON_MS + 10 * MINUTE_MS;
    const at = checkpoint(LATE_FROM + LATE_COUNT, { topic, partition, watermarkMs });
    await appendRows(this.sink, 'checkpoint_log', [at], { partition });
    const recordsFrom = async function* (_: number, fromOffset: number) {
      yield records.filter(({ offset }) => offset >= fromOffset);
    };
    return { topic, partition, rejected: { recordsFrom } };
  }

  options(change: Partial<BackfillOptions> = {}): BackfillOptions {
    return {
      queries: this.sink.reads,
      backfill: this.sink.backfill,
      runtime: systemRuntime,
      owner: 'test',
      dryRun: false,
      batchRows: 100,
      listMax: 100,
      ...change,
    };
  }

  /** Everything is in once, and every window is the sum of its payments. */
  async expectWhole({ topic, partition }: LateTopic): Promise<void> {
    const rows = await this.sink.queries.runQuery(
      `SELECT transaction_id, kafka_offset, writer_epoch, amount FROM ${this.sink.table('payment_transactions')}
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
    const windows = await this.sink.queries.runQuery(
      `SELECT window_start, window_end, writer_epoch, transaction_count, total_amount, min_amount, max_amount
       FROM ${this.sink.table('payment_metrics_partials')} WHERE kafka_partition = ${partition} ORDER BY window_start`,
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
    expect((await this.sink.backfill.turns.read(topic))?.pending).toEqual([]);
  }
}

export function lateRow(offset: number, change: Partial<Payment>) {
  const payment = latePayment(offset, change);
  const record = { offset, timestampMs: NOON_MS + 3_600_000, key: null, value: null };
  return exceptionRow(record, payment, hashPayment(payment), 'late', null, false);
}

function latePayment(offset: number, change: Partial<Payment>): Payment {
  const eventTimeMs = NOON_MS + (offset % 3) * MINUTE_MS;
  return acceptedRow(offset, { amount: BigInt(offset) * EUR + 1n, eventTimeMs, ...change }).payment;
}
