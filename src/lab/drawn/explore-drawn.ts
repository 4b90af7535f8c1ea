/**
 * Explores on real parts: runs plans drawn from a seed side by side on one broker and one emulator, until enough have run or a
 * guarantee is broken. A failure is tried in the simulated world first; where it does not show there, it is shrunk on real
 * parts, within bounds.
 *
 * The seed alone decides which plans are drawn. The outcome of a run also depends on the timing of real parts. A plan whose
 * fault did not count is UNKNOWN, and makes the exploration UNKNOWN without ending it.
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Runtime } from '../../base/runtime.ts';
import type { Verdict } from '../../checks/verify.ts';
import { caseSeed } from '../explore/run-chunk.ts';
import type { RealWorldOptions } from '../real/real-world.ts';
import type { RunProgress } from '../run-progress.ts';
import { drawPlan } from './draw-plan.ts';
import { type DrawnPlan, kindOf } from './drawn-plan.ts';
import { type DrawnOutcome, failureText, runDrawnPlan } from './run-drawn-plan.ts';
import { type Shrunk, shrinkDrawn } from './shrink-drawn.ts';

export interface ExploreDrawnOptions {
  readonly infra: RealWorldOptions['infra'];
  readonly seed: number;
  readonly runs: number;
  /** No new run after so long. */
  readonly forMs?: number;
  /** Worlds side by side. */
  readonly jobs: number;
  /** One folder per run. */
  readonly folder: string;
  readonly runtime: Pick<Runtime, 'nowMs'>;
  readonly progress: RunProgress;
  /** How long a failure may be shrunk, in ms. */
  readonly shrinkMs: number;
  readonly mutant?: string;
  readonly signal?: AbortSignal;
  /** Where the plan of a run is saved, when it is not PASS; with what was found. Resolves with the file. */
  readonly save: (run: number, document: object) => Promise<string>;
}

export interface DrawnRunReport {
  /** From 0, as drawn. */
  readonly run: number;
  readonly plan: DrawnPlan;
  readonly outcome: DrawnOutcome;
  /** Its plan, where it did not pass. */
  readonly file: string | undefined;
}

export interface ExploreDrawnReport {
  readonly verdict: Verdict;
  readonly seed: number;
  /** In the order of their numbers. */
  readonly runs: readonly DrawnRunReport[];
  /** SHA-256 over the plans of all runs. */
  readonly digest: string;
  readonly elapsedMs: number;
  readonly failure?: DrawnRunReport & { readonly shrunk: Shrunk; readonly shrunkFile: string };
}

export async function exploreDrawn(options: ExploreDrawnOptions): Promise<ExploreDrawnReport> {
  const { seed, runtime, progress } = options;
  const startedMs = runtime.nowMs();
  const runs = (await runAll(options, startedMs)).sort((a, b) => a.run - b.run);
  const failed = runs.find(({ outcome }) => outcome.verdict === 'FAIL');
  const hash = createHash('sha256');
  for (const { plan } of runs) hash.update(`${JSON.stringify(plan)}\n`);
  const common = { verdict: verdictOf(runs), seed, runs, digest: hash.digest('hex') };
  if (failed === undefined) return { ...common, elapsedMs: runtime.nowMs() - startedMs };
  progress.news(nameOf(failed.run), 'a guarantee is broken: trying it in the simulated world, then smaller');
  const { infra, folder, mutant, shrinkMs } = options;
  const shrunk = await shrinkDrawn(failed.plan, failed.outcome, {
    runtime,
    forMs: shrinkMs,
    ...(mutant === undefined ? {} : { mutant }),
    run: (plan, attempt) => {
      const name = `${nameOf(failed.run)}-smaller-${attempt}`;
      const watch = progress.begin(name, plan.faults.map(kindOf).join(', '));
      return runDrawnPlan(plan, { infra, folder: path.join(folder, name), watch, ...asMutant(options) });
    },
  });
  const shrunkFile = await options.save(
    failed.run,
    documentOf(options, failed.run, failed.outcome, shrunk.plan, failed.plan),
  );
  return { ...common, elapsedMs: runtime.nowMs() - startedMs, failure: { ...failed, shrunk, shrunkFile } };
}

/** Ends early at a failure; runs in progress are finished. */
async function runAll(options: ExploreDrawnOptions, startedMs: number): Promise<DrawnRunReport[]> {
  const { runs, forMs = Number.POSITIVE_INFINITY, jobs, runtime, signal } = options;
  const reports: DrawnRunReport[] = [];
  let next = 0;
  let failed = false;
  const isOver = (): boolean =>
    failed || next >= runs || signal?.aborted === true || runtime.nowMs() - startedMs >= forMs;
  const worker = async (): Promise<void> => {
    while (!isOver()) {
      const report = await runOne(next++, options);
      reports.push(report);
      if (report.outcome.verdict === 'FAIL') failed = true;
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, runs) }, worker));
  return reports;
}

async function runOne(run: number, options: ExploreDrawnOptions): Promise<DrawnRunReport> {
  const { infra, folder, progress, seed } = options;
  const plan = drawPlan(caseSeed(seed, run));
  const name = nameOf(run);
  const watch = progress.begin(name, plan.faults.map(kindOf).join(', '));
  const outcome = await runDrawnPlan(plan, {
    infra,
    folder: path.join(folder, name),
    watch,
    command: `npm run lab -- replay ${path.join(folder, name, 'plan.json')}`,
    ...asMutant(options),
  }).catch((error: unknown): DrawnOutcome => {
    // A world that could not be made: the others still run.
    const why = error instanceof Error ? error.message : String(error);
    return { ...NOTHING, unknown: [`no world: ${why}`] };
  });
  const problems = [...outcome.failures.map(failureText), ...outcome.unknown];
  watch.end({ verdict: outcome.verdict, problems: problems.map((text) => text.slice(0, 300)) });
  const isFine = outcome.verdict === 'PASS';
  const file = isFine ? undefined : await options.save(run, documentOf(options, run, outcome, plan));
  return { run, plan, outcome, file };
}

const NOTHING: DrawnOutcome = {
  verdict: 'UNKNOWN',
  failures: [],
  unknown: [],
  faults: [],
  records: 0,
  sqlChecks: 0,
  recordsCompared: 0,
  reactions: {},
  tookMs: 0,
};

/** `plan` is what `lab replay` reads; everything else is for people. */
function documentOf(
  { seed, mutant }: ExploreDrawnOptions,
  run: number,
  { verdict, failures, unknown, faults }: DrawnOutcome,
  plan: object,
  original?: DrawnPlan,
): object {
  const found = { verdict, failures, unknown, faults };
  return { foundBy: { world: 'real', seed, run, mutant }, ...found, plan, original };
}

function verdictOf(runs: readonly DrawnRunReport[]): Verdict {
  for (const verdict of ['FAIL', 'UNKNOWN'] as const)
    if (runs.some(({ outcome }) => outcome.verdict === verdict)) return verdict;
  return runs.length === 0 ? 'NODATA' : 'PASS';
}

function nameOf(run: number): string {
  return `plan-${String(run).padStart(3, '0')}`;
}

function asMutant({ mutant }: ExploreDrawnOptions): { mutant?: string } {
  return mutant === undefined ? {} : { mutant };
}
