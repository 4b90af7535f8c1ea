/**
 * What is in the page: an index of all runs, read at once, and one packed payload per run, unpacked when it is looked at.
 * Times in a payload are whole ms since the run's start. No payload of a record is in here, only what the lab wrote down
 * about it (src/simulator/ledger.ts).
 */
import type { Guarantee } from '../../../checks/findings.ts';
import type { Verdict, VerifyReport } from '../../../checks/verify.ts';
import type { FaultRecord, RunArtifacts, RunPhase, SuiteArtifacts } from '../../artifacts.ts';
import type { Column } from './columns.ts';

/** `unchecked`: verify could not run, or found nothing. */
export type GuaranteeState = 'held' | 'broken' | 'unchecked';

export interface GuaranteeCell {
  readonly state: GuaranteeState;
  /** What was found against it. */
  readonly count: number;
  /** The scenario aims at it. */
  readonly atStake: boolean;
}

export interface RunSummary {
  /** Unique in the page; stands in its address. */
  readonly id: string;
  readonly scenario: string;
  readonly title: string;
  readonly repeat: number;
  readonly verdict: Verdict;
  readonly tookMs: number;
  readonly guarantees: Readonly<Record<Guarantee, GuaranteeCell>>;
  /** Why there is no payload: the run left nothing that can be read. */
  readonly unreadable: string | null;
}

export interface MutantRow {
  readonly name: string;
  /** The scenario that must catch it on real parts; null: cases of the simulated world. */
  readonly scenario: string | null;
  readonly guarantee: string;
  readonly anomaly: string;
  readonly killed: boolean;
  readonly killedBy: string | null;
  readonly runs: number;
  readonly alsoBroke: readonly string[];
}

export interface PageIndex {
  readonly suite: Omit<SuiteArtifacts, 'runs' | 'format'>;
  readonly runs: readonly RunSummary[];
  /** Null: `lab mutants` was not given. */
  readonly mutants: { readonly rows: readonly MutantRow[] } | null;
}

export interface RunFacts extends Omit<RunArtifacts, 'files' | 'format' | 'faults' | 'phases' | 'processors'> {
  readonly durationMs: number;
  readonly faults: readonly FaultRecord[];
  readonly phases: readonly RunPhase[];
  readonly lives: readonly LifeFacts[];
}

/** One life of a processor. */
export interface LifeFacts {
  readonly processor: string;
  readonly life: number;
  readonly pid: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** How it ended, in words. */
  readonly ending: string;
  /** By SIGKILL or another signal, or with an exit code that is not 0. */
  readonly endedBadly: boolean;
  readonly pauses: readonly { readonly fromMs: number; readonly toMs: number }[];
}

/** `deposed`: another process has claimed it, and this one does not know yet. */
export type SpanKind = 'alive' | 'paused' | 'takeover' | 'owned' | 'deposed';
export interface LaneSpan {
  readonly kind: SpanKind;
  readonly fromMs: number;
  readonly toMs: number;
  readonly epoch: number | null;
}

export type MarkKind = 'ended' | 'fenced' | 'stopped' | 'lost_claim' | 'waiting';
export interface LaneMark {
  readonly kind: MarkKind;
  readonly atMs: number;
  readonly text: string;
}

/** One processor, or one of its partitions. */
export interface Lane {
  readonly processor: string;
  readonly partition: number | null;
  readonly spans: readonly LaneSpan[];
  readonly marks: readonly LaneMark[];
  /** Times of checkpoints: whole ms, ascending, no two the same. */
  readonly checkpoints: Column;
  /** Records folded per bin of the curves; empty for a processor's own lane. */
  readonly folded: Column;
}

/** Binned: `binMs` wide, the first from 0 on. */
export interface Curves {
  readonly binMs: number;
  readonly bins: number;
  /** Records per second. */
  readonly sentPerSecond: Column;
  readonly coveredPerSecond: Column;
  /** Records in Kafka and not below a checkpoint, at the end of each bin. */
  readonly lag: readonly { readonly partition: number; readonly records: Column }[];
  /** The slowest checkpoint of each bin: age of its newest record, ms; null where there was none. */
  readonly endToEndMs: Column;
  /** Resident memory of each processor, MiB; null where it was not measured. */
  readonly memory: readonly { readonly processor: string; readonly mib: Column }[];
}

export interface PackedEvents {
  readonly count: number;
  /** By type, what is not in the page because there was too much of it. */
  readonly leftOut: Readonly<Record<string, number>>;
  readonly atMs: Column;
  /** Places in `RunPayload.sources`. */
  readonly source: Column;
  readonly type: Column;
  /** By type and field, in the order of that type's events. */
  readonly fields: Readonly<Record<string, Readonly<Record<string, Column>>>>;
}

/** One column per field of the ledger that the page shows. */
export interface PackedRecords {
  readonly count: number;
  readonly leftOut: number;
  readonly columns: Readonly<Record<RecordField, Column>>;
}
export const RECORD_FIELDS = [
  'transaction_id',
  'kind',
  'expected',
  'malformed',
  'copyOf',
  'key',
  'amount',
  'currency',
  'region',
  'event_time',
  'partition',
  'offset',
  'ack',
] as const;
export type RecordField = (typeof RECORD_FIELDS)[number];

/** Runs of records that Kafka acknowledged together: `to` is one past the last. */
export interface PackedSent {
  readonly atMs: Column;
  readonly partition: Column;
  readonly from: Column;
  readonly to: Column;
}

export interface RunPayload {
  readonly facts: RunFacts;
  readonly verify: VerifyReport | null;
  readonly sources: readonly { readonly processor: string; readonly life: number }[];
  readonly lanes: readonly Lane[];
  readonly curves: Curves;
  readonly events: PackedEvents;
  readonly records: PackedRecords;
  readonly sent: PackedSent;
}
