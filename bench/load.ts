/**
 * Everything on one machine under a steady load: load generator, broker, processor and emulator, each in its own
 * process. The rate is sustained if nothing grows over the last three fifths of the time (neither the records that were
 * offered and are not in the tables, nor the state), and if `verify` passes at the end.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { systemRuntime } from '../src/base/system-runtime.ts';
import { realInputs } from '../src/checks/inputs/real-inputs.ts';
import { verify } from '../src/checks/verify.ts';
import { defineBenchmark } from './harness/benchmark.ts';
import { FLATNESS, judgeLoad, type LoadLook } from './parts/flatness.ts';
import { latencySummary } from './parts/percentile.ts';
import { ProgressLog } from './parts/progress-log.ts';
import { RealParts } from './parts/real-parts.ts';
import { residentMb } from './parts/watched-processor.ts';

const LOOK_EVERY_MS = 250;
const SETTLE_TIMEOUT_MS = 120_000;
const SAY_EVERY_MS = 30_000;
const MINUTE_MS = 60_000;

interface LoadSizes {
  /** Payments offered a second. */
  readonly rate: number;
  readonly minutes: number;
  readonly partitions: number;
  readonly accounts: number;
  /** WATERMARK_DELAY: how long an id is remembered. */
  readonly delaySeconds: number;
}

export const benchmark = defineBenchmark({
  name: 'load',
  what: 'payments at a fixed rate to everything on this machine, watermark delay 1 minute, verify at the end',
  limits:
    `the offered rate where it was sustained, else what was processed: ${FLATNESS}; latency from a record's Kafka timestamp until a ` +
    'checkpoint covers it (one a second), looked at four times a second from outside, first minute left out',
  figures: [
    {
      name: 'load',
      what: 'payments a second sustained by simulator, broker, processor and emulator on this machine',
      unit: 'events/s',
      must: 10_000,
      aim: 20_000,
      better: 'more',
    },
    {
      name: 'load-state',
      what: 'remembered ids under that load, second half of the last 3 minutes against the first',
      unit: '%',
      must: 110,
      better: 'less',
    },
    {
      name: 'load-latency',
      what: 'produced to covered by a checkpoint under that load, 99th percentile',
      unit: 'ms',
      better: 'less',
    },
  ],
  repeats: 1,
  sizes: { rate: 10_000, minutes: 5, partitions: 4, accounts: 20_000, delaySeconds: 60 },
  smoke: { rate: 200, minutes: 0.2, partitions: 2, accounts: 100, delaySeconds: 60 },
  async run({ sizes, repeats, say, sample, detail }) {
    await using parts = await RealParts.start(say);
    for (let repeat = 1; repeat <= repeats; repeat += 1) {
      const { sustained, facts } = await loadOnce(parts, sizes, parts.name(`load_${repeat}`), say);
      sample({ load: sustained, 'load-state': facts.statePercent, 'load-latency': facts.latencyMs.p99 });
      detail({ [`run ${repeat}`]: facts });
    }
  },
});

async function loadOnce(parts: RealParts, sizes: LoadSizes, name: string, say: (text: string) => void) {
  const { rate, minutes, partitions, accounts, delaySeconds } = sizes;
  const delay = `${delaySeconds}s`;
  const count = Math.round(rate * minutes * 60);
  await parts.simulate(name, ['--count', '1', '--partitions', String(partitions)]); // makes the topic
  const processor = parts.process({
    topic: name,
    dataset: name,
    settings: { WATERMARK_DELAY: delay, ACCEPT_CLOCK_RISK: 'true' },
  });
  await processor.running;
  const progress = new ProgressLog();
  const looks: LoadLook[] = [];
  const startedAtMs = Date.now();
  let sent = false;
  const sending = parts
    .simulate(name, [
      ...['--count', String(count), '--rate', String(rate), '--seed', '2', '--accounts', String(accounts)],
      ...['--span', `${Math.round(minutes * MINUTE_MS)}ms`, '--watermark-delay', delay, '--hot-share', '0.01'],
    ])
    .finally(() => {
      sent = true;
    });
  sending.catch(() => {});
  let saidMs = 0;
  await using ends = await parts.watchEnds(name);
  while (!sent) {
    const offered = sumOf(await ends.now());
    const scrape = await processor.scrape();
    const atMs = Date.now();
    progress.add(atMs, scrape.checkpoints);
    const look: LoadLook = {
      atMs: atMs - startedAtMs,
      offered,
      lag: Math.max(0, offered - scrape.durable),
      durable: scrape.durable,
      stateIds: scrape.stateIds,
      stateBytes: scrape.stateBytes,
      residentMb: processor.residentMb(),
      anonymousMb: processor.residentMb('RssAnon'),
      emulatorMb: parts.emulatorPid === undefined ? 0 : residentMb(parts.emulatorPid, 'VmRSS'),
    };
    looks.push(look);
    if (look.atMs - saidMs >= SAY_EVERY_MS) {
      saidMs = look.atMs;
      say(
        `${Math.round(look.atMs / 1_000)} s: ${look.durable} of ${look.offered} in the tables, ${look.stateIds} ids, ${Math.round(look.residentMb)} MB, of which ${Math.round(look.anonymousMb)} in no file`,
      );
    }
    await sleep(LOOK_EVERY_MS);
  }
  const summary = await sending;
  await processor.untilDurable(count + 1, SETTLE_TIMEOUT_MS, LOOK_EVERY_MS);
  await processor.stop();
  progress.add(Date.now(), await ends.now());
  const judged = judgeLoad(looks, rate, minutes * MINUTE_MS);
  const latencies = await progress.latenciesMs(
    parts.connection,
    name,
    startedAtMs + Math.min(MINUTE_MS, minutes * 12_000),
  );
  say('verifying');
  const verifyFromMs = performance.now();
  const inputs = realInputs({ topic: name, kafka: parts.connection, sink: parts.sink(name), runtime: systemRuntime });
  const { verdict, guarantees } = await verify(inputs, {
    onProgress: ({ recordsChecked }) => sayChecked(recordsChecked, say),
  });
  if (verdict !== 'PASS') throw new Error(`verify says ${verdict}: ${JSON.stringify(guarantees)}`);
  const facts = {
    offeredPerSecond: Math.round(summary.eventsPerSecond),
    ...judged,
    latencyMs: latencySummary(latencies),
    verify: verdict,
    verifySeconds: Math.round((performance.now() - verifyFromMs) / 1_000),
    minuteByMinute: minuteByMinute(looks),
  };
  return { sustained: judged.sustainedPerSecond, facts };
}

function sayChecked(records: number, say: (text: string) => void): void {
  if (records % 500_000 === 0) say(`${records} records of a partition verified`);
}

/** The last look of each minute. */
function minuteByMinute(looks: readonly LoadLook[]) {
  const last = new Map(looks.map((look) => [Math.floor(look.atMs / MINUTE_MS), look]));
  return [...last.values()].map(
    ({ atMs, lag, stateIds, stateBytes, residentMb: processorMb, anonymousMb, emulatorMb }) => ({
      second: Math.round(atMs / 1_000),
      lag,
      stateIds,
      stateMb: Math.round(stateBytes / 1e6),
      processorMb: Math.round(processorMb),
      processorAnonymousMb: Math.round(anonymousMb),
      emulatorMb: Math.round(emulatorMb),
    }),
  );
}

function sumOf(ends: ReadonlyMap<number, number>): number {
  return [...ends.values()].reduce((total, end) => total + end, 0);
}
