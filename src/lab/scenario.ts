/**
 * A scenario: what is done to a running pipeline, what could go wrong, and which guarantees are at stake. The story is
 * code that reads as documentation; every scenario ends the same way: heal, drain, check.
 *
 * A scenario counts only if its fault took effect. The story confirms that with `world.bit`; without that it ends UNKNOWN,
 * never PASS.
 */
import type { PlannedFault, RealWhen } from '../../chaos/fault.ts';
import type { SumsByCurrency } from '../checks/by-sql/assertions.ts';
import type { Guarantee } from '../checks/findings.ts';
import type { Verdict, VerifyReport } from '../checks/verify.ts';
import type { CrashPoint, CrashSignals } from '../processor/crash-points.ts';
import type { ProcessorEvent, ProcessorEventType } from '../processor/events.ts';
import type { DeltaCrashPoint } from '../processor/sink-words.ts';
import type { LedgerEntry } from '../simulator/ledger.ts';
import type { SimulationDials } from '../simulator/plan.ts';
import type { Random } from '../simulator/random.ts';
import type { SimulationSummary } from '../simulator/summary.ts';
import type { SinkName } from './sink-names.ts';

export interface Scenario {
  /** kebab-case, as its file. */
  readonly name: string;
  readonly title: string;
  /** What a pipeline without the protocol would do here. */
  readonly whatCouldGoWrong: string;
  readonly guarantees: readonly Guarantee[];
  /** Default 1. */
  readonly partitions?: number;
  /** Settings of every processor, by their environment variables. */
  readonly settings?: Readonly<Record<string, string>>;
  /** For `lab run --tag`. */
  readonly tags?: readonly string[];
  /**
   * Proxies stand between the pipeline and its services, so that the network and single answers can be broken. The lab's
   * own looks at the topic and the tables go past them. `by-name`: the pipeline knows them as `localhost`.
   */
  readonly proxied?: boolean | 'by-name';
  /** Where the story is about one sink alone: which, and why, in a word. Default: told on each. */
  readonly only?: { readonly sink: SinkName; readonly because: string };
  /** Its tables are in an S3-compatible store, on Delta Lake: what is broken is between the pipeline and that. */
  readonly needsStore?: boolean;
  /** Kills the broker or the emulator: never run on parts that others use at the same time. */
  readonly needsOwnInfra?: boolean;
  /**
   * `drained` (default): everything is processed in the end, and everything is checked. `stopped`: the pipeline must
   * stop, and the story says how; what lies below the checkpoints is checked as far as the log still shows it.
   */
  readonly ending?: 'drained' | 'stopped';
  /** The story puts another log in the topic's place: verify has to find that, and its findings break nothing. */
  readonly replacesLog?: boolean;
  /** Kinds of findings that verify must have, all of these and no others: what the story does to the topic breaks a guarantee. */
  readonly verifyFinds?: readonly string[];
  /** How long the story as a whole may take; default: four minutes (run-to-verdict.ts). For those of many lives or commands. */
  readonly storyMs?: number;
  /**
   * When a planned fault counts. `work` (default): it fired, met work in flight and was healed, and work was done after it.
   * `anything`: it fired and was healed.
   */
  readonly faultsMeet?: 'work' | 'anything';
  /** Every fault is one to live through: a partition that stops, or a processor that ends with an error, is a FAIL. */
  readonly mustLive?: boolean;
  /** Default true: the story must say what the payments add up to (`expectSums`), and the tables are compared with it. */
  readonly knowsSums?: boolean;
  readonly run: (world: ScenarioWorld) => Promise<void>;
  /** A check of its own, after all processors have stopped. */
  readonly check?: (world: ScenarioWorld) => Promise<void>;
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
  /** By the producer's clock, ms since the epoch. Default: when it is sent. */
  readonly timestampMs?: number;
  /** By name; several values of one name are sent in their order. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

export interface StartOptions {
  readonly flags?: readonly string[];
  readonly settings?: Readonly<Record<string, string>>;
  /** Default: one group for all. */
  readonly groupId?: string;
  /** Default: a CHECKPOINT_LOCATION of its own, by its name. */
  readonly checkpointOf?: string;
  readonly crashAt?: CrashAt;
}

