/**
 * One process, one mutant (or none) in the simulated world: `node simulation-child.ts '<JSON of SimulationTask>'`. Runs of
 * `lab explore` and the cases of every family of mutants take turns, until one finds something. Prints a SimulationRun as
 * one line of JSON.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CasePlan } from '../sim/case/case-plan.ts';
import { mutate, type SampledMutant } from './mutants-of.ts';
import { HITS, withProbes } from './probes.ts';

export interface SimulationTask {
  /** Of the checkout whose code runs: the folder of this file is in it. */
  readonly root: string;
  readonly mutant?: SampledMutant;
  readonly seed: number;
  readonly exploreRuns: number;
  readonly familyRuns: number;
  /** Measuring: where the probes of a file begin, and how many there are. */
  readonly probes?: { readonly first: Readonly<Record<string, number>>; readonly count: number };
}

export interface SimulationRun {
  readonly runs: number;
  /** What did not hold, and in which run: `takeovers 12: G1 row_twice`. */
  readonly found?: string;
  readonly hits?: readonly number[];
}

const { root, mutant, seed, exploreRuns, familyRuns, probes } = JSON.parse(process.argv[2] ?? '') as SimulationTask;
const hits = new Uint8Array(probes?.count ?? 0);
(globalThis as Record<string, unknown>)[HITS] = hits;

registerHooks({
  load(url, context, nextLoad) {
    const file = url.startsWith('file:') ? path.relative(root, fileURLToPath(url)).split(path.sep).join('/') : '';
    const first = probes?.first[file];
    if (first === undefined && mutant?.file !== file) return nextLoad(url, context);
    const text = readFileSync(path.join(root, file), 'utf8');
    const source = first === undefined ? mutate(text, mutant!) : withProbes(file, text, first);
    return { ...nextLoad(url, context), source };
  },
});

// Only now: what is loaded before the hook is the code as it is.
const { drawCase } = await import('../sim/case/draw-case.ts');
const { runCase } = await import('../sim/case/sim-case.ts');
const { caseSeed } = await import('../explore/run-chunk.ts');
const { drawFamilyCase } = await import('../mutants/families.ts');
const { findingsOf } = await import('../mutants/run-budget.ts');
const { FAMILIES } = await import('../mutants/mutant.ts');

/** Runs in turns: as many of each kind at any time as their numbers ask for. */
function* plans(): Generator<{ readonly name: string; readonly plan: CasePlan }> {
  const rounds = Math.max(exploreRuns, familyRuns);
  for (let round = 1; round <= rounds; round++) {
    if (round <= exploreRuns) yield { name: `explore ${round}`, plan: drawCase(caseSeed(seed, round)) };
    if (round > familyRuns) continue;
    for (const family of FAMILIES) yield { name: `${family} ${round}`, plan: drawFamilyCase(family, seed + round - 1) };
  }
}

async function run(): Promise<SimulationRun> {
  let runs = 0;
  for (const { name, plan } of plans()) {
    runs += 1;
    const [first] = findingsOf(await runCase(plan));
    if (first !== undefined) return { runs, found: `${name}: ${first.guarantee} ${first.anomaly}` };
  }
  return { runs };
}

const ended = await run();
const told: SimulationRun =
  probes === undefined ? ended : { ...ended, hits: [...hits.keys()].filter((at) => hits[at]) };
process.stdout.write(`${JSON.stringify(told)}\n`, () => process.exit(0));
