/**
 * How many simulated runs a minute one core does: drawing, running and judging a case, in one thread. A run counts only
 * if it has at least 200 records, two processors and three faults that fired, and passed.
 */
import { caseSeed } from '../src/lab/explore/run-chunk.ts';
import { drawCase } from '../src/lab/sim/case/draw-case.ts';
import { runCase } from '../src/lab/sim/case/sim-case.ts';
import { defineBenchmark } from './harness/benchmark.ts';
import { spreadOf } from './harness/spread.ts';

const LEAST = { records: 200, processes: 2, faultsFired: 3 } as const;
const SEED = 1;

interface Repeat {
  readonly counted: number;
  readonly ran: number;
  readonly records: number;
  readonly faultsFired: number;
  /** Wall clock, including other work of the machine. */
  readonly wallMs: number;
  /** Of this process alone, all its threads. */
  readonly cpuMs: number;
}

export const benchmark = defineBenchmark({
  name: 'explore',
  what: 'simulated runs a minute on one core: drawn, run and judged',
  limits: `wall clock, one thread; a run counts with at least ${LEAST.records} records, ${LEAST.processes} processors and ${LEAST.faultsFired} faults that fired`,
  figures: [
    { name: 'explore', what: 'simulated runs a minute on one core', unit: 'runs/min', must: 1_000, better: 'more' },
  ],
  repeats: 5,
  sizes: { runs: 100, warmUpRuns: 30 },
  smoke: { runs: 2, warmUpRuns: 0 },
  async run({ sizes, repeats, say, sample, detail }) {
    for (let run = 0; run < sizes.warmUpRuns; run++) await runCase(drawCase(caseSeed(SEED + 1, run)));
    const measures: Repeat[] = [];
    let nextRun = 0;
    for (let repeat = 1; repeat <= repeats; repeat++) {
      const measured = await measure(nextRun, sizes.runs);
      nextRun += measured.ran;
      measures.push(measured);
      sample({ explore: perMinute(measured.counted, measured.wallMs) });
      say(`repeat ${repeat} of ${repeats}: ${perMinute(measured.counted, measured.wallMs)} runs a minute`);
    }
    const cpu = spreadOf(measures.map(({ counted, cpuMs }) => perMinute(counted, cpuMs)));
    detail({ runsPerMinuteOfProcessorTime: cpu, measures });
  },
});

/** The time of runs that do not count is included. */
async function measure(fromRun: number, runs: number): Promise<Repeat> {
  const startedMs = performance.now();
  const startedCpu = process.cpuUsage();
  let counted = 0;
  let records = 0;
  let faultsFired = 0;
  let run = fromRun;
  for (; counted < runs; run++) {
    const plan = drawCase(caseSeed(SEED, run), { records: LEAST.records });
    const { verdict, fired } = await runCase(plan);
    if (verdict !== 'PASS') throw new Error(`run ${run} of seed ${SEED} did not pass: ${verdict}`);
    const isFull = plan.workload.length >= LEAST.records && plan.processes.length >= LEAST.processes;
    if (!isFull || fired.length < LEAST.faultsFired) continue;
    counted++;
    records += plan.workload.length;
    faultsFired += fired.length;
  }
  const { user, system } = process.cpuUsage(startedCpu);
  const wallMs = performance.now() - startedMs;
  return { counted, ran: run - fromRun, records, faultsFired, wallMs, cpuMs: (user + system) / 1_000 };
}

function perMinute(runs: number, ms: number): number {
  return Math.round((runs / ms) * 60_000);
}
