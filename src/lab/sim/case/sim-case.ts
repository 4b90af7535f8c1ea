/**
 * One run from start to verdict: a world, processes, a workload, faults; then everything is healed and the log must drain;
 * then an independent oracle checks the tables. Plain data in, plain data out: the same plan gives the same outcome and trace.
 */
import type { ProcessorEvent } from '../../../processor/events.ts';
import type { SimFault } from '../../fault.ts';
import type { DeltaParts } from '../delta/delta-parts.ts';
import { SIM_DELTA_LIMITS } from '../delta/sim-delta-limits.ts';
import { simRegistry } from '../registry/sim-registry.ts';
import { createWorld } from '../world/create-world.ts';
import { processorMain, processorSettings, type SimWiring } from '../world/processor-main.ts';
import { seedKnown } from '../world/seed-known.ts';
import { type Sending, sendWorkload } from '../world/send-workload.ts';
import type { World } from '../world/world.ts';
import type { CasePlan } from './case-plan.ts';
import { type CaseJudgement, excusedStops, judge, type StoppedPartition } from './case-verdict.ts';
import { CoverageEvents } from './coverage-events.ts';
import type { CoverageMark } from './coverage-marks.ts';
import { rulesByLife } from './draw-rules.ts';
import { settingsByLife } from './settings-by-life.ts';

export interface CaseOutcome extends CaseJudgement {
  /** Planned faults that struck, in order. */
  readonly fired: readonly SimFault[];
  /** When, in virtual ms, one for one. */
  readonly firedAtMs: readonly number[];
  /** How many of them struck while records were waiting for a checkpoint. */
  readonly overlapping: number;
  /** What the noise did to answers, as faults that would do the same. */
  readonly drawn: readonly SimFault[];
  /** How often each effect struck an answer, planned or noise, as `append:lost_after`. */
  readonly effects: ReadonlyMap<string, number>;
  /** How often each point was passed: operations, and the processor's crash points. */
  readonly points: ReadonlyMap<string, number>;
  /** How often each event of the processors occurred. */
  readonly events: ReadonlyMap<string, number>;
  readonly marks: ReadonlyMap<CoverageMark, number>;
  /** SHA-256 of the timeline. */
  readonly traceDigest: string;
  /** The story: `<virtual ms> <who> <what>`. */
  readonly timeline: readonly string[];
  readonly steps: number;
  readonly virtualMs: number;
}

export interface RunCaseOptions {
  /** The ports changed in some way: a weakened processor, to see that the lab finds it. */
  readonly weaken?: (wiring: SimWiring) => SimWiring;
  /** Virtual time that draining may take after everything is healed. Default: ten minutes. */
  readonly drainMs?: number;
}

const DRAIN_MS = 600_000;
/** Much more than any run of a few hundred records takes; a run that needs more is stuck. */
const STEPS_MAX = 200_000;

export async function runCase(plan: CasePlan, options: RunCaseOptions = {}): Promise<CaseOutcome> {
  return (await runCaseInWorld(plan, options)).outcome;
}

/** The same, with the world as it was left: for tests that look into its tables. */
export async function runCaseInWorld(
  plan: CasePlan,
  options: RunCaseOptions = {},
): Promise<{ outcome: CaseOutcome; world: World }> {
  const { seed, partitions, faults, noise, dialect = 'service', isEmulator = true } = plan;
  const delta = await deltaPartsOf(plan);
  const world = createWorld({
    seed,
    partitions,
    faults,
    noise,
    dialect,
    isEmulator,
    delta,
    keptCommits: keptCommitsOf(plan),
  });
  const events = new Map<string, number>();
  const stopped: StoppedPartition[] = [];
  const markEvents = new CoverageEvents(world);
  const { decision } = processorSettings(`${plan.processes[0]}.1`, {
    decision: (owner) => plan.decisions?.[owner] ?? {},
  });
  if (plan.known !== undefined) seedKnown(world, plan.known, decision);
  startAll(plan, options, world, (process, life, event) => {
    events.set(event.type, (events.get(event.type) ?? 0) + 1);
    markEvents.see(process, life, event);
    if (event.type === 'partition.stopped') stopped.push({ process: `${process}.${life}`, ...event });
    if (TOLD.has(event.type)) world.trace.add(`${process}.${life}`, JSON.stringify(event));
  });
  const sending = sendWorkload(plan.workload, world);
  const undrained = await runToTheEnd(plan, options.drainMs ?? DRAIN_MS, world, stopped, sending);
  markEvents.end();
  const judgement = await judge(plan, world, stopped, undrained);
  const { fired, firedAtMs, overlapping, drawn, effects, points } = world.context.faults;
  const outcome: CaseOutcome = {
    ...judgement,
    fired,
    firedAtMs,
    overlapping,
    drawn,
    effects,
    points,
    events,
    marks: world.context.marks.hits,
    traceDigest: world.trace.digest(),
    timeline: world.trace.lines,
    steps: world.context.scheduler.steps,
    virtualMs: world.nowMs,
  };
  return { outcome, world };
}

