/**
 * The whole production path, `provenonce process` as an operator runs it, from a real broker to a sink that
 * acknowledges at once: fetch, fold, encode, gRPC, checkpoints and the state on disk. Ownership and schema are on the
 * real emulator. It leaves out the sink's own speed.
 */
import { defineBenchmark } from './harness/benchmark.ts';
import { type AcknowledgingSink, startAcknowledgingSink } from './parts/acknowledging-sink.ts';
import { RealParts } from './parts/real-parts.ts';

const TIMEOUT_MS = 300_000;

export const benchmark = defineBenchmark({
  name: 'pipeline',
  what: 'real broker to the full pipeline in one process to a sink that acknowledges at once; resident set of that process',
  limits:
    'events waiting in the broker; time from the first partition that runs to the last row acknowledged; broker, processor and sink (a ' +
    'gRPC server in a process of its own that takes the same bytes and keeps nothing) share the cores; memory is the peak of the kernel',
  figures: [
    {
      name: 'pipeline',
      what: 'real broker to the full pipeline to a sink that acknowledges at once, one process',
      unit: 'events/s',
      must: 100_000,
      aim: 150_000,
      better: 'more',
    },
    {
      name: 'memory',
      what: 'peak resident set in `pipeline`',
      unit: 'MB',
      must: 350,
      aim: 250,
      better: 'less',
      judged: 'worst',
    },
  ],
  repeats: 3,
  sizes: { events: 1_000_000, partitions: 4, accounts: 20_000 },
  smoke: { events: 1_000, partitions: 2, accounts: 100 },
  async run({ sizes, repeats, say, sample, detail }) {
    await using parts = await RealParts.start(say);
    await using sink = await startAcknowledgingSink();
    const topic = await fill(parts, sizes, say);
    for (let repeat = 1; repeat <= repeats; repeat += 1) {
      const measured = await drainOnce(
        parts,
        acknowledgedBy(sink),
        topic,
        parts.name(`pipeline_${repeat}`),
        sizes.events,
      );
      sample({ pipeline: measured.perSecond, memory: measured.peakMb });
      detail({ [`run ${repeat}`]: measured });
      say(
        `repeat ${repeat} of ${repeats}: ${Math.round(measured.perSecond)} events a second, ${Math.round(measured.peakMb)} MB`,
      );
    }
  },
});

export async function fill(
  parts: RealParts,
  { events, partitions, accounts }: { events: number; partitions: number; accounts: number },
  say: (text: string) => void,
): Promise<string> {
  const topic = parts.name('events');
  const sent = await parts.simulate(topic, [
    ...['--count', String(events), '--partitions', String(partitions), '--accounts', String(accounts)],
    ...['--hot-accounts', '4', '--hot-share', '0.01'],
  ]);
  say(`${sent.acked} events in the broker, produced at ${Math.round(sent.eventsPerSecond)}/s`);
  return topic;
}

/** The settings of a processor whose rows go to a sink that acknowledges at once. */
export function acknowledgedBy(sink: AcknowledgingSink): Readonly<Record<string, string>> {
  return { BIGQUERY_STORAGE_EMULATOR_HOST: sink.address };
}

/** From nothing to everything acknowledged: fresh tables, group and local state. */
export async function drainOnce(
  parts: RealParts,
  settings: Readonly<Record<string, string>>,
  topic: string,
  dataset: string,
  events: number,
) {
  const processor = parts.process({ topic, dataset, settings });
  const runningAtMs = await processor.running;
  const last = await processor.untilDurable(events, TIMEOUT_MS);
  const peakMb = processor.peakMb();
  const tookMs = last.atMs - runningAtMs;
  await processor.stop();
  return {
    perSecond: (1_000 * events) / tookMs,
    peakMb,
    tookMs: Math.round(tookMs),
    startMs: Math.round(runningAtMs - processor.startedAtMs),
    cpuSeconds: last.cpuSeconds,
    rows: last.rows,
  };
}
