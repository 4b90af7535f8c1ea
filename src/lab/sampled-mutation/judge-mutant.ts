/**
 * One mutant against everything that could notice it, cheapest first, until something does. What takes many times as long as
 * in the code as it is counts as noticed too, and is told as a timeout; so does a process that dies.
 */
import path from 'node:path';
import type { Baseline, ProbePlan } from './baseline.ts';
import { type ChoiceLimits, chooseTests, type Kind } from './choose-tests.ts';
import type { Drawn } from './draw-sample.ts';
import type { SessionProcess } from './session-process.ts';
import { simulate } from './start-simulation.ts';

export interface Judgement {
  readonly verdict: 'killed' | 'survived';
  /** Only where killed. A property is a test that draws its inputs. */
  readonly by?: Kind | 'property';
  readonly how?: 'failed' | 'timeout' | 'died';
  /** The test, or the run of the simulated world, and what it said. */
  readonly where?: string;
  /** Tests and runs that it was tried against; 0: nothing reaches it. */
  readonly tried: number;
}

export interface JudgeMeans {
  readonly root: string;
  readonly baseline: Baseline;
  readonly plan: ProbePlan;
  readonly session: SessionProcess;
  readonly limits: ChoiceLimits;
  /** Of the simulated world; default: this checkout's. */
  readonly simulation?: typeof simulate;
  /** What a busy machine may add to five times of what a test takes; default: ten seconds. */
  readonly limitMoreMs?: number;
}

/** Times what it takes in the code as it is. */
const LIMIT_FACTOR = 5;
const LIMIT_MORE_MS = 10_000;

export async function judge(mutant: Drawn, means: JudgeMeans): Promise<Judgement> {
  const { root, baseline, plan, session, limits, simulation = simulate, limitMoreMs = LIMIT_MORE_MS } = means;
  const limitMs = (ms: number): number => ms * LIMIT_FACTOR + limitMoreMs;
  const { tests, inSimulation } = chooseTests(mutant, baseline, plan, limits);
  let tried = 0;
  for (const { kind, file, ids, ms } of tests) {
    const wanted = [{ file: path.join(root, file), ids }];
    const run = await session.run({ mutant, wanted }, limitMs(ms));
    tried += ids.length;
    if (typeof run === 'string') return { verdict: 'killed', by: kind, how: run, where: file, tried };
    const [failed] = run.failed;
    if (failed === undefined) continue;
    const how = /timed out in \d+ms/.test(failed.message) ? 'timeout' : 'failed';
    const by = /Property failed after/.test(failed.message) ? 'property' : kind;
    return { verdict: 'killed', by, how, where: `${file} > ${failed.name}: ${oneLine(failed.message)}`, tried };
  }
  if (!inSimulation) return { verdict: 'survived', tried };
  const run = await simulation({ root, mutant, ...limits.simulation }, limitMs(baseline.simulation.ms));
  if (run === 'timeout')
    return { verdict: 'killed', by: 'simulation', how: 'timeout', where: 'simulated world', tried };
  if ('died' in run) return { verdict: 'killed', by: 'simulation', how: 'died', where: run.died, tried };
  tried += run.runs;
  if (run.found === undefined) return { verdict: 'survived', tried };
  return { verdict: 'killed', by: 'simulation', how: 'failed', where: run.found, tried };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, 160);
}
