/** Runs of an exploration, one after the other: what a worker thread does. */
import { type CaseSink, drawCaseOn } from '../sim/case/draw-for-sink.ts';
import { runCase } from '../sim/case/sim-case.ts';
import { Rng } from '../sim/world/rng.ts';
import { addRun, emptyCounts, type OutcomeCounts } from './outcome-counts.ts';

export interface Chunk {
  /** Of the exploration. */
  readonly seed: number;
  readonly sink: CaseSink;
  /** Runs [fromRun, toRun). */
  readonly fromRun: number;
  readonly toRun: number;
}

export interface ChunkResult {
  readonly fromRun: number;
  readonly counts: OutcomeCounts;
  /** Of each run's trace, in order; up to and with the one that did not pass. */
  readonly digests: readonly string[];
  /** The first run that did not pass: the chunk ends with it. */
  readonly failedRun?: number;
}

/** The seed of one run's case: any two explorations share none but by chance. */
export function caseSeed(seed: number, run: number): number {
  const rng = new Rng(seed, `run ${run}`);
  return (rng.next() & 0x1f_ffff) * 2 ** 32 + rng.next();
}

export async function runChunk({ seed, sink, fromRun, toRun }: Chunk): Promise<ChunkResult> {
  const counts = emptyCounts();
  const digests: string[] = [];
  for (let run = fromRun; run < toRun; run++) {
    const plan = drawCaseOn(sink, caseSeed(seed, run));
    const outcome = await runCase(plan);
    addRun(counts, plan, outcome);
    digests.push(outcome.traceDigest);
    if (outcome.verdict !== 'PASS') return { fromRun, counts, digests, failedRun: run };
  }
  return { fromRun, counts, digests };
}
