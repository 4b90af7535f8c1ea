/**
 * One run from start to verdict: a world, processes, a workload, faults; then everything is healed and the log must drain;
 * then the tables are checked. Plain data in, plain data out: the same case gives the same outcome and trace.
 */
import type { ProcessorEvent } from '../../processor/events.ts';
import type { Fault, FaultPlan, Noise } from './plan.ts';
import { processorMain, type SimProcessorOptions } from './processor-main.ts';
import type { Dialect } from './sim-bigquery.ts';
import { checkTables } from './table-checks.ts';
import { send, type WorkloadRecord } from './workload.ts';
import { createWorld, type World } from './world.ts';

export interface SimCase {
  readonly seed: number;
  readonly partitions: number;
  readonly processes: readonly string[];
  /** Processes that are in a consumer group of their own: two owners of everything. */
  readonly separateGroups?: boolean;
  readonly workload: readonly WorkloadRecord[];
  readonly faults: FaultPlan;
  readonly noise: Noise;
  readonly dialect?: Dialect;
  /** Virtual time at which everything is healed. */
  readonly healAtMs: number;
  readonly processor?: SimProcessorOptions;
}

export interface SimOutcome {
  readonly verdict: 'pass' | 'fail' | 'stuck';
  readonly findings: readonly string[];
  readonly fired: readonly Fault[];
  /** How often each effect struck, as `append:lost_after`. */
  readonly effects: ReadonlyMap<string, number>;
  /** How often each point was passed: operations, and the processor's crash points. */
  readonly points: ReadonlyMap<string, number>;
  /** How often each event of the processors occurred. */
  readonly events: ReadonlyMap<string, number>;
  readonly steps: number;
  readonly virtualMs: number;
  readonly world: World;
}

const DRAIN_MS = 600_000;

export async function runCase(sim: SimCase): Promise<SimOutcome> {
  const { seed, partitions, faults, noise, dialect = 'service' } = sim;
  const world = createWorld({ seed, partitions, faults, noise, dialect });
  const events = new Map<string, number>();
  const countEvent = (event: ProcessorEvent): void => {
    events.set(event.type, (events.get(event.type) ?? 0) + 1);
    if (TOLD.has(event.type)) world.trace.add('processor', JSON.stringify(event));
  };
  startAll(sim, world, countEvent);
  for (const record of sim.workload) {
    world.after(record.atMs, () => {
      const later = (delayMs: number, action: () => void): void => world.after(delayMs, action);
      send(record, world.kafka.partition(record.partition), world.nowMs, later);
    });
  }
  const limits = { maxMs: sim.healAtMs + DRAIN_MS };
  const isOver = (): boolean => isDrained(world) || allStopped(world);
  let end = await world.run(() => world.nowMs >= sim.healAtMs, { maxMs: sim.healAtMs });
  if (end === 'out_of_time' || end === 'done') {
    world.heal();
    end = await world.run(isOver, limits);
  }
  const findings = checkTables(world, false);
  for (const process of world.processes.values()) {
    for (const { life, value, error } of process.exits) {
      const { exitCode, why } = (value ?? {}) as { exitCode?: number; why?: string };
      if (error !== undefined) findings.push(`${process.name}.${life} ended with ${error}`);
      else if (exitCode !== 0) findings.push(`${process.name}.${life} exited with ${exitCode}: ${why}`);
    }
  }
  const drained = isDrained(world);
  if (!drained) findings.push(`not drained: ${end} at ${world.nowMs} ms`);
  const verdict = findings.length === 0 ? 'pass' : drained || findings.length > 1 ? 'fail' : 'stuck';
  const { fired, effects, points } = world.context.faults;
  const { steps } = world.context.scheduler;
  return { verdict, findings, fired, effects, points, events, steps, virtualMs: world.nowMs, world };
}

/** Events that belong into the story. */
const TOLD: ReadonlySet<string> = new Set([
  'takeover.claimed',
  'takeover.positioned',
  'takeover.counts_differ',
  'state.restored',
  'state.discarded',
  'replay.finished',
  'partition.fenced',
  'partition.released',
  'partition.stopped',
]);

function startAll(sim: SimCase, world: World, observe: (event: ProcessorEvent) => void): void {
  const isEmulator = sim.processor?.isEmulator ?? true;
  const main = processorMain({ ...sim.processor, isEmulator, observer: { emit: observe } });
  for (const name of sim.processes) {
    world.spawn(name, main, sim.separateGroups === true ? { groupId: `group-${name}` } : {});
  }
}

function isDrained(world: World): boolean {
  return world.kafka.partitions.every(
    (log, partition) => world.bigquery.tables.checkpointed(partition) >= log.endOffset,
  );
}

function allStopped(world: World): boolean {
  return [...world.processes.values()].every((process) => !process.running && !process.restartPending);
}
