/**
 * What a run on real parts leaves in its folder: the contract between the runner, which writes it, and the page and other
 * tools, which read it. `run.json` (RunArtifacts) is written last and names the other files, relative to its own folder.
 * A folder of runs holds one `suite.json` (SuiteArtifacts) beside one folder per run.
 *
 * All times are ms since the epoch by the lab's one clock: what a processor says is stamped when the lab reads it.
 */
import type { Guarantee } from '../checks/findings.ts';
import type { Verdict } from '../checks/verify.ts';
import type { ProcessorEvent } from '../processor/events.ts';

export const SUITE_FILE = 'suite.json';
export const RUN_FILE = 'run.json';
export const EVENTS_FILE = 'events.jsonl';
export const SENT_FILE = 'sent.jsonl';
export const METRICS_FILE = 'metrics.jsonl';
export const VERIFY_FILE = 'verify.json';

/** suite.json: what one command ran. */
export interface SuiteArtifacts {
  readonly format: 1;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly seed: number;
  /** What runs it again, as one command line. */
  readonly command: string;
  readonly verdict: Verdict;
  /** In the order in which they ended; then those that still run, as UNKNOWN. */
  readonly runs: readonly SuiteRun[];
}

export interface SuiteRun {
  readonly scenario: string;
  readonly verdict: Verdict;
  /** From 1, where a scenario is repeated. */
  readonly repeat: number;
  readonly tookMs: number;
  /** The first reason for a verdict that is not PASS. */
  readonly problem?: string;
  /** Relative to suite.json; it holds a run.json, unless the run was ended from outside. */
  readonly folder: string;
}

/** run.json */
export interface RunArtifacts {
  readonly format: 1;
  readonly scenario: {
    readonly name: string;
    readonly title: string;
    readonly whatCouldGoWrong: string;
    readonly guarantees: readonly Guarantee[];
    readonly tags: readonly string[];
    readonly partitions: number;
    /** `stopped`: the pipeline had to stop. */
    readonly ending: 'drained' | 'stopped';
    readonly settings: Readonly<Record<string, string>>;
  };
  readonly verdict: Verdict;
  /** One sentence per reason for a verdict that is not PASS. */
  readonly problems: readonly string[];
  /** Raw lines beside some of them, for finding the cause. */
  readonly details?: readonly { readonly problem: string; readonly text: string }[];
  /** What must have happened for the story to count; with a guarantee, what must hold. */
  readonly bits: readonly { readonly what: string; readonly happened: boolean; readonly guarantee?: Guarantee }[];
  readonly seed: number;
  /** What runs it again, as one command line. */
  readonly command: string;
  readonly topic: string;
  readonly dataset: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** What the run did when: `story`, `heal`, `drain`, `check`. Ascending, without gaps. */
  readonly phases: readonly RunPhase[];
  /** In the order in which they were planned. */
  readonly faults: readonly FaultRecord[];
  readonly processors: readonly ProcessorRecord[];
  /** Relative to this file. */
  readonly files: {
    /** EventLine per line, ascending by atMs. */
    readonly events: string;
    /** SentLine per line: what was handed to Kafka, in the order of the acknowledgements. */
    readonly sent: string;
    /** Ledgers of the generator (src/simulator/ledger.ts), one per workload. */
    readonly ledgers: readonly string[];
    /** MetricsSample per line, ascending by atMs. */
    readonly metrics: string;
    /** VerifyReport (src/checks/verify.ts); null where verify could not run. */
    readonly verify: string | null;
  };
}

export interface RunPhase {
  readonly name: 'story' | 'heal' | 'drain' | 'check';
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * One fault, and the account that a PASS needs: it fired, it met work in flight, it was healed, and the pipeline resumed
 * afterwards.
 */
export interface FaultRecord {
  /** `f1`, `f2`, ... in the order of planning. */
  readonly id: string;
  /** Its name, as `network_cut` or `disk`. */
  readonly fault: string;
  /** The whole description as it was planned: plain JSON. */
  readonly plan: Readonly<Record<string, unknown>>;
  /** For people: what it does to what. */
  readonly text: string;
  /** The processor it was aimed at; null where it hits a service or the network. */
  readonly processor: string | null;
  readonly plannedAtMs: number;
  /** Null: it never fired. */
  readonly firedAtMs: number | null;
  /** Null: not healed. A fault that is over in the moment it fires is healed then. */
  readonly healedAtMs: number | null;
  /** What it did, counted by itself: connections cut, answers dropped, bytes held. */
  readonly counts: Readonly<Record<string, number>>;
  /** Records in Kafka and not below a checkpoint, at most, while it lasted; null where it never fired. */
  readonly inFlightRecords: number | null;
  /** Records that got below a checkpoint while it lasted, and after it was healed. */
  readonly progressDuring: number;
  readonly progressAfter: number;
}

/** All lives of one processor name. */
export interface ProcessorRecord {
  readonly name: string;
  readonly lives: readonly ProcessorLife[];
  /** Everything it wrote, all lives in one file. */
  readonly log: string;
}

export interface ProcessorLife {
  /** From 1. */
  readonly life: number;
  readonly pid: number;
  readonly startedAtMs: number;
  /** Null: it still ran when the run ended, and was killed then. */
  readonly endedAtMs: number | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** SIGSTOP to SIGCONT; the end is null where it was not continued. */
  readonly pauses: readonly { readonly fromMs: number; readonly toMs: number | null }[];
}

/** One line of events.jsonl: what a processor said, and when the lab heard it. */
export interface EventLine {
  readonly atMs: number;
  readonly processor: string;
  readonly life: number;
  readonly event: ProcessorEvent;
}

/** One line of sent.jsonl: records of one partition, [fromOffset, toOffset), that Kafka acknowledged together. */
export interface SentLine {
  readonly atMs: number;
  readonly partition: number;
  readonly fromOffset: number;
  readonly toOffset: number;
}

/** One line of metrics.jsonl: a processor's metrics page, scraped every 500 ms; numbers only, buckets left out. */
export interface MetricsSample {
  readonly atMs: number;
  readonly processor: string;
  readonly life: number;
  /** By name with labels, as the page has them: `provenonce_lag_records{partition="0"}`. */
  readonly values: Readonly<Record<string, number>>;
}
