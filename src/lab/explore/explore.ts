/**
 * Explores: draws cases from a seed and runs them on worker threads, until enough ran or one does not pass. Then it is shrunk.
 * Invariant: how many threads there are, and who was faster, changes no result: runs are numbered, chunks are handed out in
 * order, and a failure counts only once every run before it has passed.
 */
import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { ownCodeUrl } from '../../base/own-code.ts';
import type { Runtime } from '../../base/runtime.ts';
import type { CasePlan } from '../sim/case/case-plan.ts';
import { type CoverageMark, missingCoverage } from '../sim/case/coverage-marks.ts';
import { type CaseSink, drawCaseOn } from '../sim/case/draw-for-sink.ts';
import { type CaseOutcome, runCase } from '../sim/case/sim-case.ts';
import { emptyCounts, merge, type OutcomeCounts } from './outcome-counts.ts';
import { type Chunk, type ChunkResult, caseSeed } from './run-chunk.ts';
import { shrink } from './shrink.ts';

export interface ExploreOptions {
  readonly seed: number;
  /** Default: `bigquery`. */
  readonly sink?: CaseSink;
  /** Either may end it. At least one. */
  readonly runs?: number;
  readonly forMs?: number;
  /** Worker threads. */
  readonly jobs: number;
  readonly runtime: Runtime;
  /** How long shrinking may take, in ms. */
  readonly shrinkMs: number;
  /** Stops handing out runs; those in progress are finished. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ExploreProgress) => void;
  readonly onFailure?: (run: number) => void;
}

export interface ExploreProgress {
  readonly counts: OutcomeCounts;
  readonly elapsedMs: number;
}

export interface ExploreFailure {
  readonly run: number;
  readonly original: CasePlan;
  readonly plan: CasePlan;
  /** Of the shrunk plan. */
  readonly outcome: CaseOutcome;
}

export interface ExploreReport {
  readonly verdict: 'PASS' | 'FAIL' | 'UNKNOWN';
  readonly seed: number;
  readonly sink: CaseSink;
  readonly counts: OutcomeCounts;
  /** SHA-256 over the traces of all runs, in order. */
  readonly digest: string;
  readonly elapsedMs: number;
  readonly missing: readonly CoverageMark[];
  /** Whether there were runs enough for a missing mark to mean something. */
  readonly coverageCounts: boolean;
  readonly failure?: ExploreFailure;
}

const CHUNK_RUNS = 10;
/** With fewer runs than this a mark may be missing by chance: the rarest is hit in one run of a few hundred. */
const MARKS_COUNT_FROM_RUNS = 5_000;

export async function explore(options: ExploreOptions): Promise<ExploreReport> {
  const { seed, sink = 'bigquery', runtime } = options;
  const startedMs = runtime.nowMs();
  const results = await runAll(options, startedMs);
  const elapsedMs = runtime.nowMs() - startedMs;
  const counts = emptyCounts();
  const hash = createHash('sha256');
  for (const result of results) {
    merge(counts, result.counts);
    for (const digest of result.digests) hash.update(`${digest}\n`);
  }
  const failedRun = results.at(-1)?.failedRun;
  const missing = missingCoverage(new Map(Object.entries(counts.marks) as [CoverageMark, number][]), sink);
  const coverageCounts = counts.runs >= MARKS_COUNT_FROM_RUNS;
  const common = { seed, sink, counts, digest: hash.digest('hex'), elapsedMs, missing, coverageCounts };
  if (failedRun === undefined) {
    const isEnough = counts.runs > 0 && !(coverageCounts && missing.length > 0);
    return { verdict: isEnough ? 'PASS' : 'UNKNOWN', ...common };
  }
  options.onFailure?.(failedRun);
  const original = drawCaseOn(sink, caseSeed(seed, failedRun));
  const plan = await shrink(original, { runtime, forMs: options.shrinkMs });
  const outcome = await runCase(plan);
  const verdict = outcome.verdict === 'FAIL' ? 'FAIL' : 'UNKNOWN';
  return { verdict, ...common, failure: { run: failedRun, original, plan, outcome } };
}

/** Results in order of their runs, without a gap; the last one holds the first failure, if there is one. */
async function runAll(options: ExploreOptions, startedMs: number): Promise<ChunkResult[]> {
  const {
    seed,
    sink = 'bigquery',
    runtime,
    runs = Number.POSITIVE_INFINITY,
    forMs = Number.POSITIVE_INFINITY,
    signal,
  } = options;
  const results: ChunkResult[] = [];
  const seen = emptyCounts();
  let nextRun = 0;
  let failedRun = Number.POSITIVE_INFINITY;
  const nextChunk = (): Chunk | undefined => {
    const isOver = signal?.aborted === true || runtime.nowMs() - startedMs >= forMs;
    if (isOver || nextRun >= runs || failedRun < nextRun) return undefined;
    const fromRun = nextRun;
    nextRun = Math.min(runs, fromRun + CHUNK_RUNS);
    return { seed, sink, fromRun, toRun: nextRun };
  };
  const take = (result: ChunkResult): void => {
    results.push(result);
    failedRun = Math.min(failedRun, result.failedRun ?? Number.POSITIVE_INFINITY);
    merge(seen, result.counts);
    options.onProgress?.({ counts: seen, elapsedMs: runtime.nowMs() - startedMs });
  };
  await Promise.all(Array.from({ length: options.jobs }, () => workThrough(nextChunk, take)));
  return results.sort((a, b) => a.fromRun - b.fromRun).filter(({ fromRun }) => fromRun <= failedRun);
}

/** One worker thread, from chunk to chunk. Rejects with what breaks it. */
async function workThrough(nextChunk: () => Chunk | undefined, take: (result: ChunkResult) => void): Promise<void> {
  let chunk = nextChunk();
  if (chunk === undefined) return;
  const worker = new Worker(ownCodeUrl('./explore-worker.ts', import.meta.url));
  try {
    while (chunk !== undefined) {
      take(await ask(worker, chunk));
      chunk = nextChunk();
    }
  } finally {
    await worker.terminate();
  }
}

function ask(worker: Worker, chunk: Chunk): Promise<ChunkResult> {
  return new Promise((resolve, reject) => {
    const onMessage = (result: ChunkResult): void => {
      worker.off('error', onError);
      resolve(result);
    };
    const onError = (error: unknown): void => {
      worker.off('message', onMessage);
      const text = error instanceof Error ? error.message : String(error);
      reject(
        new Error(`runs ${chunk.fromRun} to ${chunk.toRun - 1} of seed ${chunk.seed} broke: ${text}`, { cause: error }),
      );
    };
    worker.once('message', onMessage);
    worker.once('error', onError);
    worker.postMessage(chunk);
  });
}
