/** Small runs, so that the benchmarks keep working; `npm run bench` gives the figures. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, it, vi } from 'vitest';
import { fetchesOf, foldOnce } from './fold.ts';
import type { Benchmark } from './harness/benchmark.ts';
import type { BenchDocument } from './harness/document.ts';
import { measure } from './harness/measure.ts';
import type { BenchResult } from './harness/result.ts';
import { runAll } from './harness/run-all.ts';
import { spreadOf, spreadText } from './harness/spread.ts';
import { BENCHMARK_NAMES, loadBenchmark } from './registry.ts';

it('every benchmark is registered under its own name, and no two figures share one', async () => {
  const all = await Promise.all(BENCHMARK_NAMES.map(loadBenchmark));
  expect(all.map(({ name }) => name)).toEqual(BENCHMARK_NAMES);
  const figures = all.flatMap((benchmark) => benchmark.figures.map(({ name }) => name));
  expect(figures.length).toBe(new Set(figures).size);
  for (const { sizes, smoke } of all) expect(Object.keys(smoke)).toEqual(Object.keys(sizes));
});

it.each(['fold', 'fold-mapped', 'state', 'delta', 'explore'] as const)('%s measures at small sizes', async (name) => {
  const results = await measure(await loadBenchmark(name), { smoke: true, say: () => {} });
  expect(results[0]?.detail.error).toBeUndefined();
  for (const { name: figure, figure: value } of results) expect(value, figure).toBeGreaterThan(0);
});

it('all runs each in its own process, and continues after a failure', async () => {
  const said: string[] = [];
  vi.stubEnv('PROVENONCE_INFRA', 'nonsense');
  const results = await runAll({ smoke: true, say: (text) => said.push(text), names: ['latency', 'fold'] });
  vi.unstubAllEnvs();
  expect(results.map(({ name, verdict }) => [name, verdict === 'failed'])).toEqual([
    ['latency', true],
    ['fold', false],
  ]);
  expect(results[0]?.detail.error).toMatch(/^PROVENONCE_INFRA is nonsense$/);
  expect(said.join('\n')).toContain('PROVENONCE_INFRA is nonsense');
});

it('what a benchmark measured before it failed, or was interrupted, is reported with its failure', async () => {
  const broken = (run: Benchmark['run']): Benchmark => ({
    ...{ name: 'speed', what: '', limits: '', repeats: 3, sizes: {}, smoke: {}, run },
    figures: [{ name: 'speed', what: '', unit: 'events/s', must: 1, better: 'more' }],
  });
  const interruption = new AbortController();
  const ways: Benchmark['run'][] = [
    async ({ sample }) => {
      sample({ speed: 7 });
      throw new Error('no broker');
    },
    async ({ sample }) => {
      sample({ speed: 8 });
      interruption.abort('SIGTERM');
      return new Promise(() => {});
    },
    async () => {},
  ];
  const results: BenchResult[] = [];
  for (const run of ways)
    results.push(...(await measure(broken(run), { say: () => {}, interrupted: interruption.signal })));
  expect(results.map(({ verdict, figure, detail }) => [verdict, figure, detail.error])).toEqual([
    ['failed', 7, 'no broker'],
    ['failed', 8, 'interrupted by SIGTERM'],
    ['failed', null, 'interrupted by SIGTERM'],
  ]);
});

it('all prints its document when it is interrupted: what was measured, what was not, and why', async () => {
  const child = spawn(process.execPath, ['bench/main.ts', 'all', '--smoke', '--json'], {
    env: { ...process.env, PROVENONCE_INFRA: 'nonsense' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'close');
  child.stderr.on('data', (said: Buffer) => {
    if (said.includes('fold: took')) child.kill('SIGTERM');
  });
  const document = JSON.parse(await text(child.stdout)) as BenchDocument;
  expect(await exited).toEqual([143, null]);
  const verdicts = new Map(document.results.map((result) => [result.benchmark, result]));
  expect(verdicts.get('fold')).toMatchObject({ runs: 1 });
  expect(verdicts.get('fold')?.verdict).not.toBe('failed');
  expect([...verdicts.keys()]).toEqual(BENCHMARK_NAMES.filter((name) => name !== 'peers'));
  expect(verdicts.get('explore')).toMatchObject({
    verdict: 'failed',
    detail: { error: 'not run: interrupted by SIGTERM before' },
  });
});

it('the fold benchmark folds and encodes what the simulator sends', () => {
  const fetches = fetchesOf({ events: 2_000, accounts: 50, batch: 600 });
  const { accepted, encodedBytes, perSecond } = foldOnce(fetches);
  expect(fetches.length).toBe(4);
  expect(accepted).toBeGreaterThan(1_000);
  expect(encodedBytes).toBeGreaterThan(accepted * 200);
  expect(perSecond).toBeGreaterThan(0);
});

it('a spread is reported as its ends and its median', () => {
  expect(spreadText(spreadOf([3_000, 1_000, 2_000]))).toBe('1,000 to 3,000, median 2,000');
});
