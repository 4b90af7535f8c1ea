/**
 * The simulated world: one broker, one sink (BigQuery, or Delta Lake on an object store), any number of processes, one seed. Nothing in it is global; two worlds of
 * one seed and plan tell the same story, byte for byte (Trace).
 */

import type { SimFault } from '../../fault.ts';
import { type Dialect, SimBigQuery } from '../bigquery/sim-bigquery.ts';
import { StoredTables } from '../bigquery/stored-tables.ts';
import { CoverageMarks } from '../case/coverage-marks.ts';
import { CALM, type Noise } from '../case/noise.ts';
import { Trace } from '../case/trace.ts';
import type { DeltaParts } from '../delta/delta-parts.ts';
import type { OtherEngine } from '../delta/other-engine.ts';
import type { SimStore } from '../delta/sim-store.ts';
import { SimKafka } from '../kafka/sim-kafka.ts';
import type { SimStored } from '../stored.ts';
import type { SimContext } from './context.ts';
import { FaultInjector } from './fault-injector.ts';
import { Rng } from './rng.ts';
import { type ProcessMain, type ProcessOptions, SimProcess } from './sim-process.ts';
import { type RunEnd, type RunLimits, Scheduler } from './virtual-time.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly partitions: number;
  /** Default: `payment-events`. */
  readonly topic?: string;
  readonly faults?: readonly SimFault[];
  /** Default: CALM. */
  readonly noise?: Noise;
  /** Default: as the documented service. */
  readonly dialect?: Dialect;
  /** Whether the sink is declared to be an emulator, to operators. Default: true. */
  readonly isEmulator?: boolean;
  /** The tables are on Delta Lake, in an object store. Default: they are in BigQuery. */
  readonly delta?: DeltaParts | undefined;
  /** Commits that every engine keeps before a log checkpoint. */
  readonly keptCommits?: number | undefined;
}

const RUN_LIMITS: RunLimits = { maxSteps: 200_000, maxMs: 3_600_000 };

export class World {
  readonly context: SimContext;
  readonly kafka: SimKafka;
  readonly bigquery: SimBigQuery;
  /** Where the tables are on Delta Lake. */
  readonly delta:
    | {
        readonly store: SimStore;
        readonly otherEngine: OtherEngine;
        readonly parts: DeltaParts;
        readonly keptCommits: number;
      }
    | undefined;
  /** What has landed in the sink. */
  readonly stored: SimStored;
  readonly processes = new Map<string, SimProcess>();
  readonly isEmulator: boolean;
  /** Told when an operator has given the topic more partitions. */
  onRescaled: () => void = () => {};

  /** `strike` carries out a fault on this world; `passing`: the process that passed its point. */
  constructor(
    {
      seed,
      partitions,
      topic = 'payment-events',
      faults = [],
      noise = CALM,
      dialect = 'service',
      isEmulator = true,
      delta,
      keptCommits = 0,
    }: WorldOptions,
    strike: (world: World, fault: SimFault, passing: string | undefined) => void,
  ) {
    this.isEmulator = isEmulator;
    const scheduler = new Scheduler(new Rng(seed, 'ties'));
    const trace = new Trace(scheduler);
    const injector = new FaultInjector(faults, noise, new Rng(seed, 'noise'), (fault, process) => {
      injector.firedAtMs.push(scheduler.nowMs);
      if (this.hasWork) injector.overlapping++;
      trace.add('world', `fault ${JSON.stringify(fault)}`);
      strike(this, fault, process);
    });
    const marks = new CoverageMarks();
    this.context = { seed, scheduler, trace, faults: injector, marks, rng: new Rng(seed, 'network') };
    this.kafka = new SimKafka(this.context, topic, partitions);
    this.bigquery = new SimBigQuery(this.context, dialect);
    this.delta = delta && { parts: delta, keptCommits, ...delta.open(this.context) };
    this.stored = this.delta?.parts.stored(this.delta.store, topic) ?? new StoredTables(this.bigquery);
    for (const fault of faults) {
      if ('atMs' in fault.when) scheduler.after(fault.when.atMs, () => injector.timeCame(fault));
    }
  }

  get trace(): Trace {
    return this.context.trace;
  }

  get nowMs(): number {
    return this.context.scheduler.nowMs;
  }

  /** The process of that name, made on first use. */
  process(name: string, options: ProcessOptions = {}): SimProcess {
    let process = this.processes.get(name);
    if (process === undefined) {
      process = new SimProcess(name, this.context, this.kafka, { bigquery: this.bigquery, delta: this.delta }, options);
      this.processes.set(name, process);
    }
    return process;
  }

  /** Starts a process that runs `main`, in this life and in those after a planned crash. */
  spawn(name: string, main: ProcessMain, options: ProcessOptions = {}): SimProcess {
    const process = this.process(name, options);
    process.main = main;
    process.start();
    return process;
  }

  /** Runs an action at a virtual time from now: producers, operators. */
  after(delayMs: number, action: () => void): void {
    this.context.scheduler.after(delayMs, action);
  }

  /**
   * Ends the faulty phase: no more faults, what is down or paused comes back, who died starts again; or all
   * processors but the survivor are gone for good.
   */
  heal(survivor?: string): void {
    this.trace.add('world', 'heals');
    this.context.faults.heal({ ...CALM, fetchRecordsMax: this.context.faults.noise.fetchRecordsMax });
    this.bigquery.downUntilMs = 0;
    if (this.delta !== undefined) this.delta.store.downUntilMs = 0;
    for (const log of this.kafka.partitions) log.heal();
    for (const process of this.processes.values()) {
      if (survivor !== undefined && this.processes.has(survivor) && process.name !== survivor && !process.isOperator) {
        process.crash();
        process.main = undefined;
      }
      process.life?.resume();
      if (!process.running && process.main !== undefined) process.start();
    }
  }

  /** Runs until `isDone()` holds between two events, or the limits are reached. */
  run(isDone: () => boolean, limits: Partial<RunLimits> = {}): Promise<RunEnd> {
    return this.context.scheduler.run(isDone, { ...RUN_LIMITS, ...limits });
  }

  /** Whether records that can be read are not below a checkpoint yet. */
  get hasWork(): boolean {
    return this.kafka.partitions.some((log, partition) => this.stored.checkpointed(partition) < log.endOffset);
  }

  /** Planned faults that have struck. */
  get fired(): readonly SimFault[] {
    return this.context.faults.fired;
  }
}
