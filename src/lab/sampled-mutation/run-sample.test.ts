/** The whole tool on a checkout of one source and one test: what is noticed, what is not, and that a run resumes. */
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { QUICK } from './choose-tests.ts';
import { drawSample, mutantsOfRoom } from './draw-sample.ts';
import type { MutantResult } from './results-file.ts';
import { ROOT, runSample, type SampleOptions } from './run-sample.ts';

const SOURCE = `/** A number that is not above another, and how many steps there are to zero. */
export function atMost(value: number, most: number): number {
  if (value > most) return most;
  return value;
}

export function steps(from: number): number {
  let count = 0;
  for (let at = from; at !== 0; at -= 1) count += 1;
  return count;
}

export function untested(value: number): boolean {
  return value === 1;
}
`;
const TEST = `import { expect, it } from 'vitest';
import { atMost, steps } from "./at-most.ts";
it('is at most that', () => {
  expect([atMost(5, 3), atMost(1, 3)]).toEqual([3, 1]);
});
it('counts steps', () => {
  expect(steps(3)).toBe(3);
});
`;

const OTHER = `/** The sum of two. */
export function sum(a: number, b: number): number {
  return a + b;
}
`;
const OTHER_TEST = `import { expect, it } from 'vitest';
import { sum } from "./sum.ts";
it('adds', () => {
  expect(sum(2, 2)).toBe(4);
});
`;

let root: string;
let results: string;

beforeAll(() => {
  // In the checkout, so that vitest is found from there.
  mkdirSync(path.join(ROOT, 'artifacts'), { recursive: true });
  root = mkdtempSync(path.join(ROOT, 'artifacts', 'mutate-test-'));
  results = path.join(root, 'results.jsonl');
  mkdirSync(path.join(root, 'src', 'payments'), { recursive: true });
  writeFileSync(path.join(root, 'package.json'), '{"type":"module"}');
  writeFileSync(path.join(root, 'src', 'payments', 'at-most.ts'), SOURCE);
  writeFileSync(path.join(root, 'src', 'payments', 'at-most.test.ts'), TEST);
  writeFileSync(path.join(root, 'src', 'payments', 'sum.ts'), OTHER);
  writeFileSync(path.join(root, 'src', 'payments', 'sum.test.ts'), OTHER_TEST);
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

function options(more: Partial<SampleOptions>): SampleOptions {
  return {
    root,
    rooms: ['payments'],
    count: 100,
    seed: 1,
    jobs: 1,
    resultsFile: results,
    baselineFile: path.join(root, 'baseline.json'),
    limits: QUICK,
    simulation: async () => ({ runs: 0, hits: [] }),
    nowMs: () => performance.now(),
    ...more,
  };
}

function idOf(within: string, operator: string): string {
  return mutantsOfRoom('payments', root).mutants.find((each) => each.within === within && each.operator === operator)!
    .id;
}

it('kills what a test notices; what changes nothing, and what no test runs, survives', async () => {
  const wrong = idOf('atMost', 'condition-false');
  const equivalent = idOf('atMost', 'boundary-moved');
  const unreached = idOf('untested', 'equality-negated');
  const elsewhere = idOf('sum', 'arithmetic-swapped');
  const measured: string[] = [];
  const run = await runSample(
    options({
      only: [wrong, equivalent, elsewhere, unreached],
      resultsFile: `${results}.only`,
      onMeasure: (what) => measured.push(what),
    }),
  );
  expect(run).toMatchObject([
    { id: wrong, verdict: 'killed', by: 'unit', how: 'failed', tried: 1 },
    { id: equivalent, verdict: 'survived', tried: 1 },
    { id: elsewhere, verdict: 'killed', by: 'unit', how: 'failed', tried: 1 },
    { id: unreached, verdict: 'survived', tried: 0 },
  ]);
  expect(run[0]!.where).toMatch(/^src\/payments\/at-most\.test\.ts > is at most that: /);
  expect(run[2]!.where).toMatch(/^src\/payments\/sum\.test\.ts > adds: /);
  expect(measured).toContain('src/payments/at-most.test.ts');
  expect(readFileSync(path.join(root, 'src', 'payments', 'at-most.ts'), 'utf8')).toBe(SOURCE);
}, 120_000);

it('ends what never ends, and takes it for noticed', async () => {
  const endless = idOf('steps', 'arithmetic-swapped');
  const [result] = await runSample(options({ only: [endless], resultsFile: `${results}.endless`, limitMoreMs: 4_000 }));
  expect(result).toMatchObject({ verdict: 'killed', how: 'timeout', where: 'src/payments/at-most.test.ts' });
}, 120_000);

it('resumes where it was broken off: nothing is judged twice, and half a line is judged again', async () => {
  const sampleOf = (seed: number) => drawSample([mutantsOfRoom('payments', root)], 4, seed);
  // Without one that may never end: that takes its time.
  const seed = Array.from({ length: 100 }, (_, at) => at).find((each) =>
    sampleOf(each).every(({ within }) => within !== 'steps'),
  )!;
  const drawn = sampleOf(seed).map(({ id }) => id);
  const judged: string[] = [];
  const onResult = ({ id }: MutantResult): void => void judged.push(id);
  await runSample(options({ count: 2, seed, onResult }));
  expect(judged).toEqual(drawn.slice(0, 2));
  appendFileSync(results, '{"id":"half a');
  const all = await runSample(options({ count: 4, seed, onResult }));
  expect(judged).toEqual(drawn);
  expect(all.map(({ id }) => id)).toEqual(drawn);
  await runSample(options({ count: 4, seed, onResult }));
  expect(judged).toEqual(drawn);
}, 120_000);

it('refuses an id that the code no longer has', async () => {
  await expect(runSample(options({ only: ['0123456789'] }))).rejects.toThrow(/no mutant is called 0123456789/);
});