/** Those of the processor, and of the sink that the world has. */
export type StoryCrashPoint = CrashPoint | DeltaCrashPoint;

/** A process sends itself this (default: SIGKILL) the n-th time (from 1) that it comes by this point. */
export interface CrashAt {
  readonly point: StoryCrashPoint;
  readonly hit: number;
  readonly signals?: CrashSignals;
}

export interface ProcessorExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** One processor process, over one life. */
export interface RunningProcessor {
  readonly name: string;
  readonly running: boolean;
  /** The last lines of its output. */
  readonly tail: string;
  /** The first event of that type, seen or to come, that satisfies the condition. Rejects at the limit or at its exit. */
  waitFor<T extends ProcessorEventType>(
    type: T,
    timeoutMs: number,
    condition?: (event: Extract<ProcessorEvent, { type: T }>) => boolean,
  ): Promise<Extract<ProcessorEvent, { type: T }>>;
  /** Its end, however it comes. Rejects at the limit. */
  waitForExit(timeoutMs: number): Promise<ProcessorExit>;
  eventsOf<T extends ProcessorEventType>(type: T): Extract<ProcessorEvent, { type: T }>[];
  /** kill -9. */
  kill(): Promise<unknown>;
  /** SIGTERM; resolves with its exit. */
  stop(): Promise<{ readonly code: number | null }>;
  /** SIGSTOP: it hangs, and does not know it. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
}

/** The broker or the emulator, where the scenario has them to itself. On Delta Lake there is no emulator. */
export interface ScenarioPart {
  /** kill -9; resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again with its data; resolves when it serves. */
  start(): Promise<void>;
}

/** The directories of local state, while no processor that uses them runs. */
export interface ScenarioFolders {
  /** Two processors get each other's directory; resolves with how many files of state changed hands. */
  swap(one: string, other: string): Promise<number>;
  /** A processor gets a copy of another one's, in the place of its own; resolves with how many files of state it has now. */
  copy(from: string, to: string): Promise<number>;
}

/** An injected fault. Its account decides whether it counts; a story awaits it only where the story needs it. */
export interface InjectedFault {
  /** When it has taken effect. Rejects where it cannot be done, or when the story ends before. */
  readonly fired: Promise<void>;
  /** When it is undone: by its forMs, by heal, or at once for what does not last. */
  readonly healed: Promise<void>;
  heal(): Promise<void>;
}

/** A planned fault that a story does itself, and reports here. Each is called once at most. */
export interface FaultByHand {
  fired(): void;
  healed(): void;
}

export interface SendOptions {
  /** The producer ends, as if it were stopped, once this number of records is acknowledged. */
  readonly stopAfter?: number;
  /** The same, once this is settled: for a load that lasts as long as what is done beside it. */
  readonly stopWhen?: Promise<unknown>;
  /** Requests in flight; with more than 1, what is sent again may land after what came later. Default 1. */
  readonly inFlightMax?: number;
}

export interface ScenarioWorld {
  /** Where the tables of this world are. */
  readonly sinkKind: SinkName;
  readonly broker: ScenarioPart;
  readonly emulator: ScenarioPart;
  readonly checkpointFolders: ScenarioFolders;
  /** For what a story draws; its seed stands in the report. */
  readonly random: Random;
  nowMs(): number;
  sleep(ms: number): Promise<void>;

  /** Sends a seeded workload; resolves when it is acknowledged. */
  send(dials: SimulationDials, options?: SendOptions): Promise<SimulationSummary>;
  /** What a workload wrote down while it was sent, record by record. */
  ledger(sent: SimulationSummary): Promise<LedgerEntry[]>;
  /** Sends these records in order, one request per run of records of one partition; resolves with their offsets. */
  sendRecords(records: readonly ScenarioRecord[]): Promise<number[]>;
  /** Sends one record whose value is this number of blanks, in a batch of some KiB (zstd); resolves with its offset. */
  sendBlanks(partition: number, byteLength: number): Promise<number>;
  /** Deletes the records of a partition below an offset, as retention would. */
  deleteRecords(partition: number, belowOffset: number): Promise<void>;

