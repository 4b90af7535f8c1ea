/**
 * Requests, bytes and query jobs for a stream of events and for each kind of start: the subject of quotas and bills.
 * Counts, not times: the same on any machine, except for the size of appends.
 */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { defineBenchmark } from './harness/benchmark.ts';
import { type Asked, AskedOfBigQuery, jobsIn } from './parts/asked-of-bigquery.ts';
import { RealParts } from './parts/real-parts.ts';

const TIMEOUT_MS = 300_000;
const MILLION = 1_000_000;

interface QuotaSizes {
  readonly events: number;
  /** Events that wait at each later start. */
  readonly waiting: number;
  readonly partitions: number;
  readonly accounts: number;
}

const jobs = (name: string, what: string, must: number, aim: number) =>
  ({ name, what, unit: 'jobs', must, aim, better: 'less', judged: 'worst' }) as const;

export const benchmark = defineBenchmark({
  name: 'quota',
  what: 'requests, bytes and query jobs that BigQuery gets, by a stream of events and by starts',
  limits:
    'counted between the processor and the emulator by proxies that pass everything on; one process, default settings; at full speed an ' +
    'append carries what arrived while others were in flight, so a slower sink gets fewer and larger ones',
  figures: [
    {
      name: 'quota-appends',
      what: 'AppendRows requests for a million events that wait in the broker, checkpoints included',
      unit: 'requests',
      must: 2_000,
      aim: 1_000,
      better: 'less',
    },
    {
      name: 'quota-bytes',
      what: 'the same, bytes appended',
      unit: 'MB',
      must: 500,
      aim: 400,
      better: 'less',
    },
    jobs('quota-start', 'query jobs of a start after a clean stop, one process', 10, 7),
    jobs('quota-crash', 'the same after kill -9', 14, 11),
    jobs('quota-rebuild', 'the same with the local state lost', 16, 12),
  ],
  repeats: 1,
  sizes: { events: 200_000, waiting: 20_000, partitions: 4, accounts: 5_000 },
  smoke: { events: 1_000, waiting: 200, partitions: 2, accounts: 100 },
  async run({ sizes, repeats, say, sample, detail }) {
    await using parts = await RealParts.start(say);
    for (let repeat = 1; repeat <= repeats; repeat += 1) {
      const { stream, clean, crash, rebuild } = await once(parts, sizes, parts.name(`quota_${repeat}`), say);
      sample({
        'quota-appends': ((stream.write.AppendRows ?? 0) * MILLION) / sizes.events,
        'quota-bytes': stream.appendedBytes / sizes.events,
        'quota-start': jobsIn(clean),
        'quota-crash': jobsIn(crash),
        'quota-rebuild': jobsIn(rebuild),
      });
      detail({ [`run ${repeat}`]: { 'first start and stream': stream, clean, crash, rebuild } });
    }
  },
});

async function once(parts: RealParts, sizes: QuotaSizes, name: string, say: (text: string) => void) {
  const { events, waiting, partitions, accounts } = sizes;
  await using asked = await AskedOfBigQuery.before(parts.endpoints);
  const sizeOfTopic = ['--partitions', String(partitions), '--accounts', String(accounts)];
  await parts.simulate(name, ['--count', String(events), ...sizeOfTopic]);
  let sends = 0;
  const send = () => parts.simulate(name, ['--count', String(waiting), '--seed', String(100 + sends++)]);
  const start = () => parts.process({ topic: name, dataset: name, settings: asked.settings });
  /** The requests of a start with `waiting` events to process. */
  const startAgain = async (what: string): Promise<Asked> => {
    await send();
    asked.take();
    const processor = start();
    await processor.untilDurable(waiting, TIMEOUT_MS);
    await processor.stop();
    const taken = asked.take();
    say(`${what}: ${jobsIn(taken)} query jobs`);
    return taken;
  };

  const processor = start();
  await processor.running;
  const { bytesByTable } = await processor.untilDurable(events, TIMEOUT_MS);
  await processor.stop();
  const stream = { ...asked.take(), bytesByTable };
  say(`${events} events: ${stream.write.AppendRows} appends, ${Math.round(stream.appendedBytes / 1e6)} MB`);
  const clean = await startAgain('after a clean stop');
  await send();
  const killed = start();
  await killed.untilDurable(waiting / 2, TIMEOUT_MS);
  await killed.kill();
  const crash = await startAgain('after kill -9');
  await rm(path.join(parts.folder, `checkpoint-${name}`), { recursive: true });
  const rebuild = await startAgain('with the checkpoint lost');
  return { stream, clean, crash, rebuild };
}
