/**
 * The cost of a remembered payment: memory of this process per live id (ids, sender activity, senders, devices and open
 * windows together), bytes on disk per id, how much slower folding is on a large state than on a small one, and whether
 * the memory of an endless stream stays constant. Ids are UUIDs; a payment of each account comes every few minutes of
 * event time.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openStateStore } from '../src/local-state/open-state-store.ts';
import { AcceptedBatch } from '../src/payments/accepted-batch.ts';
import { type FoldOutput, PartitionFold } from '../src/payments/fold.ts';
import { compileSettings, DEFAULT_DECISION_SETTINGS, defaultFixedSettings } from '../src/payments/settings.ts';
import type { LogRecord } from '../src/payments/types.ts';
import { defineBenchmark } from './harness/benchmark.ts';
import { cpuTimeUs } from './harness/spread.ts';

const START_MS = 1_790_000_000_000;
const HOUR_MS = 3_600_000;
const BATCH = 4_000;
/** Used like in the processor: made once, cleared when they are sent. Not part of the state. */
const ROWS = new AcceptedBatch();

export interface StateSizes {
  /** Ids alive at once, one measurement each; the first is also stored, and continued. */
  readonly ids: readonly number[];
  readonly paymentsPerAccount: number;
  /** Events over which a speed is taken. */
  readonly timedEvents: number;
}

export interface StateMeasure {
  readonly ids: number;
  readonly bytesPerId: number;
  /** By the fold's own estimate, for its gauges. */
  readonly reckonedBytesPerId: number;
  readonly microsecondsPerEvent: number;
}

export const benchmark = defineBenchmark({
  name: 'state',
  what: 'memory and disk per remembered id, speed of a large state, and an endless stream',
  limits:
    'memory of live objects and buffers after garbage collection, everything that is remembered included (ids, activity, ' +
    'senders, devices, open windows); UUIDs, 20 payments an hour of each account, one partition, the fold alone',
  figures: [
    {
      name: 'state',
      what: 'memory per live id, the worst of the sizes',
      unit: 'B',
      must: 100,
      aim: 48,
      better: 'less',
    },
    {
      name: 'state-speed',
      what: 'speed with the most ids against a small state',
      unit: '%',
      must: 80,
      aim: 95,
      better: 'more',
    },
    {
      name: 'state-endless',
      what: 'memory after four times what is alive at once against after two times',
      unit: '%',
      must: 115,
      better: 'less',
    },
    { name: 'state-disk', what: 'bytes on disk per live id', unit: 'B', better: 'less' },
  ],
  repeats: 1,
  sizes: { ids: [1_000_000, 5_000_000, 20_000_000], paymentsPerAccount: 20, timedEvents: 400_000 },
  smoke: { ids: [3_000, 6_000], paymentsPerAccount: 20, timedEvents: 1_000 },
  async run({ sizes, repeats, say, sample, detail }) {
    for (let repeat = 1; repeat <= repeats; repeat += 1) {
      const { measures, smallUs, endlessRatio, diskBytesPerId } = await measureState(sizes, say);
      sample({
        state: Math.max(...measures.map(({ bytesPerId }) => bytesPerId)),
        'state-speed': (100 * smallUs) / measures.at(-1)!.microsecondsPerEvent,
        'state-endless': 100 * endlessRatio,
        'state-disk': diskBytesPerId,
      });
      detail({ bySize: measures, microsecondsPerEventSmall: smallUs });
    }
  },
});

export async function measureState(sizes: StateSizes, say: (text: string) => void) {
  const smallUs = speedWhenSmall(sizes);
  // Once, with no state alive: remains of one size must not make the next look smaller.
  const baseBytes = memoryInUse();
  const measures: StateMeasure[] = [];
  for (const ids of sizes.ids) {
    const measure = measureSize(ids, sizes, baseBytes);
    measures.push(measure);
    say(
      `${measure.ids} ids: ${measure.bytesPerId.toFixed(1)} B each, ${measure.microsecondsPerEvent.toFixed(2)} µs an event`,
    );
  }
  const first = sizes.ids[0] as number;
  return {
    measures,
    smallUs,
    endlessRatio: growthOnAndOn(first, sizes, memoryInUse()),
    diskBytesPerId: await bytesOnDisk(first, sizes),
  };
}

function speedWhenSmall({ timedEvents, paymentsPerAccount }: StateSizes): number {
  new Stream(timedEvents, paymentsPerAccount).fold(timedEvents); // warms up
  return new Stream(2 * timedEvents, paymentsPerAccount).fold(timedEvents) / timedEvents;
}

