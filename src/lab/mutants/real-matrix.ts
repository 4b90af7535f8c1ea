/**
 * Mutants on real parts: each scenario of a pair runs with processors that have the bug, and must end in FAIL by what the
 * pair names. That the same scenarios pass without a bug, `lab run all` shows.
 *
 * FAIL: a scenario that did not notice, or that only something else gave away.
 */
import path from 'node:path';
import { ConfigurationError } from '../../base/errors.ts';
import { systemRuntime } from '../../base/system-runtime.ts';
import { startInfra } from '../../infra/start-infra.ts';
import type { InfraOptions } from '../../infra/types.ts';
import { runOnParts } from '../run-on-parts.ts';
import type { RunProgress } from '../run-progress.ts';
import { sideBySide } from '../run-scenarios.ts';
import type { Scenario, ScenarioReport } from '../scenario.ts';
import { requireMutant } from './catalogue.ts';
import type { MustBreak } from './mutant.ts';
import { misfits } from './patch-hook.ts';
import type { RealPair } from './real-pairs.ts';

export interface RealMutantResult {
  /** The mutant's. */
  readonly name: string;
  readonly scenario: string;
  readonly guarantee: MustBreak;
  readonly anomaly: string;
  /** By its own guarantee, as its own anomaly. */
  readonly killed: boolean;
  readonly killedBy: MustBreak | null;
  readonly verdict: ScenarioReport['verdict'];
  /** What else broke, as `G5 rows_extra`. */
  readonly alsoBroke: readonly string[];
  readonly problems: readonly string[];
  readonly runs: 1;
  readonly seed: number;
  readonly tookMs: number;
  /** Relative to the folder of all. */
  readonly folder: string;
}

export interface RealMutantsReport {
  readonly world: 'real';
  readonly verdict: 'PASS' | 'FAIL';
  readonly seed: number;
  readonly mutants: readonly RealMutantResult[];
  readonly tookMs: number;
}

export interface RealMatrixOptions {
  readonly pairs: readonly RealPair[];
  readonly scenarios: readonly Scenario[];
  readonly infra: InfraOptions;
  /** One folder per pair, as `lab run` leaves it. */
  readonly folder: string;
  readonly seed: number;
  /** Worlds side by side. */
  readonly jobs: number;
  readonly progress: RunProgress;
}

/** A mutant may have lost the records for good: a longer wait shows nothing more. */
const DRAIN_TIMEOUT_MS = 30_000;

export async function runRealMutants(options: RealMatrixOptions): Promise<RealMutantsReport> {
  const { pairs, infra, seed, jobs, progress } = options;
  const problems = misfits(pairs.map(({ mutant }) => requireMutant(mutant)));
  if (problems.length > 0) throw new ConfigurationError(problems);
  const startedMs = systemRuntime.nowMs();
  await using parts = await startInfra({ ...infra, onProgress: ({ part, text }) => progress.news(part, text) });
  const results = new Map<RealPair, RealMutantResult>();
  await sideBySide(pairs, jobs, async (pair) => void results.set(pair, await runPair(pair, parts, options)));
  const mutants = pairs.map((pair) => results.get(pair)!);
  const verdict = mutants.every(({ killed }) => killed) ? 'PASS' : 'FAIL';
  return { world: 'real', verdict, seed, mutants, tookMs: systemRuntime.nowMs() - startedMs };
}

async function runPair(
  pair: RealPair,
  infra: Parameters<typeof runOnParts>[1],
  { scenarios, folder, seed, progress }: RealMatrixOptions,
): Promise<RealMutantResult> {
  const scenario = scenarios.find(({ name }) => name === pair.scenario);
  if (scenario === undefined) throw new RangeError(`${pair.mutant}: no scenario is named ${pair.scenario}`);
  const own = `${pair.scenario}-${pair.mutant}`;
  const watch = progress.begin(own, `${scenario.title}; the bug: ${requireMutant(pair.mutant).what}`);
  const { report } = await runOnParts(scenario, infra, path.join(folder, own), {
    seed,
    watch,
    mutant: pair.mutant,
    drainTimeoutMs: DRAIN_TIMEOUT_MS,
  });
  watch.end(report);
  return { ...judged(pair, report), folder: own };
}

/** What a scenario's report says about the mutant that its processors were. */
export function judged(pair: RealPair, report: ScenarioReport): Omit<RealMutantResult, 'folder'> {
  const { mutant: name, scenario, guarantee, anomaly } = pair;
  const { verdict, broke, stops, problems, seed, tookMs } = report;
  const found: { guarantee: MustBreak; kind: string }[] = [
    ...broke,
    ...stops.map((code) => ({ guarantee: 'liveness' as const, kind: `stopped:${code}` })),
  ];
  const isIt = (each: { guarantee: MustBreak; kind: string }): boolean =>
    each.guarantee === guarantee && each.kind === anomaly;
  const killed = found.some(isIt) && (verdict === 'FAIL' || guarantee === 'liveness');
  return {
    name,
    scenario,
    guarantee,
    anomaly,
    killed,
    killedBy: killed ? guarantee : (found[0]?.guarantee ?? null),
    verdict,
    alsoBroke: found.filter((each) => !isIt(each)).map((each) => `${each.guarantee} ${each.kind}`),
    problems,
    runs: 1,
    seed,
    tookMs,
  };
}
