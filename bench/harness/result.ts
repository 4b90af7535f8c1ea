/** The form of every benchmark's figures, and the verdict over them. */
import type { Benchmark, FigureSpec, Sizes } from './benchmark.ts';
import { spreadOf } from './spread.ts';

/** `aim` and `reached` are good; `told` has no limit; `failed` gave no figure. */
export type Verdict = 'aim' | 'reached' | 'MISSED' | 'told' | 'failed';

export interface BenchResult {
  /** Of the figure. */
  readonly name: string;
  readonly benchmark: string;
  readonly what: string;
  /** Median or worst of the runs; null if the benchmark failed. */
  readonly figure: number | null;
  readonly unit: string;
  readonly must: number | null;
  readonly aim: number | null;
  readonly better: 'more' | 'less';
  readonly min: number | null;
  readonly median: number | null;
  readonly max: number | null;
  readonly runs: number;
  readonly verdict: Verdict;
  /** ISO time at which the benchmark began. */
  readonly ranAt: string;
  readonly limits: string;
  readonly sizes: Sizes;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface Measured {
  /** Per figure, in the order of the repeats. */
  readonly samples: ReadonlyMap<string, readonly number[]>;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly sizes: Sizes;
  readonly ranAt: string;
  /** What ended it early. */
  readonly error?: string;
}

/** One result per figure. */
export function resultsOf(benchmark: Benchmark, measured: Measured): BenchResult[] {
  return benchmark.figures.map((spec) => resultOf(benchmark, spec, measured));
}

function resultOf(benchmark: Benchmark, spec: FigureSpec, measured: Measured): BenchResult {
  const values = measured.samples.get(spec.name) ?? [];
  const failed = measured.error !== undefined || values.length === 0;
  const spread = values.length === 0 ? undefined : spreadOf(values);
  const figure = spread === undefined ? undefined : judgedOf(spec, spread);
  return {
    name: spec.name,
    benchmark: benchmark.name,
    what: spec.what,
    figure: figure ?? null,
    unit: spec.unit,
    must: spec.must ?? null,
    aim: spec.aim ?? null,
    better: spec.better,
    min: spread?.min ?? null,
    median: spread?.median ?? null,
    max: spread?.max ?? null,
    runs: values.length,
    verdict: failed || figure === undefined ? 'failed' : verdictOf(spec, figure),
    ranAt: measured.ranAt,
    limits: benchmark.limits,
    sizes: measured.sizes,
    detail: measured.error === undefined ? measured.detail : { ...measured.detail, error: measured.error },
  };
}

function judgedOf(spec: FigureSpec, { min, median, max }: { min: number; median: number; max: number }): number {
  if (spec.judged !== 'worst') return median;
  return spec.better === 'more' ? min : max;
}

export function verdictOf({ must, aim, better }: FigureSpec, figure: number): Verdict {
  const reaches = (limit: number) => (better === 'more' ? figure >= limit : figure <= limit);
  if (must !== undefined && !reaches(must)) return 'MISSED';
  if (aim !== undefined && reaches(aim)) return 'aim';
  return must === undefined ? 'told' : 'reached';
}

/** Whether no must was missed, and nothing failed. */
export function allReached(results: readonly BenchResult[]): boolean {
  return results.every(({ verdict }) => verdict !== 'MISSED' && verdict !== 'failed');
}
