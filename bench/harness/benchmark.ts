/**
 * A benchmark: one file in bench/ that exports `benchmark`, and one line in registry.ts. It names its figures and their
 * musts, measures once per repeat and passes the figures on. Limits, spreads, verdicts, text and JSON are the
 * harness's.
 */

/** One figure of a benchmark: one row of the table. */
export interface FigureSpec {
  /** Unique among all benchmarks. */
  readonly name: string;
  readonly what: string;
  /** For example `events/s`, `ms`, `MB`, `%`. */
  readonly unit: string;
  /** Missed: the command exits 1. Undefined: the figure is only reported. */
  readonly must?: number;
  readonly aim?: number;
  readonly better: 'more' | 'less';
  /** Which of the repeats is compared with the limits. Default `median`. */
  readonly judged?: 'median' | 'worst';
}

/** Numbers that are small in a smoke run, and that `--set name=value` changes. */
export type Sizes = Readonly<Record<string, number | readonly number[]>>;

export interface BenchContext<S extends Sizes> {
  readonly sizes: S;
  readonly repeats: number;
  /** Progress, for standard error. */
  say(text: string): void;
  /** The figures of one repeat, by name; every figure at least once. */
  sample(figures: Readonly<Record<string, number>>): void;
  /** Facts beside the figures: what was run, parts of the whole. The last value of a name stays. */
  detail(facts: Readonly<Record<string, unknown>>): void;
}

export interface Benchmark<S extends Sizes = Sizes> {
  readonly name: string;
  readonly what: string;
  /** What bounds the figure, and what it does not show. Printed with it. */
  readonly limits: string;
  readonly figures: readonly FigureSpec[];
  readonly repeats: number;
  readonly sizes: S;
  /** Sizes of a run that only shows that the benchmark works. */
  readonly smoke: S;
  /** Whether `all` runs it. Default true. */
  readonly inAll?: boolean;
  run(context: BenchContext<S>): Promise<void>;
}

/** Keeps the type of the sizes for `run`, and returns the registry's form. */
export function defineBenchmark<S extends Sizes>(benchmark: Benchmark<S>): Benchmark {
  return benchmark as unknown as Benchmark;
}