  /**
   * Does a fault (chaos/fault.ts): now, or at the moment that it names. The run counts only if the
   * fault fired, met work in flight, was healed (by the end of the story at the latest), and work was done after it.
   */
  inject(fault: PlannedFault): InjectedFault;
  /** A planned fault that the story does itself. `members`: of its plan; `process`: the processor it hits. */
  planByHand(what: string, text: string, members: object, process: string): FaultByHand;
  /** Resolves at that moment. */
  moment(when: RealWhen): Promise<void>;
  /** Records that Kafka has acknowledged since the world began. */
  readonly acknowledged: number;
  readonly topic: string;

  /** Starts a processor; a name that ran before keeps its checkpoint. */
  start(name: string, options?: StartOptions): RunningProcessor;
  /** Runs `provenonce <args>` on the topic and the dataset, as an operator would, to its end. */
  operate(
    ...args: readonly string[]
  ): Promise<{ readonly code: number; readonly output: string; readonly complaints: string }>;
  /** Deletes the checkpoint directory of a processor that is not running. */
  loseCheckpoint(name: string): Promise<void>;
  /** Resets the common group's offsets while none of its processors runs; resolves with what they are now, by partition. */
  resetGroup(to: 'earliest' | 'latest'): Promise<ReadonlyMap<number, number>>;

  /** The tables against the topic by SQL, now; resolves with how many records were compared. Rejects with PrefixMismatch. */
  compare(): Promise<number>;
  /** `verify` over the topic and the tables as they are now, also while processors run. */
  verify(): Promise<VerifyReport>;

  /** Resolves when everything in the topic is below a checkpoint; starts a processor if none runs. */
  drain(timeoutMs?: number): Promise<void>;
  /** Resolves when the condition, asked again and again, holds. Rejects at the limit. */
  until(what: string, timeoutMs: number, condition: () => Promise<boolean>): Promise<void>;
  /** SELECT over the dataset; `{dataset}` stands for its name. Values as text, numbers or null. */
  query(sql: string): Promise<Record<string, unknown>[]>;
  /** A statement of somebody who has write access to the dataset: DDL or DML, as it stands. BigQuery only. */
  change(sql: string): Promise<void>;
  /** The one number that a SELECT over the dataset yields. */
  count(sql: string): Promise<number>;
  /** Something that must have happened for the story to count, and whether it has. */
  bit(what: string, happened: boolean): void;
  /** Something that must hold besides what verify checks. Where it does not, the guarantee is broken, and the verdict is FAIL. */
  holds(guarantee: Guarantee, what: string, holds: boolean): void;
  /** A part of what payment_transactions must add up to in the end, per currency. The parts are added up. */
  expectSums(sums: SumsByCurrency): void;
  /** Events of all processors of all lives so far. */
  allEventsOf<T extends ProcessorEventType>(type: T): Extract<ProcessorEvent, { type: T }>[];
}

/** Something that must have happened for a story to count; with a guarantee: that must hold. */
export interface Bit {
  readonly what: string;
  readonly happened: boolean;
  readonly guarantee?: Guarantee;
}

/** A finding of verify (src/checks), or `story`: what a story says must hold. */
export interface Broken {
  readonly guarantee: Guarantee;
  readonly kind: string;
}

export interface ProblemDetails {
  /** One of `problems`, to the letter. */
  readonly problem: string;
  /** Raw lines: the last ones of the processes. */
  readonly text: string;
}

export interface ScenarioReport {
  readonly name: string;
  readonly verdict: Verdict;
  /** One sentence per reason for a verdict that is not PASS. */
  readonly problems: readonly string[];
  /** Raw lines beside some of them, for finding the cause. */
  readonly details?: readonly ProblemDetails[];
  readonly bits: readonly Bit[];
  /** What was found to be broken, each kind once. */
  readonly broke: readonly Broken[];
  /** Codes of the contradictions for which partitions stopped, each once. */
  readonly stops: readonly string[];
  /** Of what the story drew. */
  readonly seed: number;
  readonly tookMs: number;
}
