/** Small runs, so that the benchmarks keep running; what they say is for `npm run bench` to tell. */
import { expect, it, vi } from 'vitest';
import { fetchesOf, foldOnce } from './fold.ts';
import { measure } from './harness/measure.ts';
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

it.each(['fold', 'state', 'explore'] as const)('%s measures at small sizes', async (name) => {
  const results = await measure(await loadBenchmark(name), { smoke: true, say: () => {} });
  for (const { name: figure, figure: value } of results) expect(value, figure).toBeGreaterThan(0);
});

it('all runs each in a process of its own, and goes on where one breaks', async () => {
  const said: string[] = [];
  vi.stubEnv('PROVENONCE_INFRA', 'nonsense');
  const results = await runAll({ smoke: true, say: (text) => said.push(text), names: ['latency', 'fold'] });
  vi.unstubAllEnvs();
  expect(results.map(({ name, verdict }) => [name, verdict === 'failed'])).toEqual([
    ['latency', true],
    ['fold', false],
  ]);
  expect(results[0]?.detail.error).toMatch(/^ended with code 64; the last it said: /);
  expect(said).toContain('PROVENONCE_INFRA is nonsense');
});

it('the fold benchmark folds and encodes what the simulator sends', () => {
  const fetches = fetchesOf({ events: 2_000, accounts: 50, batch: 600 });
  const { accepted, encodedBytes, perSecond } = foldOnce(fetches);
  expect(fetches.length).toBe(4);
  expect(accepted).toBeGreaterThan(1_000);
  expect(encodedBytes).toBeGreaterThan(accepted * 200);
  expect(perSecond).toBeGreaterThan(0);
});

it('a spread is told by its ends and its median', () => {
  expect(spreadText(spreadOf([3_000, 1_000, 2_000]))).toBe('1,000 to 3,000, median 2,000');
});
