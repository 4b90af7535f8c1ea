/**
 * How many simulated runs a minute one core does: drawing, running and judging a case, in one thread. A run counts only if
 * it has at least 200 records, two processors and three faults that fired, and passed.
 */
import { caseSeed } from '../src/lab/explore/run-chunk.ts';
import { drawCase } from '../src/lab/sim/draw-case.ts';
import { runCase } from '../src/lab/sim/sim-case.ts';
import type { Bench } from './main.ts';

const LEAST = { records: 200, processes: 2, faultsFired: 3, runsPerMinute: 1_000 } as const;
const REPEATS = 5;
const COUNTED_PER_REPEAT = 100;
const WARM_UP_RUNS = 30;
const SEED = 1;

interface Repeat {
  readonly counted: number;
  readonly ran: number;
  readonly records: number;
  readonly faultsFired: number;
  /** Wall clock, other work of the machine included. */
  readonly wallMs: number;
  /** Of this process alone, all its threads. */
  readonly cpuMs: number;
}

export const bench: Bench = {
  async run(say) {
    for (let run = 0; run < WARM_UP_RUNS; run++) await runCase(drawCase(caseSeed(SEED + 1, run)));
    const repeats: Repeat[] = [];
    let nextRun = 0;
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      const measured = await measure(nextRun);
      nextRun += measured.ran;
      repeats.push(measured);
      say(`repeat ${repeat + 1} of ${REPEATS}: ${perMinute(measured.counted, measured.wallMs)} runs a minute`);
    }
    const wall = spread(repeats.map(({ counted, wallMs }) => perMinute(counted, wallMs)));
    const cpu = spread(repeats.map(({ counted, cpuMs }) => perMinute(counted, cpuMs)));
    const reached = wall.median >= LEAST.runsPerMinute;
    const document = { bench: 'explore', least: LEAST, reached, runsPerMinute: wall, runsPerCpuMinute: cpu, repeats };
    const text = [
      `simulated runs a minute on one core, of at least ${LEAST.records} records, ${LEAST.processes} processors, ` +
        `${LEAST.faultsFired} faults fired (${REPEATS} times ${COUNTED_PER_REPEAT} runs):`,
      `  by the wall clock    min ${wall.min}, median ${wall.median}, max ${wall.max}`,
      `  by processor time    min ${cpu.min}, median ${cpu.median}, max ${cpu.max}`,
      `  ${reached ? 'reached' : 'MISSED'}: at least ${LEAST.runsPerMinute} are asked for`,
    ].join('\n');
    return { document, text, reached };
  },
};

/** The time of runs that do not count is counted too. */
async function measure(fromRun: number): Promise<Repeat> {
  const startedMs = performance.now();
  const startedCpu = process.cpuUsage();
  let counted = 0;
  let records = 0;
  let faultsFired = 0;
  let run = fromRun;
  for (; counted < COUNTED_PER_REPEAT; run++) {
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

function spread(values: readonly number[]): { min: number; median: number; max: number } {
  const ascending = values.toSorted((a, b) => a - b);
  return {
    min: ascending[0] as number,
    median: ascending[Math.floor(ascending.length / 2)] as number,
    max: ascending.at(-1) as number,
  };
}
