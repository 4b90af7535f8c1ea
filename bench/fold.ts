/**
 * From the bytes of a broker's record batches to encoded rows, on one core: read the records, parse, validate, find
 * copies, enrich, windows, Arrow batches for all tables and a delta per checkpoint. The load generator makes the
 * workload, three hours of event time, so that ids, activity and windows expire too. Time is processor time of the
 * whole process, garbage collection included, so that other work on the machine counts less; it still slows down caches
 * and clocks, and a busy machine may miss a must.
 */

import { readBatches } from '../src/kafka/fetch/record-batches.ts';
import { AcceptedBatch } from '../src/payments/accepted-batch.ts';
import { type FoldOutput, PartitionFold } from '../src/payments/fold.ts';
import type { FoldPlace } from '../src/payments/fold-types.ts';
import {
  type CompiledSettings,
  compileSettings,
  DEFAULT_DECISION_SETTINGS,
  defaultFixedSettings,
} from '../src/payments/settings.ts';
import type { LogRecord } from '../src/payments/types.ts';
import type { SimulatedPayment } from '../src/simulator/event.ts';
import { generatePayments } from '../src/simulator/generate.ts';
import { resolvePlan } from '../src/simulator/plan.ts';
import { ArrowRowEncoder } from '../src/sinks/bigquery/rows/arrow-encoder.ts';
import { defineBenchmark } from './harness/benchmark.ts';
import { recordBatch } from './harness/record-batch.ts';
import { cpuTimeUs, spreadOf } from './harness/spread.ts';

const NOW_MS = 1_790_000_000_000;
const HOUR_MS = 3_600_000;

export interface FoldSizes {
  readonly events: number;
  readonly accounts: number;
  /** Records between two appends and deltas. */
  readonly batch: number;
}

export interface FoldRepeat {
  readonly foldUs: number;
  readonly encodeUs: number;
  readonly perSecond: number;
  readonly accepted: number;
  readonly encodedBytes: number;
}

export const benchmark = defineBenchmark({
  name: 'fold',
  what: 'bytes of record batches to encoded rows (read, parse, validate, dedup, enrich, windows, encode), one core',
  limits:
    "processor time of the whole process, garbage collection included; the simulator's events over three hours of event time; " +
    'no Kafka and no sink',
  figures: [
    {
      name: 'fold',
      what: 'bytes of records to encoded rows, one core',
      unit: 'events/s',
      must: 150_000,
      aim: 250_000,
      better: 'more',
    },
  ],
  repeats: 7,
  sizes: { events: 300_000, accounts: 20_000, batch: 4_000 },
  smoke: { events: 2_000, accounts: 50, batch: 500 },
  async run({ sizes, repeats, say, sample, detail }) {
    const fetches = fetchesOf(sizes);
    foldOnce(fetches); // warms up
    const runs: FoldRepeat[] = [];
    for (let repeat = 1; repeat <= repeats; repeat += 1) {
      const measured = foldOnce(fetches);
      runs.push(measured);
      sample({ fold: measured.perSecond });
      say(`repeat ${repeat} of ${repeats}: ${measured.perSecond.toLocaleString('en')} events a second`);
    }
    const nsEach = (us: (repeat: FoldRepeat) => number) =>
      spreadOf(runs.map((run) => Math.round((1_000 * us(run)) / sizes.events)));
    detail({ foldNsPerEvent: nsEach(({ foldUs }) => foldUs), encodeNsPerEvent: nsEach(({ encodeUs }) => encodeUs) });
  },
});

/** Records of one Kafka record batch, about as producers send. */
const BATCH_RECORDS = 500;

/**
 * The answers of fetches: each with this many records, in record batches. `encode` writes payments in another form; what the load
 * generator damages stays as it is.
 */
export function fetchesOf(
  { events, accounts, batch }: FoldSizes,
  encode?: (payment: SimulatedPayment) => Buffer,
): Buffer[] {
  const spanMs = 3 * HOUR_MS;
  const plan = resolvePlan({ count: events, partitions: 1, spanMs, accounts }, NOW_MS);
  const fetches: Buffer[] = [];
  let batches: Buffer[] = [];
  let records: LogRecord[] = [];
  let offset = 0;
  for (const { key, value: builtIn, payment, malformed } of generatePayments(plan)) {
    const keyBytes = key === null ? null : Buffer.from(key);
    const isPayment = malformed === null && builtIn !== null;
    const value = isPayment && encode !== undefined ? encode(payment) : builtIn;
    records.push({ offset, timestampMs: NOW_MS, key: keyBytes, value: value === null ? null : Buffer.from(value) });
    offset += 1;
    const isLastOfFetch = offset % batch === 0 || offset === events;
    if (records.length < BATCH_RECORDS && !isLastOfFetch) continue;
    batches.push(recordBatch(records));
    records = [];
    if (!isLastOfFetch) continue;
    fetches.push(Buffer.concat(batches));
    batches = [];
  }
  return fetches;
}

/** `place`: what a format needs besides the settings. */
export function foldOnce(
  fetches: readonly Buffer[],
  settings: CompiledSettings = compileSettings(DEFAULT_DECISION_SETTINGS),
  place: Partial<FoldPlace> = {},
): FoldRepeat {
  const fixed = defaultFixedSettings(NOW_MS);
  const fold = PartitionFold.fresh({ partition: 0, partitionCount: 1, fixed, startOffset: 0, ...place });
  const encoder = new ArrowRowEncoder();
  const stamp = { partition: 0, writerEpoch: 1, processedAtMs: NOW_MS };
  let foldUs = 0;
  let encodeUs = 0;
  let encodedBytes = 0;
  const accepted = new AcceptedBatch();
  for (const bytes of fetches) {
    accepted.clear();
    const out: FoldOutput = { accepted, partials: [], exceptions: [] };
    foldUs += cpuTimeUs(() => {
      fold.foldAll(readBatches(bytes, fold.nextOffset, []).records, () => settings, out);
      fold.takeDelta();
    });
    encodeUs += cpuTimeUs(() => {
      encodedBytes += encoder.encode('payment_transactions', out.accepted, stamp).byteLength;
      encodedBytes += encoder.encode('payment_transactions_fraud', out.accepted, stamp).byteLength;
      encodedBytes += encoder.encode('payment_metrics_partials', out.partials, stamp).byteLength;
      encodedBytes += encoder.encode('payment_exceptions', out.exceptions, stamp).byteLength;
    });
  }
  const perSecond = Math.round((1e6 * fold.counters.consumed) / (foldUs + encodeUs));
  return { foldUs, encodeUs, perSecond, accepted: fold.counters.accepted, encodedBytes };
}
