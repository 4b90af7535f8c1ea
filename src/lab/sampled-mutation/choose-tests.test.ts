import { expect, it } from 'vitest';
import type { Baseline, MeasuredFile, ProbePlan } from './baseline.ts';
import { chooseTests, QUICK, THOROUGH } from './choose-tests.ts';
import { mutantsOf, type SampledMutant } from './mutants-of.ts';
import { probeAround, probesOf, withProbes } from './probes.ts';

const FILE = 'src/local-state/journal.ts';
const SOURCE = `const MOST = 3;
export function f(a: number): number {
  if (a > MOST) {
    return 1;
  }
  return [a].map((b) => b + 2)[0]!;
}
`;
const probes = probesOf(FILE, SOURCE);
const plan = { first: { [FILE]: 100 }, count: 110, probes: () => probes } as unknown as ProbePlan;
const mutantWhere = (before: string): SampledMutant => mutantsOf(FILE, SOURCE).find((each) => each.before === before)!;
const probeOf = (before: string): number => 100 + probeAround(probes, mutantWhere(before));

function measured(file: string, ms: number, hits: number[], outside: number[] = []): MeasuredFile {
  return { file, hash: '', loadMs: 10, outside, tests: [{ id: `${file}#0`, name: 'a', ms, hits }] };
}

function chosenOf(before: string, files: readonly MeasuredFile[], limits = QUICK): string[] {
  const baseline: Baseline = { sourcesHash: '', files, simulation: { ms: 1, hits: [probeOf('>')] } };
  return chooseTests(mutantWhere(before), baseline, plan, limits).tests.map(({ file }) => file);
}

it('a place is known by the innermost block, branch or function around it', () => {
  const texts = ['>', '1', '+'].map((before) => {
    const { start, end } = probes[probeAround(probes, mutantWhere(before))]!;
    return SOURCE.slice(start, end).split('\n')[0];
  });
  expect(texts).toEqual(['{', '{', 'b + 2']);
  expect(probeOf('3')).toBe(100);
});

it('a source with probes does what it did, and says what it ran', () => {
  const hits = new Uint8Array(110);
  const script = withProbes(FILE, SOURCE.replaceAll(': number', '').replace('export ', '').replace('!;', ';'), 100);
  const run = new Function('globalThis', `${script}; return [f(5), f(1)];`) as (scope: object) => number[];
  expect(run({ __provenonceHits: hits })).toEqual([1, 3]);
  expect([...hits.keys()].filter((place) => hits[place])).toEqual([100, 101, 102, 103]);
});

it('chooses tests that reach the place alone, the nearest first, those of the lab last', () => {
  const hit = [probeOf('>')];
  expect(
    chosenOf('>', [
      measured('src/checks/far.test.ts', 1, hit),
      measured('src/lab/sim/world.test.ts', 1, hit),
      measured('src/local-state/other.test.ts', 1, hit),
      measured('src/local-state/journal.test.ts', 900, hit),
      measured('src/local-state/elsewhere.test.ts', 1, [probeOf('+')]),
    ]),
  ).toEqual([
    'src/local-state/journal.test.ts',
    'src/local-state/other.test.ts',
    'src/checks/far.test.ts',
    'src/lab/sim/world.test.ts',
  ]);
});

it('of what runs while the file loads, takes the tests that run anything of that source', () => {
  const outside = [probeOf('3')];
  const file = measured('src/local-state/a.test.ts', 1, [], outside);
  const using = { id: 'using', name: 'b', ms: 1, hits: [probeOf('+')] };
  const baseline: Baseline = {
    sourcesHash: '',
    files: [{ ...file, tests: [...file.tests, using] }, measured('src/local-state/b.test.ts', 1, [], outside)],
    simulation: { ms: 1, hits: [] },
  };
  const { tests, inSimulation } = chooseTests(mutantWhere('3'), baseline, plan, QUICK);
  expect(tests.flatMap(({ ids }) => ids)).toEqual(['using', 'src/local-state/b.test.ts#0']);
  expect(inSimulation).toBe(false);
});

it('leaves out what takes too long, where time is short, and what does not pass as it is', () => {
  const hit = [probeOf('>')];
  const files = [
    measured('src/local-state/long.test.ts', 60_000, hit),
    ...['a', 'b', 'c', 'd', 'e', 'g'].map((name) => measured(`src/local-state/${name}.test.ts`, 4_500, hit)),
    { ...measured('src/local-state/broken.test.ts', 1, hit), broken: 'a test fails' },
  ];
  expect(chosenOf('>', files)).toHaveLength(4);
  expect(chosenOf('>', files, THOROUGH)).toHaveLength(7);
});
