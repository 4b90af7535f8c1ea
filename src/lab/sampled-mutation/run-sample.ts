/** Draws a sample of mutants and judges each, several at a time where asked; what was judged before is not judged again. */
import path from 'node:path';
import { ConfigurationError } from '../../base/errors.ts';
import { type Baseline, measure, ProbePlan, readBaseline, writeBaseline } from './baseline.ts';
import type { ChoiceLimits } from './choose-tests.ts';
import { type Drawn, drawSample, mutantsOfRoom } from './draw-sample.ts';
import { type JudgeMeans, judge } from './judge-mutant.ts';
import type { Room } from './mutable-places.ts';
import { appendResult, type MutantResult, readResults } from './results-file.ts';
import { SessionProcess } from './session-process.ts';

export const ROOT = path.join(import.meta.dirname, '..', '..', '..');
/** Of a test that a mutant keeps waiting. Tests that take longer as it is are not chosen, or have a limit of their own. */
const TEST_TIMEOUT_MS = 12_000;
const CONTRACT_TEST_TIMEOUT_MS = 60_000;

export interface SampleOptions {
  readonly root: string;
  readonly rooms: readonly Room[];
  readonly count: number;
  readonly seed: number;
  readonly jobs: number;
  /** Results are appended here. */
  readonly resultsFile: string;
  readonly baselineFile: string;
  /** These ids alone, whether they were judged before or not. */
  readonly only?: readonly string[];
  readonly limits: ChoiceLimits;
  /** What nothing else notices meets contract tests too, on a broker and an emulator. */
  readonly contract?: boolean;
  readonly simulation?: JudgeMeans['simulation'];
  readonly limitMoreMs?: number;
  readonly nowMs: () => number;
  readonly onMeasure?: (file: string) => void;
  readonly onBaseline?: (baseline: Baseline) => void;
  readonly onResult?: (result: MutantResult, done: number, all: number) => void;
}

/** All results of the sample, those from before included, in the order of the draw. */
export async function runSample(options: SampleOptions): Promise<MutantResult[]> {
  const { root, resultsFile, baselineFile, only, nowMs, onBaseline = () => {}, onResult = () => {} } = options;
  const drawn = chooseDrawn(options);
  const before = only === undefined ? readResults(resultsFile) : new Map<string, MutantResult>();
  const waiting = drawn.filter(({ id }) => !before.has(id));
  const results = new Map(drawn.flatMap(({ id }) => (before.has(id) ? [[id, before.get(id)!] as const] : [])));
  if (waiting.length > 0) {
    const plan = new ProbePlan(root);
    const known = readBaseline(baselineFile);
    const means = options.simulation === undefined ? {} : { simulation: options.simulation };
    const more = options.limitMoreMs === undefined ? {} : { limitMoreMs: options.limitMoreMs };
    const baseline = await measure({
      root,
      plan,
      nowMs,
      jobs: options.jobs,
      contract: options.contract ?? false,
      ...means,
      save: (soFar) => writeBaseline(baselineFile, soFar),
      ...(known === undefined ? {} : { known }),
      ...(options.onMeasure === undefined ? {} : { onFile: options.onMeasure }),
    });
    writeBaseline(baselineFile, baseline);
    onBaseline(baseline);
    const worker = async (): Promise<void> => {
      const session = new SessionProcess({ root, testTimeoutMs: TEST_TIMEOUT_MS });
      const onParts = new SessionProcess({ root, testTimeoutMs: CONTRACT_TEST_TIMEOUT_MS, contract: true });
      const sessions = options.contract === true ? { session, contractSession: onParts } : { session };
      try {
        for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
          const startedMs = nowMs();
          const judgement = await judge(mutant, {
            root,
            baseline,
            plan,
            ...sessions,
            limits: options.limits,
            ...means,
            ...more,
          });
          const result = appendResult(resultsFile, mutant, judgement, Math.round(nowMs() - startedMs));
          results.set(mutant.id, result);
          onResult(result, results.size, drawn.length);
        }
      } finally {
        session.end();
        onParts.end();
      }
    };
    await Promise.all(Array.from({ length: options.jobs }, worker));
  }
  return drawn.map(({ id }) => results.get(id)!);
}

function chooseDrawn({ root, rooms, count, seed, only }: SampleOptions): Drawn[] {
  const all = rooms.map((room) => mutantsOfRoom(room, root));
  if (only === undefined) return drawSample(all, count, seed);
  const byId = new Map(all.flatMap(({ room, mutants }) => mutants.map((mutant) => [mutant.id, { room, ...mutant }])));
  const missing = only.filter((id) => !byId.has(id));
  if (missing.length > 0) {
    throw new ConfigurationError([`no mutant is called ${missing.join(' or ')}: its statement is another one by now`]);
  }
  return only.map((id) => byId.get(id)!);
}
