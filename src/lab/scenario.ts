/**
 * A scenario: what is done to a running pipeline, what could go wrong, and which guarantees are at stake. The story is told
 * in code that reads as documentation; every scenario ends the same way: heal, drain, check.
 *
 * A scenario counts only if its fault bit. What must have happened for that is said with `world.bit`; a story whose fault
 * missed ends UNKNOWN, never PASS.
 */
import type { Guarantee } from '../checks/findings.ts';
import type { Verdict } from '../checks/verify.ts';
import type { CrashPoint } from '../processor/crash-points.ts';
import type { ProcessorEvent, ProcessorEventType } from '../processor/events.ts';
import type { SimulationDials } from '../simulator/plan.ts';
import type { SimulationSummary } from '../simulator/summary.ts';

export interface Scenario {
  /** kebab-case, as its file. */
  readonly name: string;
  readonly title: string;
  /** What a pipeline without the protocol would do here. */
  readonly whatCouldGoWrong: string;
  readonly guarantees: readonly Guarantee[];
  readonly partitions?: number;
  /** Settings of every processor, by their environment variables. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly run: (world: ScenarioWorld) => Promise<void>;
}

/** Checks the names once, so that a scenario file is plain data and one function. */
export function defineScenario(scenario: Scenario): Scenario {
  if (!/^[a-z][a-z0-9-]*$/.test(scenario.name)) throw new RangeError(`scenario name ${scenario.name}: use kebab-case`);
  return Object.freeze({ ...scenario });
}

/** One record, as a producer would send it. */
export interface ScenarioRecord {
  readonly key: string | null;
  readonly value: string | Buffer | null;
  readonly partition: number;
}

export interface StartOptions {
  readonly flags?: readonly string[];
  readonly settings?: Readonly<Record<string, string>>;
  /** Default: one group for all. */
  readonly groupId?: string;
  /** Ends with SIGKILL at the n-th time (from 1) that it comes by this point. */
  readonly crashAt?: { readonly point: CrashPoint; readonly hit: number };
}

/** One processor process, over one life. */
export interface RunningProcessor {
  readonly name: string;
  readonly running: boolean;
  /** The first event of that type, seen or to come, that satisfies the condition. */
  waitFor<T extends ProcessorEventType>(
    type: T,
    timeoutMs: number,
    condition?: (event: Extract<ProcessorEvent, { type: T }>) => boolean,
  ): Promise<Extract<ProcessorEvent, { type: T }>>;
  eventsOf<T extends ProcessorEventType>(type: T): Extract<ProcessorEvent, { type: T }>[];
  /** kill -9. */
  kill(): Promise<unknown>;
  /** SIGTERM; resolves with its exit. */
  stop(): Promise<{ readonly code: number | null }>;
  pause(): void;
  resume(): void;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

export interface ScenarioWorld {
  /** Sends a seeded workload; resolves when it is acknowledged. */
  send(dials: SimulationDials): Promise<SimulationSummary>;
  /** Sends these records in order; resolves with their offsets. */
  sendRecords(records: readonly ScenarioRecord[]): Promise<number[]>;
  /** Starts a processor; a name that ran before keeps its checkpoint. */
  start(name: string, options?: StartOptions): RunningProcessor;
  /** Deletes the checkpoint directory of a processor that is not running. */
  loseCheckpoint(name: string): Promise<void>;
  /** Resolves when everything in the topic is below a checkpoint; starts a processor if none runs. */
  drain(timeoutMs?: number): Promise<void>;
  /** SELECT over the dataset; `{dataset}` stands for its name. Values as text, numbers or null. */
  query(sql: string): Promise<Record<string, unknown>[]>;
  /** Says that something must have happened for the story to count, and whether it has. */
  bit(what: string, happened: boolean): void;
  /** Events of all processors of all lives so far. */
  allEventsOf<T extends ProcessorEventType>(type: T): Extract<ProcessorEvent, { type: T }>[];
}

export interface ScenarioReport {
  readonly name: string;
  readonly verdict: Verdict;
  /** One line per reason for a verdict that is not PASS. */
  readonly problems: readonly string[];
  readonly bits: readonly { readonly what: string; readonly happened: boolean }[];
  readonly tookMs: number;
}
