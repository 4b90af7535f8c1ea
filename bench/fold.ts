/**
 * Bytes of records to encoded rows, on one core: parse, validate, tell copies, enrich, windows, Arrow batches for all tables
 * and a delta per checkpoint. The workload is the simulator's, three hours of event time, so that ids, activity and windows
 * are dropped too. Time is processor time of the whole process, collection of garbage included, so that other work on the
 * machine counts less; it still slows down caches and clocks, and a must-reach may be missed on a busy machine.
 */
import { ArrowRowEncoder } from '../src/bigquery/arrow-encoder.ts';
import { PartitionFold } from '../src/payments/fold.ts';
import { compileSettings, DEFAULT_DECISION_SETTINGS, defaultFixedSettings } from '../src/payments/settings.ts';
import type { FoldOutput, LogRecord } from '../src/payments/types.ts';
import { generatePayments } from '../src/simulator/generate.ts';
import { resolvePlan } from '../src/simulator/plan.ts';
import type { Bench } from './main.ts';
import { cpuTimeUs, spreadOf, spreadText } from './spread.ts';

const LIMITS = { mustPerSecond: 150_000, aimPerSecond: 250_000 } as const;
const NOW_MS = 1_790_000_000_000;
const HOUR_MS = 3_600_000;

export interface FoldSizes {
  readonly events: number;
  readonly accounts: number;
  /** Records between two appends and deltas. */
  readonly batch: number;
  readonly repeats: number;
}

const SIZES: FoldSizes = { events: 300_000, accounts: 20_000, batch: 4_000, repeats: 7 };

export interface FoldRepeat {
  readonly foldUs: number;
  readonly encodeUs: number;
  readonly perSecond: number;
  readonly accepted: number;
  readonly encodedBytes: number;
}

export const bench: Bench = {
  async run(say) {
    const records = recordsOf(SIZES);
    say(`${SIZES.events} events, ${SIZES.repeats} repeats after one to warm up`);
    foldOnce(records, SIZES);
    const repeats: FoldRepeat[] = [];
    for (let repeat = 0; repeat < SIZES.repeats; repeat += 1) {
      const measured = foldOnce(records, SIZES);
      repeats.push(measured);
      say(`repeat ${repeat + 1}: ${measured.perSecond.toLocaleString('en')} events a second`);
    }
    const perSecond = spreadOf(repeats.map((repeat) => repeat.perSecond));
    const nsEach = (us: (repeat: FoldRepeat) => number) =>
      spreadOf(repeats.map((repeat) => Math.round((1_000 * us(repeat)) / SIZES.events)));
    const foldNs = nsEach(({ foldUs }) => foldUs);
    const encodeNs = nsEach(({ encodeUs }) => encodeUs);
    const reached = perSecond.median >= LIMITS.mustPerSecond;
    const document = { bench: 'fold', sizes: SIZES, limits: LIMITS, reached, perSecond, foldNs, encodeNs, repeats };
    const text = [
      `bytes of records to encoded rows, one core, ${SIZES.repeats} times ${SIZES.events.toLocaleString('en')} events:`,
      `  events a second of processor time   ${spreadText(perSecond)}`,
      `  folding, ns an event                ${spreadText(foldNs)}`,
      `  encoding, ns an event               ${spreadText(encodeNs)}`,
      `  ${reached ? 'reached' : 'MISSED'}: must ${LIMITS.mustPerSecond.toLocaleString('en')} a second, aim ${LIMITS.aimPerSecond.toLocaleString('en')}`,
    ].join('\n');
    return { document, text, reached };
  },
};

/** Keys and values as slices of a few large buffers, as a Kafka client gives them. */
export function recordsOf({ events, accounts }: Pick<FoldSizes, 'events' | 'accounts'>): LogRecord[] {
  const spanMs = 3 * HOUR_MS;
  const plan = resolvePlan({ count: events, partitions: 1, spanMs, accounts }, NOW_MS);
  const records: LogRecord[] = [];
  for (const { key, value } of generatePayments(plan)) {
    records.push({
      offset: records.length,
      timestampMs: NOW_MS,
      key: key === null ? null : Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
    });
  }
  return records;
}

export function foldOnce(records: readonly LogRecord[], { batch }: Pick<FoldSizes, 'batch'>): FoldRepeat {
  const fixed = defaultFixedSettings(NOW_MS);
  const fold = PartitionFold.fresh({ partition: 0, partitionCount: 1, fixed, startOffset: 0 });
  const settings = compileSettings(DEFAULT_DECISION_SETTINGS);
  const encoder = new ArrowRowEncoder();
  const stamp = { partition: 0, writerEpoch: 1, processedAtMs: NOW_MS };
  let foldUs = 0;
  let encodeUs = 0;
  let encodedBytes = 0;
  for (let from = 0; from < records.length; from += batch) {
    const out: FoldOutput = { accepted: [], partials: [], exceptions: [] };
    const end = Math.min(records.length, from + batch);
    foldUs += cpuTimeUs(() => {
      for (let index = from; index < end; index += 1) fold.fold(records[index] as LogRecord, settings, out);
      fold.takeDelta();
    });
    encodeUs += cpuTimeUs(() => {
      encodedBytes += encoder.encode('payment_transactions', out.accepted, stamp).byteLength;
      encodedBytes += encoder.encode('payment_transactions_fraud', out.accepted, stamp).byteLength;
      encodedBytes += encoder.encode('payment_metrics_partials', out.partials, stamp).byteLength;
      encodedBytes += encoder.encode('payment_exceptions', out.exceptions, stamp).byteLength;
    });
  }
  const perSecond = Math.round((1e6 * records.length) / (foldUs + encodeUs));
  return { foldUs, encodeUs, perSecond, accepted: fold.counters.accepted, encodedBytes };
}
