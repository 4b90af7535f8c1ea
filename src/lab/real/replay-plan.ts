/**
 * A case of the simulated world as a story on real parts: the same records, the same processes, the faults that exist in both
 * worlds. It runs to its verdict as every scenario does (run-to-verdict.ts). With a mutant, the processors run its patches
 * (src/lab/mutants).
 *
 * UNKNOWN where the plan cannot be done. Noise is not replayed: real parts have their own.
 */
import { GUARANTEES } from '../../checks/findings.ts';
import type { Verdict } from '../../checks/verify.ts';
import { runOnParts } from '../run-on-parts.ts';
import type { RunFailure } from '../run-to-verdict.ts';
import { defineScenario, type ScenarioWorld } from '../scenario.ts';
import type { CasePlan } from '../sim/case/case-plan.ts';
import type { WorkloadRecord } from '../sim/case/workload.ts';
import { doFault, doomedLife, Pipeline } from './do-fault.ts';
import { type RealSteps, realSteps } from './plan-on-real-parts.ts';
import type { RealWorldOptions } from './real-world.ts';

export interface ReplayOptions {
  readonly infra: RealWorldOptions['infra'];
  /** For logs, checkpoints and artifacts; kept. */
  readonly folder: string;
  readonly mutant?: string;
}

export interface ReplayReport {
  readonly verdict: Verdict;
  readonly failures: readonly RunFailure[];
  /** Reasons for UNKNOWN. */
  readonly unknown: readonly string[];
}

/** What simulated processors run with (sim/world/processor-main.ts). */
const SIM_SETTINGS = { WATERMARK_DELAY: '60s', CHECKPOINT_INTERVAL: '1s', ACCEPT_CLOCK_RISK: 'true' };
const DRAIN_TIMEOUT_MS = 45_000;

export async function replayOnRealParts(plan: CasePlan, options: ReplayOptions): Promise<ReplayReport> {
  const steps = realSteps(plan);
  if (steps.cannot.length > 0) return { verdict: 'UNKNOWN', failures: [], unknown: steps.cannot };
  const { infra, folder, mutant } = options;
  const story = defineScenario({
    name: 'replay',
    title: `a case of the simulated world, seed ${plan.seed}`,
    whatCouldGoWrong: 'What went wrong in the simulated world.',
    guarantees: GUARANTEES,
    partitions: plan.partitions,
    settings: SIM_SETTINGS,
    faultsMeet: 'anything',
    mustLive: true,
    knowsSums: false,
    run: (world) => tell(plan, steps, world),
  });
  const { report, failures, unknown } = await runOnParts(story, infra, folder, {
    seed: plan.seed,
    drainTimeoutMs: DRAIN_TIMEOUT_MS,
    ...(mutant === undefined ? {} : { mutant }),
  });
  return { verdict: report.verdict, failures, unknown };
}

async function tell(plan: CasePlan, { crashPoints, timed }: RealSteps, world: ScenarioWorld): Promise<void> {
  const { processes, separateGroups = false, workload } = plan;
  const pipeline = new Pipeline(world, {
    processes,
    startOptions: (name) => (separateGroups ? { groupId: `${world.topic}-${name}` } : {}),
  });
  const startedMs = world.nowMs();
  // What is sent at the start is there when the processes come, as in the simulated world.
  await send(workload, startedMs, world, (record) => record.atMs <= 1);
  const lives = processes.map(async (name) => {
    const crash = crashPoints.get(name);
    if (crash === undefined) pipeline.start(name);
    else await doomedLife(crash, pipeline);
  });
  const faults = timed.map(({ when, ...fault }) => {
    const moment = 'atMs' in when ? { afterMs: Math.max(0, startedMs + when.atMs - world.nowMs()) } : when;
    return doFault({ ...fault, when: moment }, pipeline);
  });
  await Promise.all([send(workload, startedMs, world, (record) => record.atMs > 1), ...lives, ...faults]);
  world.bit(`all records and all faults of the case were replayed (${plan.faults.length} faults)`, true);
}

/** One request per run of records that are due together. */
async function send(
  workload: readonly WorkloadRecord[],
  startedMs: number,
  world: ScenarioWorld,
  isWanted: (record: WorkloadRecord) => boolean,
): Promise<void> {
  const wanted = workload.filter(isWanted).toSorted((a, b) => a.atMs - b.atMs);
  for (let from = 0; from < wanted.length; ) {
    const { atMs } = wanted[from]!;
    let to = from;
    while (to < wanted.length && wanted[to]!.atMs === atMs) to++;
    await world.sleep(Math.max(0, startedMs + atMs - world.nowMs()));
    await world.sendRecords(wanted.slice(from, to));
    from = to;
  }
}