function measureSize(ids: number, { timedEvents, paymentsPerAccount }: StateSizes, baseBytes: number): StateMeasure {
  const stream = new Stream(ids, paymentsPerAccount);
  stream.fold(ids);
  const bytes = memoryInUse() - baseBytes;
  const live = stream.stats();
  return {
    ids: live.ids,
    bytesPerId: bytes / live.ids,
    reckonedBytesPerId: live.approximateBytes / live.ids,
    microsecondsPerEvent: stream.fold(timedEvents) / timedEvents,
  };
}

/** Memory after four times the live amount, against after two times: by then it must not grow. */
function growthOnAndOn(ids: number, { paymentsPerAccount }: StateSizes, baseBytes: number): number {
  const stream = new Stream(ids, paymentsPerAccount);
  stream.fold(2 * ids);
  const full = memoryInUse() - baseBytes;
  stream.fold(2 * ids);
  return (memoryInUse() - baseBytes) / full;
}

/** Payments of one partition, evenly over event time, this many an hour. */
class Stream {
  readonly #fold: PartitionFold;
  readonly #settings = compileSettings(DEFAULT_DECISION_SETTINGS);
  readonly #perHour: number;
  readonly #accounts: number;
  #next = 0;

  constructor(perHour: number, paymentsPerAccount: number) {
    this.#perHour = perHour;
    this.#accounts = Math.ceil(perHour / paymentsPerAccount);
    const fixed = defaultFixedSettings(START_MS);
    this.#fold = PartitionFold.fresh({ partition: 0, partitionCount: 1, fixed, startOffset: 0 });
  }

  get state(): PartitionFold {
    return this.#fold;
  }

  stats() {
    return this.#fold.stats();
  }

  /** Folds this many; returns the processor time of folding, in microseconds. */
  fold(count: number): number {
    let us = 0;
    for (const end = this.#next + count; this.#next < end; ) {
      const records: LogRecord[] = [];
      for (let left = Math.min(BATCH, end - this.#next); left > 0; left -= 1) records.push(this.#record());
      ROWS.clear();
      const out: FoldOutput = { accepted: ROWS, partials: [], exceptions: [] };
      us += cpuTimeUs(() => {
        this.#fold.foldAll(records, () => this.#settings, out);
        this.#fold.takeDelta();
      });
      if (out.accepted.length !== records.length) throw new Error('a payment of this stream was not accepted');
    }
    return us;
  }

  #record(): LogRecord {
    const offset = this.#next;
    this.#next += 1;
    const timestampMs = START_MS + Math.floor((offset * HOUR_MS) / this.#perHour);
    const account = `acct-${(Math.imul(offset, 0x9e3779b1) >>> 0) % this.#accounts}`;
    const value = Buffer.from(
      `{"transaction_id":"${uuidOf(offset)}","sender_account_id":"${account}","receiver_account_id":"acct-1","amount":12.5,` +
        `"currency":"EUR","device_id":"device-of-${account}","ip_address":"10.0.0.1","timestamp":${timestampMs},` +
        '"region":"eu-west","payment_method":"card"}',
    );
    return { offset, timestampMs, key: Buffer.from(account), value };
  }
}

/** Spread over all its bits, and different for each number under 2^32. */
function uuidOf(number: number): string {
  const word = (factor: number) => (Math.imul(number + 1, factor) >>> 0).toString(16).padStart(8, '0');
  const [a, b, c, d] = [word(0x9e3779b1), word(0x85ebca6b), word(0xc2b2ae35), word(0x27d4eb2f)];
  return `${a}-${b.slice(0, 4)}-${b.slice(4)}-${c.slice(0, 4)}-${c.slice(4)}${d}`;
}

/** Bytes of live objects and of buffers, garbage collected. */
function memoryInUse(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function bytesOnDisk(ids: number, { paymentsPerAccount }: StateSizes): Promise<number> {
  const stream = new Stream(ids, paymentsPerAccount);
  stream.fold(ids);
  const location = mkdtempSync(join(tmpdir(), 'provenonce-bench-'));
  try {
    const store = await openState(location);
    await store.replace(0, stream.state.export());
    await store.close();
    const bytes = readdirSync(location, { recursive: true })
      .map((name) => statSync(join(location, String(name))))
      .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
    return bytes / stream.stats().ids;
  } finally {
    rmSync(location, { recursive: true, force: true });
  }
}

function openState(location: string) {
  const problem = (_partition: number | undefined, message: string) => {
    throw new Error(message);
  };
  return openStateStore({ location, topic: 'bench', nowMs: START_MS, onDiscard: () => {}, onProblem: problem });
}
