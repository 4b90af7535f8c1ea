/**
 * Which tests are run against a mutant, and in which order: only those that reach it, unit tests first and the nearest of
 * them, then tests that drive the simulated world. A budget of time, taken from the baseline, bounds each
 * kind, so that a mutant that survives does not take the time of a hundred that are killed.
 */
import path from 'node:path';
import {
  type Baseline,
  isContract,
  type MeasuredFile,
  type MeasuredTest,
  type ProbePlan,
  SIMULATION,
  type SimulationBudget,
} from './baseline.ts';
import type { SampledMutant } from './mutants-of.ts';
import { probeAround } from './probes.ts';

/** Tests of the parts, tests that drive the simulated world, and tests on a real broker and a real emulator. */
export const KINDS = ['unit', 'simulation', 'contract'] as const;
export type Kind = (typeof KINDS)[number];

export interface ChosenTests {
  readonly kind: Kind;
  /** From the folder of the checkout. */
  readonly file: string;
  readonly ids: readonly string[];
  /** What they take in the code as it is, with loading. */
  readonly ms: number;
}

export interface Chosen {
  readonly tests: readonly ChosenTests[];
  /** Whether the runs of the simulated world reach it. */
  readonly inSimulation: boolean;
}

export interface ChoiceLimits {
  readonly budgetMs: Readonly<Record<Kind, number>>;
  /** A test that takes longer is left to those who have time. */
  readonly testMs: number;
  readonly contractTestMs: number;
  /** Runs of the simulated world. */
  readonly simulation: SimulationBudget;
}

export const QUICK: ChoiceLimits = {
  budgetMs: { unit: 20_000, simulation: 10_000, contract: 60_000 },
  testMs: 5_000,
  contractTestMs: 20_000,
  simulation: { seed: 1, exploreRuns: 36, familyRuns: 4 },
};
export const THOROUGH: ChoiceLimits = {
  budgetMs: {
    unit: Number.POSITIVE_INFINITY,
    simulation: Number.POSITIVE_INFINITY,
    contract: Number.POSITIVE_INFINITY,
  },
  testMs: Number.POSITIVE_INFINITY,
  contractTestMs: Number.POSITIVE_INFINITY,
  simulation: SIMULATION,
};

/** A process for each file: its start, which vitest does not count. */
const FILE_START_MS = 300;

export function chooseTests(mutant: SampledMutant, baseline: Baseline, plan: ProbePlan, limits: ChoiceLimits): Chosen {
  const probes = plan.probes(mutant.file);
  const first = plan.first[mutant.file]!;
  const probe = first + probeAround(probes, mutant);
  const isOfSource = (place: number): boolean => place >= first && place < first + probes.length;
  const candidates = baseline.files
    .filter(({ broken }) => broken === undefined)
    .map((file) => ({ file, kind: kindOf(file.file), tests: reaching(file, probe, isOfSource) }))
    .map(({ file, kind, tests }) => {
      const mostMs = kind === 'contract' ? limits.contractTestMs : limits.testMs;
      const affordable = tests.filter(({ ms }) => ms <= mostMs);
      const ms = file.loadMs + FILE_START_MS + affordable.reduce((sum, test) => sum + test.ms, 0);
      return { kind, file: file.file, ids: affordable.map(({ id }) => id), ms };
    })
    .filter(({ ids }) => ids.length > 0);
  const tests = KINDS.flatMap((kind) => {
    let leftMs = limits.budgetMs[kind];
    return candidates
      .filter((candidate) => candidate.kind === kind)
      .sort((a, b) => distance(a.file, mutant.file) - distance(b.file, mutant.file) || a.ms - b.ms)
      .filter(({ ms }, nth) => {
        if (nth > 0 && ms > leftMs) return false;
        leftMs -= ms;
        return true;
      });
  });
  return { tests, inSimulation: baseline.simulation.hits.includes(probe) };
}

/**
 * What runs while the file loads (a constant of the module, for one) is run by every test of it: there those count that run
 * anything of the source, as far as there are any.
 */
function reaching(file: MeasuredFile, probe: number, isOfSource: (place: number) => boolean): readonly MeasuredTest[] {
  if (!file.outside.includes(probe)) return file.tests.filter(({ hits }) => hits.includes(probe));
  const using = file.tests.filter(({ hits }) => hits.some(isOfSource));
  return using.length > 0 ? using : file.tests;
}

export function kindOf(file: string): Kind {
  if (isContract(file)) return 'contract';
  return file.startsWith('src/lab/') ? 'simulation' : 'unit';
}

/** 0: the test of its name; then of its folder, of its room, and of others. */
function distance(test: string, source: string): number {
  const own = path.posix.basename(source, '.ts');
  const isSameFolder = path.posix.dirname(test) === path.posix.dirname(source);
  if (isSameFolder && path.posix.basename(test).startsWith(own)) return 0;
  if (isSameFolder) return 1;
  return test.split('/', 2).join('/') === source.split('/', 2).join('/') ? 2 : 3;
}
