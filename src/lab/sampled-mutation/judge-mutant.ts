/**
 * One mutant against everything that could notice it, cheapest first, until something does. What takes many times as long as
 * in the code as it is counts as noticed too, and is reported as a timeout; so does a process that dies.
 */
import path from 'node:path';
import type { Baseline, ProbePlan } from './baseline.ts';
import { type ChoiceLimits, type ChosenTests, chooseTests, type Kind } from './choose-tests.ts';
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
  /** Left out: no contract tests. */
  readonly contractSession?: SessionProcess;
  readonly limits: ChoiceLimits;
  /** Of the simulated world; default: this checkout's. */
  readonly simulation?: typeof simulate;
  /** What a busy machine may add to five times of what a test takes; default: ten seconds. */
  readonly limitMoreMs?: number;
}

/** Times what it takes in the code as it is. */
const LIMIT_FACTOR = 5;
const LIMIT_MORE_MS = 10_000;
/** A broker and an emulator may have to be started first. */
const PARTS_START_MS = 20_000;

export async function judge(mutant: Drawn, means: JudgeMeans): Promise<Judgement> {
  const { baseline, plan, limits, contractSession } = means;
  const { tests, inSimulation } = chooseTests(mutant, baseline, plan, limits);
  const [contract, others] = [true, false].map((wanted) =>
    tests.filter(({ kind }) => (kind === 'contract') === wanted),
  );
  const steps = [
    () => judgeByTests(mutant, others!, means.session, means),
    () => (inSimulation ? judgeBySimulation(mutant, means) : undefined),
    () => (contractSession === undefined ? undefined : judgeByTests(mutant, contract!, contractSession, means)),
  ];
  let tried = 0;
  for (const step of steps) {
    const judgement = await step();
    tried += judgement?.tried ?? 0;
    if (judgement?.verdict === 'killed') return { ...judgement, tried };
  }
  return { verdict: 'survived', tried };
}

async function judgeByTests(
  mutant: Drawn,
  tests: readonly ChosenTests[],
  session: SessionProcess,
  means: JudgeMeans,
): Promise<Judgement> {
  let tried = 0;
  for (const { kind, file, ids, ms } of tests) {
    const startMs = kind === 'contract' ? PARTS_START_MS : 0;
    const run = await session.run(
      { mutant, wanted: [{ file: path.join(means.root, file), ids }] },
      limitMs(ms + startMs, means),
    );
    tried += ids.length;
    if (typeof run === 'string') return { verdict: 'killed', by: kind, how: run, where: file, tried };
    const [failed] = run.failed;
    if (failed === undefined) continue;
    const how = /timed out in \d+ms/.test(failed.message) ? 'timeout' : 'failed';
    const by = /Property failed after/.test(failed.message) ? 'property' : kind;
    return { verdict: 'killed', by, how, where: `${file} > ${failed.name}: ${oneLine(failed.message)}`, tried };
  }
  return { verdict: 'survived', tried };
}

async function judgeBySimulation(mutant: Drawn, means: JudgeMeans): Promise<Judgement> {
  const { root, baseline, limits, simulation = simulate } = means;
  const run = await simulation({ root, mutant, ...limits.simulation }, limitMs(baseline.simulation.ms, means));
  const killed = { verdict: 'killed', by: 'simulation' } as const;
  if (run === 'timeout') return { ...killed, how: 'timeout', where: 'simulated world', tried: 1 };
  if ('died' in run) return { ...killed, how: 'died', where: run.died, tried: 1 };
  if (run.found === undefined) return { verdict: 'survived', tried: run.runs };
  return { ...killed, how: 'failed', where: run.found, tried: run.runs };
}

function limitMs(ms: number, { limitMoreMs = LIMIT_MORE_MS }: JudgeMeans): number {
  return ms * LIMIT_FACTOR + limitMoreMs;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, 160);
}
