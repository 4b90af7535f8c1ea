/** Every benchmark, in the order of `all`. A new one: its file, and one line here. */
import type { Benchmark } from './harness/benchmark.ts';

interface BenchmarkFile {
  readonly benchmark: Benchmark;
}

/** Loaded on demand: a measuring process loads nothing of the others. */
export const REGISTRY = {
  fold: () => import('./fold.ts'),
  'fold-mapped': () => import('./fold-mapped.ts'),
  'fold-avro': () => import('./fold-avro.ts'),
  'fold-protobuf': () => import('./fold-protobuf.ts'),
  delta: () => import('./delta.ts'),
  'delta-pipeline': () => import('./delta-pipeline.ts'),
  state: () => import('./state.ts'),
  pipeline: () => import('./pipeline.ts'),
  'end-to-end': () => import('./end-to-end.ts'),
  latency: () => import('./latency.ts'),
  load: () => import('./load.ts'),
  start: () => import('./start.ts'),
  recover: () => import('./recover.ts'),
  takeover: () => import('./takeover.ts'),
  quota: () => import('./quota.ts'),
  peers: () => import('./peers.ts'),
  verify: () => import('./verify.ts'),
  explore: () => import('./explore.ts'),
} as const satisfies Readonly<Record<string, () => Promise<BenchmarkFile>>>;

export type BenchmarkName = keyof typeof REGISTRY;

export const BENCHMARK_NAMES = Object.keys(REGISTRY) as BenchmarkName[];

export function isBenchmarkName(name: string): name is BenchmarkName {
  return name in REGISTRY;
}

export async function loadBenchmark(name: BenchmarkName): Promise<Benchmark> {
  return (await REGISTRY[name]()).benchmark;
}
