/** Runs scenarios one after the other on one infra, each in a world of its own. */
import path from 'node:path';
import type { Verdict } from '../checks/verify.ts';
import { startInfra } from '../infra/start-infra.ts';
import type { InfraOptions } from '../infra/types.ts';
import { RealWorld, type RealWorldOptions } from './real/real-world.ts';
import { runScenario } from './run-scenario.ts';
import type { Scenario, ScenarioReport } from './scenario.ts';

export interface RunScenariosOptions {
  readonly infra: InfraOptions;
  /** For each run's logs, ledgers and checkpoints. */
  readonly folder: string;
  readonly say: (text: string) => void;
}

export async function runScenarios(
  scenarios: readonly Scenario[],
  options: RunScenariosOptions,
): Promise<ScenarioReport[]> {
  const { say, folder } = options;
  await using infra = await startInfra({ ...options.infra, onProgress: ({ part, text }) => say(`${part}: ${text}`) });
  const reports: ScenarioReport[] = [];
  for (const scenario of scenarios) {
    say(`${scenario.name}: ${scenario.title}`);
    const report = await runOnParts(scenario, infra, path.join(folder, scenario.name));
    reports.push(report);
    say(`${scenario.name}: ${report.verdict} in ${(report.tookMs / 1000).toFixed(1)} s`);
    for (const problem of report.problems) say(`  ${problem}`);
  }
  return reports;
}

/**
 * One scenario in a world of its own. Where `infra` has no parts, only endpoints, others use it too, and nothing is killed.
 * Logs, ledgers and checkpoints go to `folder`.
 */
export async function runOnParts(
  scenario: Scenario,
  infra: RealWorldOptions['infra'],
  folder: string,
): Promise<ScenarioReport> {
  const { name, partitions = 1, settings = {} } = scenario;
  await using world = await RealWorld.create({ name, infra, partitions, folder, settings });
  return await runScenario(scenario, world);
}

/** FAIL before UNKNOWN before NODATA before PASS; NODATA where nothing ran. */
export function overallVerdict(reports: readonly ScenarioReport[]): Verdict {
  for (const verdict of ['FAIL', 'UNKNOWN', 'NODATA'] as const) {
    if (reports.some((report) => report.verdict === verdict)) return verdict;
  }
  return reports.length === 0 ? 'NODATA' : 'PASS';
}
