/**
 * A drawn plan as a story on real parts: load and faults, with a comparison of the tables with the topic by SQL after each fault
 * and at the end. It runs to its verdict as every scenario does (run-to-verdict.ts): every fault drawn is one to live through.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GUARANTEES } from '../../checks/findings.ts';
import type { Verdict } from '../../checks/verify.ts';
import type { ProcessorEvent } from '../../processor/events.ts';
import type { FaultRecord } from '../artifacts.ts';
import { doFault, doomedLife, Pipeline, type StoryFault } from '../real/do-fault.ts';
import type { RealWorldOptions } from '../real/real-world.ts';
import { runOnParts } from '../run-on-parts.ts';
import type { RunWatch } from '../run-progress.ts';
import type { RunFailure } from '../run-to-verdict.ts';
import { defineScenario, type ScenarioWorld } from '../scenario.ts';
import { type DrawnFault, type DrawnPlan, faultOf, kindOf, LANES, type Lane, laneOf } from './drawn-plan.ts';
import { dialsOf } from './drawn-workload.ts';

export interface RunDrawnOptions {
  readonly infra: RealWorldOptions['infra'];
  /** For logs, checkpoints and artifacts; kept. */
  readonly folder: string;
  /** With this bug in the processors (src/lab/mutants). */
  readonly mutant?: string;
  readonly watch?: RunWatch;
  /** The line that runs it again, for its artifacts. */
  readonly command?: string;
}

export interface DrawnOutcome {
  readonly verdict: Verdict;
  readonly failures: readonly RunFailure[];
  /** Reasons for UNKNOWN. */
  readonly unknown: readonly string[];
  /** Planned ones, with their accounts. */
  readonly faults: readonly FaultRecord[];
  /** Records in the topic. */
  readonly records: number;
  /** How often the tables were compared with the topic by SQL, and how many records below checkpoints the last time. */
  readonly sqlChecks: number;
  readonly recordsCompared: number;
  /** How often each reaction of the processors was seen. */
  readonly reactions: Readonly<Record<string, number>>;
  readonly tookMs: number;
}

const SESSION_TIMEOUT = '2s';
const RUNS_WITHIN_MS = 90_000;
/** Up to four faults of a minute or two each, on a machine with other work. */
const STORY_MS = 900_000;
export const PLAN_FILE = 'plan.json';

export async function runDrawnPlan(plan: DrawnPlan, options: RunDrawnOptions): Promise<DrawnOutcome> {
  const { infra, folder, mutant, watch, command } = options;
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, PLAN_FILE), `${JSON.stringify(plan, null, 2)}\n`);
  const comparisons = { sqlChecks: 0, recordsCompared: 0 };
  const story = storyOf(plan, async (world) => {
    comparisons.recordsCompared = await world.compare();
    comparisons.sqlChecks++;
  });
  const { report, failures, unknown, faults, records, events } = await runOnParts(story, infra, folder, {
    seed: plan.workload.seed,
    watch,
    command,
    ...(mutant === undefined ? {} : { mutant }),
  });
  const { verdict, tookMs } = report;
  return { verdict, failures, unknown, faults, records, ...comparisons, reactions: reactionsIn(events), tookMs };
}

function storyOf(plan: DrawnPlan, compare: (world: ScenarioWorld) => Promise<void>) {
  return defineScenario({
    name: 'drawn-plan',
    title: plan.faults.map(kindOf).join(', '),
    whatCouldGoWrong: 'Two faults that meet, in an order that no scenario has.',
    guarantees: GUARANTEES,
    tags: ['drawn'],
    partitions: plan.partitions,
    proxied: true,
    settings: {
      WATERMARK_DELAY: `${plan.watermarkDelayMs}ms`,
      // Short delays, so that much is late.
      ACCEPT_CLOCK_RISK: 'true',
      CHECKPOINT_INTERVAL: `${plan.checkpointIntervalMs}ms`,
      KAFKA_SESSION_TIMEOUT: SESSION_TIMEOUT,
    },
    mustLive: true,
    knowsSums: false,
    storyMs: STORY_MS,
    run: (world) => tell(plan, world, () => compare(world)),
    check: compare,
  });
}

/** The load lasts until the last fault is over. */
async function tell(plan: DrawnPlan, world: ScenarioWorld, check: () => Promise<void>): Promise<void> {
  const pipeline = new Pipeline(world, { processes: plan.processors, check, awaitsTakeover: true });
  let done = 0;
  const lane = async (name: Lane): Promise<void> => {
    for (const fault of plan.faults) {
      if (laneOf(fault) !== name) continue;
      await doDrawn(fault, pipeline);
      done++;
    }
  };
  const first = lane('takeover');
  const over = started(plan, pipeline).then(() =>
    Promise.all([first, ...LANES.filter((name) => name !== 'takeover').map(lane)]),
  );
  await Promise.all([world.send(dialsOf(plan), { stopWhen: over }), over]);
  world.bit(`all faults of the plan were done (${done} of ${plan.faults.length})`, done === plan.faults.length);
}

async function doDrawn(fault: DrawnFault, pipeline: Pipeline): Promise<void> {
  const { world } = pipeline;
  const timeless = faultOf(fault) as StoryFault;
  if (fault.when === undefined) {
    await doFault(timeless, pipeline);
    return;
  }
  const when = { acknowledged: world.acknowledged + fault.when.afterRecords };
  if (fault.what === 'crash' && 'point' in fault.when) {
    // Stopped in order, so that what happens at the point is the crash's doing alone.
    await world.moment(when);
    await pipeline.stop(fault.process);
    await doomedLife({ ...fault, ...fault.when }, pipeline);
    return;
  }
  await doFault({ ...timeless, when }, pipeline);
}

/** The first has every partition to itself for a while: it then holds a state of each. */
async function started({ processors, partitions }: DrawnPlan, pipeline: Pipeline): Promise<void> {
  const [first, ...others] = processors.map((name) => () => pipeline.start(name));
  const running = first!();
  await Promise.all(
    Array.from({ length: partitions }, (_, partition) =>
      running.waitFor('takeover.running', RUNS_WITHIN_MS, (at) => at.partition === partition),
    ),
  );
  await Promise.all(others.map((start) => start().waitFor('takeover.running', RUNS_WITHIN_MS)));
  await running.waitFor('checkpoint.written', RUNS_WITHIN_MS);
}

export function failureText({ guarantee, kind, message }: RunFailure): string {
  return `${guarantee ?? 'stop'} ${kind}: ${message}`;
}

const REACTIONS: Readonly<Record<string, (event: ProcessorEvent) => boolean>> = {
  'takeover.claimed': ({ type }) => type === 'takeover.claimed',
  'takeover.lost_claim': ({ type }) => type === 'takeover.lost_claim',
  'takeover.counts_differ': ({ type }) => type === 'takeover.counts_differ',
  'partition.fenced': ({ type }) => type === 'partition.fenced',
  'state.discarded': ({ type }) => type === 'state.discarded',
  'state.rebuilt': (event) => event.type === 'state.restored' && event.how === 'rebuilt',
  'rows.compared': (event) => event.type === 'replay.finished' && event.rowsSkipped > 0,
  'service.waiting': ({ type }) => type === 'service.waiting',
  'log.recheck': ({ type }) => type === 'log.recheck',
};

function reactionsIn(events: readonly ProcessorEvent[]): Record<string, number> {
  return Object.fromEntries(Object.entries(REACTIONS).map(([name, isIt]) => [name, events.filter(isIt).length]));
}
