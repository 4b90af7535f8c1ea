/**
 * From produced to visible to a query, at a steady rate, on the emulator: every record's own Kafka timestamp against
 * the end of the first query that shows its offset, or a later one of its partition, in payment_transactions.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { quotedTable } from '../src/sinks/bigquery/identifiers.ts';
import type { BigQuerySink } from '../src/sinks/bigquery/open-sink.ts';
import { defineBenchmark } from './harness/benchmark.ts';
import { latencySummary } from './parts/percentile.ts';
import { ProgressLog } from './parts/progress-log.ts';
import { RealParts } from './parts/real-parts.ts';

const QUERY_EVERY_MS = 25;

interface LatencySizes {
  /** Events a second. */
  readonly rate: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly partitions: number;
}

export const benchmark = defineBenchmark({
  name: 'latency',
  what: 'produced to visible to a query, at a steady rate, emulator',
  limits:
    'queries follow each other without end, and a record counts from its Kafka timestamp to the end of the first query that shows it: the ' +
    'query itself (told apart) and the pause before it are in the figure; the first seconds are left out; default settings',
  figures: [
    {
      name: 'latency',
      what: 'produced to visible to a query, 99th percentile, at 1,000 events/s, emulator',
      unit: 'ms',
      must: 2_000,
      aim: 500,
      better: 'less',
    },
  ],
  repeats: 2,
  sizes: { rate: 1_000, seconds: 40, warmUpSeconds: 5, partitions: 4 },
  smoke: { rate: 200, seconds: 2, warmUpSeconds: 1, partitions: 2 },
  async run({ sizes, repeats, say, sample, detail }) {
    await using parts = await RealParts.start(say);
    for (let repeat = 1; repeat <= repeats; repeat += 1) {
      const measured = await once(parts, sizes, parts.name(`latency_${repeat}`));
      sample({ latency: measured.visibleMs.p99 });
      detail({ [`run ${repeat}`]: measured });
      const { p50, p99 } = measured.visibleMs;
      say(`repeat ${repeat} of ${repeats}: p50 ${p50} ms, p99 ${p99} ms`);
    }
  },
});

async function once(parts: RealParts, { rate, seconds, warmUpSeconds, partitions }: LatencySizes, name: string) {
  const count = rate * seconds;
  await parts.simulate(name, ['--count', '1', '--partitions', String(partitions)]); // makes the topic
  const processor = parts.process({ topic: name, dataset: name });
  await processor.running;
  const fromMs = Date.now() + 1_000 * warmUpSeconds;
  const sending = parts.simulate(name, ['--count', String(count), '--rate', String(rate), '--seed', '2']);
  const log = new ProgressLog();
  const queries: number[] = [];
  const sink = parts.sink(name);
  let sent = false;
  const done = sending.finally(() => {
    sent = true;
  });
  done.catch(() => {});
  for (let settled = false; !settled; ) {
    const askedMs = Date.now();
    const seen = await visible(sink);
    log.add(Date.now(), seen);
    queries.push(Date.now() - askedMs);
    // The last rows may not be payments: everything durable counts as seen at the look after that.
    settled = sent && (await processor.scrape()).durable >= count + 1;
    if (!settled) await sleep(QUERY_EVERY_MS);
  }
  await done;
  const ends = await parts.endOffsets(name);
  log.add(Date.now(), ends);
  const latencies = await log.latenciesMs(parts.connection, name, fromMs);
  await processor.stop();
  return { visibleMs: latencySummary(latencies), queryMs: latencySummary(queries) };
}

/** By partition, one past the greatest offset in the table. */
async function visible(sink: BigQuerySink): Promise<Map<number, number>> {
  const rows = await sink.queries.runQuery(
    `SELECT kafka_partition AS p, MAX(kafka_offset) AS o FROM ${quotedTable(sink.dataset, 'payment_transactions')} GROUP BY p`,
  );
  return new Map(rows.map(({ p, o }) => [Number(p), Number(o) + 1]));
}