function keptCommitsOf({ deltaLimits }: CasePlan): number {
  return deltaLimits?.keptCommits ?? SIM_DELTA_LIMITS.keptCommits;
}

/** Loaded only where the case has that sink. */
async function deltaPartsOf({ sink, parquet }: CasePlan): Promise<DeltaParts | undefined> {
  if (sink !== 'delta') return undefined;
  const { DeltaParts } = await import('../delta/delta-parts.ts');
  return new DeltaParts(parquet === true ? (await import('../delta/parquet-files.ts')).PARQUET_FILES : undefined);
}

/** Events that belong into the story. */
const TOLD: ReadonlySet<string> = new Set([
  'takeover.claimed',
  'takeover.lost_claim',
  'takeover.positioned',
  'takeover.counts_differ',
  'settings.changed',
  'state.restored',
  'state.discarded',
  'replay.finished',
  'partition.fenced',
  'partition.released',
  'partition.stopped',
]);

function startAll(
  plan: CasePlan,
  { weaken }: RunCaseOptions,
  world: World,
  observe: (process: string, life: number, event: ProcessorEvent) => void,
): void {
  const { isEmulator = true, decisions, rules, limits, deltaLimits, separateGroups, compaction } = plan;
  const schemaParts = plan.schemas === undefined ? undefined : simRegistry(plan.schemas, plan.registry ?? {}, world);
  for (const name of plan.processes) {
    const main = processorMain({
      isEmulator,
      delta: world.delta?.parts,
      deltaLimits,
      ...settingsByLife(decisions),
      ...(rules === undefined ? {} : { rules: rulesByLife(rules) }),
      ...(plan.looksFirst === true ? { acceptNothing: false } : {}),
      ...(schemaParts === undefined ? {} : { schemaParts }),
      ...(limits === undefined ? {} : { limits }),
      ...(weaken === undefined ? {} : { weaken }),
      observer: { emit: (event) => observe(name, world.processes.get(name)?.life?.number ?? 0, event) },
    });
    world.spawn(name, main, {
      ...(separateGroups === true ? { groupId: `group-${name}` } : {}),
      ...(compaction === undefined ? {} : { compaction }),
    });
  }
}

/** Runs through faults, healing and draining; returns what did not drain without an excuse. */
async function runToTheEnd(
  plan: CasePlan,
  drainMs: number,
  world: World,
  stopped: readonly StoppedPartition[],
  sending: Sending,
): Promise<string[]> {
  const lags = (partition: number): boolean =>
    world.stored.checkpointed(partition) < world.kafka.partition(partition).endOffset;
  const isExcused = (): boolean => {
    const excused = excusedStops(world.fired, plan);
    return excused.size > 0 && stopped.some(({ code }) => excused.has(code));
  };
  const waiting = (): number[] => [...world.kafka.partitions.keys()].filter(lags);
  const isOver = (): boolean => {
    if (allStopped(world)) return true;
    const open = waiting();
    return (
      (open.length === 0 && sending.unsent === 0) ||
      (isExcused() && open.every((partition) => isStopped(partition, stopped)))
    );
  };
  let end = await world.run(() => world.nowMs >= plan.healAtMs, { maxMs: plan.healAtMs, maxSteps: STEPS_MAX });
  if (end === 'out_of_time' || end === 'done') {
    world.heal(plan.survivor);
    end = await world.run(isOver, { maxMs: plan.healAtMs + drainMs, maxSteps: STEPS_MAX });
  }
  const excused = excusedStops(world.fired, plan);
  const endedWithExcuse = allStopped(world) && excused.size > 0;
  const unsent = sending.unsent > 0 ? [`${sending.unsent} records were not sent (${end} at ${world.nowMs} ms)`] : [];
  const undrained = waiting()
    .filter((partition) => !endedWithExcuse && !(isExcused() && isStopped(partition, stopped)))
    .map((partition) => {
      const { endOffset } = world.kafka.partition(partition);
      const checkpoint = world.stored.checkpointed(partition);
      return `partition ${partition} did not drain (${end} at ${world.nowMs} ms): checkpoint at ${checkpoint}, log ends at ${endOffset}`;
    });
  return [...undrained, ...unsent];
}

function isStopped(partition: number, stopped: readonly StoppedPartition[]): boolean {
  return stopped.some((stop) => stop.partition === partition);
}

function allStopped(world: World): boolean {
  return [...world.processes.values()].every((process) => !process.running && !process.restartPending);
}
