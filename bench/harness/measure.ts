/** Runs one benchmark and collects its figures, also of one that fails or is interrupted. */
import type { Benchmark, Sizes } from './benchmark.ts';
import { type BenchResult, resultsOf } from './result.ts';

export interface MeasureOptions {
  readonly say: (text: string) => void;
  readonly smoke?: boolean;
  readonly repeats?: number;
  /** Sizes that differ from the benchmark's own. Throws RangeError for a name that it does not have. */
  readonly set?: Sizes;
  /** Aborted: what was measured so far is the result. The benchmark itself still runs; end the process. */
  readonly interrupted?: AbortSignal;
}

/**
 * A failed benchmark is a result too: the repeats that it measured, the verdict `failed`, and why. Throws for wrong
 * sizes.
 */
export async function measure(benchmark: Benchmark, options: MeasureOptions): Promise<BenchResult[]> {
  const sizes = { ...(options.smoke ? benchmark.smoke : benchmark.sizes), ...checked(benchmark, options.set ?? {}) };
  const samples = new Map<string, number[]>();
  const detail: Record<string, unknown> = {};
  const ranAt = new Date().toISOString();
  const names = new Set(benchmark.figures.map(({ name }) => name));
  const run = benchmark.run({
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
  const error = await endOf(run, options.interrupted).catch((broken: unknown) => {
    options.say(broken instanceof Error ? (broken.stack ?? broken.message) : String(broken));
    return broken instanceof Error ? broken.message : String(broken);
  });
  const missing = [...names].filter((name) => !samples.has(name));
  const why = error ?? (missing.length > 0 ? `it ended without a figure for ${missing.join(', ')}` : undefined);
  return resultsOf(benchmark, { samples, detail, sizes, ranAt, ...(why === undefined ? {} : { error: why }) });
}

/** Undefined at the end of the run, the reason at an interruption; rejects as the run does. */
async function endOf(run: Promise<void>, interrupted: AbortSignal | undefined): Promise<string | undefined> {
  const signal = Promise.withResolvers<string>();
  const tell = () => signal.resolve(`interrupted by ${String(interrupted?.reason)}`);
  if (interrupted?.aborted) tell();
  interrupted?.addEventListener('abort', tell, { once: true });
  return Promise.race([run.then(() => undefined), signal.promise]);
}

/** The result of a benchmark that ended without one, or was not begun. */
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
