/**
 * `provenonce verify` over a topic and over one three times as long, each in its own process as an operator starts it:
 * its speed, and its memory, which must not depend on the length.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { ENTRY, LAUNCH_ENV, NODE_FLAGS } from '../src/base/launch.ts';
import type { VerifyReport } from '../src/checks/verify.ts';
import { defineBenchmark } from './harness/benchmark.ts';
import { endsWithUs } from './parts/children.ts';
import { RealParts } from './parts/real-parts.ts';
import { residentMb } from './parts/watched-processor.ts';

const PROVENONCE = path.join(import.meta.dirname, '..', ENTRY);
const LOOK_EVERY_MS = 100;
/** Bounds for what is not measured, and for what is: a slower machine proves nothing. */
const LEAST_PER_SECOND = 2_000;
const GRACE_MS = 120_000;

interface VerifySizes {
  /** Records of the topics, ascending. */
  readonly records: readonly number[];
  /** Records to a second of event time, so that equally many ids and activity entries live in each. */
  readonly perSecond: number;
  readonly partitions: number;
  readonly accounts: number;
  /** WATERMARK_DELAY: how long an id is remembered. */
  readonly delaySeconds: number;
}

interface Verified {
  readonly records: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly peakMb: number;
}

export const benchmark = defineBenchmark({
  name: 'verify',
  what: '`provenonce verify` of two topics, the second three times as long, with copies, late and malformed records',
  limits:
    'processor time of one thread, which reads, judges and compares every record; the event times are as dense in both, so that ' +
    'as many ids live: memory is theirs, and the pages of rows on their way',
  figures: [
    {
      name: 'verify',
      what: 'records verified a second, the longer topic',
      unit: 'records/s',
      must: 15_000,
      aim: 22_000,
      better: 'more',
    },
    {
      name: 'verify-rate-kept',
      what: 'that rate against the one on the shorter topic',
      unit: '%',
      must: 90,
      better: 'more',
    },
    {
      name: 'verify-memory',
      what: 'peak resident set of verify, the larger of both',
      unit: 'MB',
      must: 600,
      better: 'less',
    },
    {
      name: 'verify-memory-growth',
      what: 'the peak on the longer topic against the one on the shorter',
      unit: '%',
      must: 110,
      better: 'less',
    },
  ],
  repeats: 1,
  sizes: { records: [2_000_000, 6_000_000], perSecond: 250, partitions: 4, accounts: 20_000, delaySeconds: 60 },
  smoke: { records: [2_000, 6_000], perSecond: 5, partitions: 2, accounts: 50, delaySeconds: 60 },
  async run({ sizes, repeats, say, sample, detail }) {
    for (let repeat = 1; repeat <= repeats; repeat += 1) {
      const verified: Verified[] = [];
      for (const [index, records] of sizes.records.entries()) {
        // Its own broker and emulator: data that one topic leaves in their memory would slow the next one's queries.
        await using parts = await RealParts.start(say);
        const name = parts.name(`verify_${repeat}_${index}`);
        await fill(parts, name, records, sizes, say);
        verified.push(await verifyOnce(parts, name, records, say));
      }
      const [shorter, longer] = [verified[0]!, verified.at(-1)!];
      sample({
        verify: longer.perSecond,
        'verify-rate-kept': (100 * longer.perSecond) / shorter.perSecond,
        'verify-memory': Math.max(...verified.map(({ peakMb }) => peakMb)),
        'verify-memory-growth': (100 * longer.peakMb) / shorter.peakMb,
      });
      detail({ [`run ${repeat}`]: verified });
    }
  },
});

async function fill(
  parts: RealParts,
  name: string,
  records: number,
  { perSecond, partitions, accounts, delaySeconds }: VerifySizes,
  say: (text: string) => void,
): Promise<void> {
  const delay = `${delaySeconds}s`;
  await parts.simulate(name, [
    ...['--count', String(records), '--seed', '7', '--partitions', String(partitions), '--accounts', String(accounts)],
    ...['--span', `${Math.ceil(records / perSecond)}s`, '--watermark-delay', delay, '--hot-share', '0.01'],
  ]);
  say(`${records} records sent`);
  const flags = ['--until-caught-up'];
  const { child } = parts.process({
    topic: name,
    dataset: name,
    flags,
    settings: { WATERMARK_DELAY: delay, ACCEPT_CLOCK_RISK: 'true' },
  });
  const { code } = await child.waitForExit(limitMs(records));
  if (code !== 0) throw new Error(`the processor ended with ${code}:\n${child.tail}`);
  say(`${records} records processed`);
}

async function verifyOnce(
  parts: RealParts,
  name: string,
  records: number,
  say: (text: string) => void,
): Promise<Verified> {
  const { endpoints } = parts;
  const startedMs = performance.now();
  const child = spawn(process.execPath, [...NODE_FLAGS, PROVENONCE, 'verify', '--json'], {
    env: {
      ...process.env,
      ...LAUNCH_ENV,
      KAFKA_BOOTSTRAP_SERVERS: endpoints.kafkaBootstrapServers,
      KAFKA_TOPIC_PAYMENTS: name,
      BIGQUERY_PROJECT: endpoints.projectId,
      BIGQUERY_DATASET: name,
      BIGQUERY_EMULATOR_HOST: endpoints.bigqueryEmulatorHost,
      BIGQUERY_STORAGE_EMULATOR_HOST: endpoints.bigqueryStorageEmulatorHost,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limitMs(records),
  });
  let isOver = false;
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve)).finally(() => {
    isOver = true;
  });
  endsWithUs(child.pid, exited);
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  let peakMb = 0;
  while (!isOver) {
    try {
      peakMb = Math.max(peakMb, residentMb(child.pid!, 'VmHWM'));
    } catch {
      // It ended between two looks.
    }
    await sleep(LOOK_EVERY_MS);
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  const [said, problems] = await output;
  const code = await exited;
  if (code !== 0)
    throw new Error(`verify of ${records} records ended with ${code}:\n${said.slice(0, 4_000)}${problems}`);
  const { partitions } = JSON.parse(said) as VerifyReport;
  const checked = partitions.reduce((sum, { recordsChecked }) => sum + recordsChecked, 0);
  if (checked !== records) throw new Error(`verify checked ${checked} of ${records} records`);
  const verified = { records, seconds, perSecond: records / seconds, peakMb };
  say(
    `${records} records verified in ${seconds.toFixed(1)} s (${Math.round(verified.perSecond)}/s), peak ${Math.round(peakMb)} MB`,
  );
  return verified;
}

function limitMs(records: number): number {
  return GRACE_MS + (records / LEAST_PER_SECOND) * 1_000;
}
