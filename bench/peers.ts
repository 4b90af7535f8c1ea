/**
 * The same events, the same broker, the same machine, one after the other: Spark Structured Streaming with the guide's
 * pipeline, as far as streaming allows it, and ours. Both run alone, each from nothing; then each is killed with kill
 * -9 on its way and started again at once.
 */
import path from 'node:path';
import type { FigureSpec } from './harness/benchmark.ts';
import { defineBenchmark } from './harness/benchmark.ts';
import { RealParts } from './parts/real-parts.ts';
import { SparkJob } from './peers/spark-job.ts';
import { obtainSpark, type Spark } from './peers/spark-parts.ts';
import { fill } from './pipeline.ts';

const TIMEOUT_MS = 600_000;
const LOOK_EVERY_MS = 20;

/** The same of both. */
interface Side {
  /** From the start of the process to the last event in the sink. */
  readonly wholePerSecond: number;
  /** From the first events in the sink to the last. */
  readonly runningPerSecond: number;
  /** From the start of the process to the first events in the sink. */
  readonly startMs: number;
  /** From kill -9 to the first new events in the sink. */
  readonly recoverMs: number;
  readonly peakMb: number;
}

const MEASURES = {
  whole: {
    what: 'events a second, from the start of the process to the last event in its sink',
    unit: 'events/s',
    better: 'more',
    of: (side: Side) => side.wholePerSecond,
  },
  running: {
    what: 'events a second after the first in its sink',
    unit: 'events/s',
    better: 'more',
    of: (side: Side) => side.runningPerSecond,
  },
  start: {
    what: 'start of the process to the first events in its sink',
    unit: 'ms',
    better: 'less',
    of: (side: Side) => side.startMs,
  },
  recover: {
    what: 'kill -9 to the first new events in its sink',
    unit: 'ms',
    better: 'less',
    of: (side: Side) => side.recoverMs,
  },
  memory: { what: 'peak resident set', unit: 'MB', better: 'less', of: (side: Side) => side.peakMb },
} as const;

const SIDES = ['provenonce', 'spark'] as const;

export const benchmark = defineBenchmark({
  name: 'peers',
  what: 'the same events through Spark Structured Streaming and through ours: throughput, start, recovery, memory',
  limits:
    'Spark (local[2], default heap) writes one Parquet directory: accepted payments with amount bands, known ids in RocksDB, a batch of at ' +
    'most 100,000 records at a time; no network to its sink, no fraud windows, no sums, no rows for copies and rejects, no audit, no fencing. ' +
    'Ours writes five tables into the BigQuery emulator, which takes its share of the two cores, with sender activity, one-minute sums, a ' +
    'row for every record and a checkpoint a second. Spark counts an event as in its sink when its batch is committed, ours when the row is ' +
    "acknowledged. Spark's memory is the JVM's alone",
  figures: Object.entries(MEASURES).flatMap(([name, { what, unit, better }]) =>
    SIDES.map((side): FigureSpec => ({ name: `peers-${name}-${side}`, what: `${side}: ${what}`, unit, better })),
  ),
  repeats: 1,
  sizes: { events: 1_000_000, partitions: 4, accounts: 20_000, recordsPerBatch: 100_000 },
  smoke: { events: 8_000, partitions: 2, accounts: 100, recordsPerBatch: 2_000 },
  inAll: false,
  async run({ sizes, repeats, say, sample }) {
    const spark = await obtainSpark(say);
    await using parts = await RealParts.start(say);
    const topic = await fill(parts, sizes, say);
    for (let repeat = 1; repeat <= repeats; repeat += 1) {
      const sides = {
        spark: await sparkSide(parts, spark, { ...sizes, topic, repeat }, say),
        provenonce: await ourSide(parts, { ...sizes, topic, repeat }),
      };
      for (const name of SIDES) {
        const side = sides[name];
        sample(
          Object.fromEntries(
            Object.entries(MEASURES).map(([of, measure]) => [`peers-${of}-${name}`, measure.of(side)]),
          ),
        );
        say(
          `repeat ${repeat}, ${name}: ${Math.round(side.wholePerSecond)} events/s, ${Math.round(side.runningPerSecond)} after the first, start ` +
            `${Math.round(side.startMs)} ms, after kill -9 ${Math.round(side.recoverMs)} ms, ${Math.round(side.peakMb)} MB`,
        );
      }
    }
  },
});

interface Turn {
  readonly topic: string;
  readonly repeat: number;
  readonly events: number;
  readonly recordsPerBatch: number;
}

async function sparkSide(parts: RealParts, spark: Spark, turn: Turn, say: (text: string) => void): Promise<Side> {
  const { events, topic, recordsPerBatch } = turn;
  const job = (folder: string) =>
    new SparkJob({
      spark,
      bootstrapServers: parts.endpoints.kafkaBootstrapServers,
      topic,
      folder: path.join(parts.folder, `spark-${turn.repeat}-${folder}`),
      expected: events,
      recordsPerBatch,
      say,
    });
  const whole = job('whole');
  const first = await whole.until(1);
  const last = await whole.until(events);
  await whole.exited;
  const toKill = job('killed');
  await toKill.until(Math.floor(events / 4));
  const killedAtMs = performance.now();
  await toKill.kill();
  const again = job('killed');
  const { atMs } = await again.until(1);
  await again.kill();
  return {
    wholePerSecond: (1_000 * events) / (last.atMs - whole.startedAtMs),
    runningPerSecond: (1_000 * (events - first.read)) / (last.atMs - first.atMs),
    startMs: first.atMs - whole.startedAtMs,
    recoverMs: atMs - killedAtMs,
    peakMb: whole.peakMb,
  };
}

async function ourSide(parts: RealParts, { topic, repeat, events }: Turn): Promise<Side> {
  const whole = parts.process({ topic, dataset: parts.name(`peers_whole_${repeat}`) });
  const first = await whole.untilDurable(1, TIMEOUT_MS, LOOK_EVERY_MS);
  const last = await whole.untilDurable(events, TIMEOUT_MS);
  const peakMb = whole.peakMb();
  await whole.stop();
  const dataset = parts.name(`peers_killed_${repeat}`);
  // A short session, the setting for a quick restart; Spark has no group to wait for.
  const spec = { topic, dataset, settings: { KAFKA_SESSION_TIMEOUT: '6s' } };
  const toKill = parts.process(spec);
  await toKill.untilDurable(Math.floor(events / 4), TIMEOUT_MS);
  const killedAtMs = performance.now();
  await toKill.kill();
  const again = parts.process(spec);
  const { atMs } = await again.untilDurable(1, TIMEOUT_MS, LOOK_EVERY_MS);
  await again.kill();
  return {
    wholePerSecond: (1_000 * events) / (last.atMs - whole.startedAtMs),
    runningPerSecond: (1_000 * (events - first.durable)) / (last.atMs - first.atMs),
    startMs: first.atMs - whole.startedAtMs,
    recoverMs: atMs - killedAtMs,
    peakMb,
  };
}
