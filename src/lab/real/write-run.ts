/** Writes verify.json and run.json, when a run is over (src/lab/artifacts.ts). */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { VerifyReport } from '../../checks/verify.ts';
import { EVENTS_FILE, METRICS_FILE, RUN_FILE, type RunArtifacts, SENT_FILE, VERIFY_FILE } from '../artifacts.ts';
import type { Scenario, ScenarioReport } from '../scenario.ts';
import type { RealWorld } from './real-world.ts';

export async function writeRun(
  scenario: Scenario,
  world: RealWorld,
  report: Pick<ScenarioReport, 'verdict' | 'problems' | 'details' | 'bits' | 'seed' | 'tookMs'>,
  verified: VerifyReport | null,
  folder: string,
  command = `npm run lab -- run ${scenario.name} --seed ${report.seed}`,
): Promise<void> {
  const { recorder, faults, workloads } = world;
  const { verdict, problems, details = [], bits, seed, tookMs } = report;
  const endedAtMs = world.nowMs();
  const run: RunArtifacts = {
    format: 1,
    scenario: {
      name: scenario.name,
      title: scenario.title,
      whatCouldGoWrong: scenario.whatCouldGoWrong,
      guarantees: scenario.guarantees,
      tags: scenario.tags ?? [],
      partitions: scenario.partitions ?? 1,
      ending: scenario.ending ?? 'drained',
      settings: scenario.settings ?? {},
    },
    verdict,
    problems,
    ...(details.length === 0 ? {} : { details }),
    bits,
    seed,
    command,
    topic: world.topic,
    dataset: world.dataset,
    startedAtMs: endedAtMs - tookMs,
    endedAtMs,
    phases: recorder.phases(endedAtMs),
    faults: faults.records(recorder.history),
    processors: recorder.processors(),
    files: {
      events: EVENTS_FILE,
      sent: SENT_FILE,
      ledgers: workloads.ledgers,
      metrics: METRICS_FILE,
      verify: verified === null ? null : VERIFY_FILE,
    },
  };
  if (verified !== null) await writeFile(path.join(folder, VERIFY_FILE), `${JSON.stringify(verified, null, 2)}\n`);
  await writeFile(path.join(folder, RUN_FILE), `${JSON.stringify(run, null, 2)}\n`);
}
