/** Runs one benchmark and collects what it hands over. */
import type { Benchmark, Sizes } from './benchmark.ts';
import { type BenchResult, resultsOf } from './result.ts';

export interface MeasureOptions {
  readonly say: (text: string) => void;
  readonly smoke?: boolean;
  readonly repeats?: number;
  /** Sizes that differ from the benchmark's own. Throws RangeError for a name that it does not have. */
  readonly set?: Sizes;
}

/** Rejects with what the benchmark rejects with. */
export async function measure(benchmark: Benchmark, options: MeasureOptions): Promise<BenchResult[]> {
  const sizes = { ...(options.smoke ? benchmark.smoke : benchmark.sizes), ...checked(benchmark, options.set ?? {}) };
  const samples = new Map<string, number[]>();
  const detail: Record<string, unknown> = {};
  const ranAt = new Date().toISOString();
  const names = new Set(benchmark.figures.map(({ name }) => name));
  await benchmark.run({
    sizes,
    repeats: options.repeats ?? (options.smoke ? 1 : benchmark.repeats),
    say: (text) => options.say(`${benchmark.name}: ${text}`),
    sample(figures) {
      for (const [name, figure] of Object.entries(figures)) {
        if (!names.has(name)) throw new Error(`${benchmark.name} has no figure ${name}`);
        if (!Number.isFinite(figure)) throw new Error(`${benchmark.name}: ${name} is ${figure}`);
        samples.set(name, [...(samples.get(name) ?? []), figure]);
      }
    },
    detail: (facts) => void Object.assign(detail, facts),
  });
  for (const name of names) {
    if (!samples.has(name)) throw new Error(`${benchmark.name} ended without a figure for ${name}`);
  }
  return resultsOf(benchmark, { samples, detail, sizes, ranAt });
}

/** What is told of a benchmark that broke. */
export function failureOf(benchmark: Benchmark, error: string): BenchResult[] {
  const ranAt = new Date().toISOString();
  return resultsOf(benchmark, { samples: new Map(), detail: {}, sizes: benchmark.sizes, ranAt, error });
}

function checked(benchmark: Benchmark, set: Sizes): Sizes {
  const own = benchmark.sizes;
  for (const name of Object.keys(set)) {
    if (name in own) continue;
    const known = Object.keys(own).join(', ') || 'none';
    throw new RangeError(`${benchmark.name} has no size ${name}; it has: ${known}`);
  }
  // One number for a list is a list of one.
  return Object.fromEntries(
    Object.entries(set).map(([name, value]) => [name, Array.isArray(own[name]) ? [value].flat() : value]),
  );
}
