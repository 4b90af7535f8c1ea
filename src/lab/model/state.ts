/**
 * One state of the world: what the ownership row says, the streams in the sink, statements on their way to it, the two
 * processes, and the log with the faults so far. All of it is immutable; a step shares what it does not change.
 *
 * The partition itself is left out: there is one, and two processes that may both believe they own it.
 */
import type { Actor, ProcessIndex } from './search/system.ts';

/** Which of the two settings rows are made with. */
export type Setting = 0 | 1;
/** Contents of a log offset: as first written (0), or written again after a truncation or recreation (1). */
export type Version = 0 | 1;
/** Data tables A and B. */
export type Table = 0 | 1;
export const TABLES: readonly Table[] = [0, 1];

/** A process by number, or nobody: a sender that is dead or gave up. */
export type Owner = 0 | 1 | 2;
export const NOBODY: Owner = 0;

/** A row of a data table; rows with equal fields are one object (see workload.ts), so `===` compares them. */
export interface Row {
  readonly record: number;
  /** Which of the record's rows. */
  readonly index: number;
  readonly setting: Setting;
  readonly version: Version;
  /** Unique per row, ascending in fold order (record, index). */
  readonly code: number;
}

/** Offset and contents of the last record below a checkpoint, as checkpoint_log's record_fingerprint holds them. */
export interface Fingerprint {
  /** -1: there is none. */
  readonly record: number;
  readonly version: Version;
}

/** A row of checkpoint_log. */
export interface Checkpoint {
  readonly nextOffset: number;
  /** Rows of the writer's own data streams that belong to records below nextOffset. */
  readonly streamOffsets: readonly [number, number];
  readonly fingerprint: Fingerprint;
}

export const OPEN = 0;
export const FINALIZED = 1;
/** Lost or expired: the rows stay, finalize answers NOT_FOUND and has no row count. */
export const GONE = 2;
export type StreamStatus = typeof OPEN | typeof FINALIZED | typeof GONE;

/**
 * A write stream. A process sends a row once; the network decides when, and whether, it lands: that stands for every
 * window, pause and resend. rows[0, visible) can be queried, rows[0, landed) are in the table, the rest is on its way.
 */
export interface Stream<Entry> {
  readonly status: StreamStatus;
  readonly rows: readonly Entry[];
  readonly landed: number;
  readonly visible: number;
}

/** What one claim created: a stream per data table and one for checkpoints. */
export interface StreamSet {
  readonly epoch: number;
  readonly data: readonly [Stream<Row>, Stream<Row>];
  readonly checkpoints: Stream<Checkpoint>;
}

export interface SettingsEntry {
  /** First record that it covers. */
  readonly from: number;
  readonly setting: Setting;
}

/** The row of partition_ownership. */
export interface Ownership {
  readonly epoch: number;
  readonly claimant: Owner;
  /** Indices into State.sets: the streams that a successor has to finalize. */
  readonly listed: readonly number[];
  readonly history: readonly SettingsEntry[];
}

/** UPDATE ... WHERE epoch = expected: may be applied late, also after its sender died. */
export interface ClaimUpdate {
  readonly kind: 'claim';
  readonly sender: Owner;
  readonly expected: number;
  /** Older sets that stay on the list. */
  readonly older: readonly number[];
  /** Its new streams were lost before it was applied. */
  readonly lost: boolean;
}

/** UPDATE ... WHERE claim_id = ours: adds an entry to the settings history. */
export interface SettingsUpdate {
  readonly kind: 'settings';
  readonly sender: Owner;
  readonly epoch: number;
  readonly entry: SettingsEntry;
}

export type Update = ClaimUpdate | SettingsUpdate;

/** Step 1 of a takeover is next. */
export interface Idle {
  readonly at: 'idle';
}
/** Ownership read; the claim has not been sent. */
export interface OwnershipRead {
  readonly at: 'ownership-read';
  readonly setting: Setting;
  readonly expected: number;
  readonly older: readonly number[];
  /** The settings history it will use, when it wrongly uses the one read before the claim; otherwise empty. */
  readonly view: readonly SettingsEntry[];
}
export interface Claiming extends Omit<OwnershipRead, 'at'> {
  readonly at: 'claiming';
}
/** The claim is ours: finalizing older streams, then reading the checkpoint. */
export interface Fencing {
  readonly at: 'fencing';
  readonly setting: Setting;
  readonly own: number;
  readonly older: readonly number[];
  readonly view: readonly SettingsEntry[];
}
/** A visible checkpoint and who wrote it. */
export interface Position {
  readonly checkpoint: Checkpoint;
  readonly writerEpoch: number;
}
/** Reading rows at or past the checkpoint, table after table, until they are as many as finalize says. */
export interface ReadingRows extends Omit<Fencing, 'at'> {
  readonly at: 'reading-rows';
  readonly position: Position;
  readonly found: readonly (readonly Row[])[];
  /** Rows found less rows promised, of the tables read so far; 0 before. */
  readonly surplus: readonly [number, number];
}
/** Adding our settings from F on; waiting to read them back. */
export interface AddingSettings {
  readonly at: 'adding-settings';
  readonly entry: SettingsEntry;
  readonly own: number;
  readonly view: readonly SettingsEntry[];
  readonly position: Position;
  readonly found: readonly (readonly Row[])[];
}
/** Folding and writing. */
export interface Running {
  readonly at: 'running';
  readonly own: number;
  readonly view: readonly SettingsEntry[];
  /** F: no checkpoint is written below it. */
  readonly noCheckpointBelow: number;
  /** C: where the fold began. */
  readonly began: number;
  /** Rows per table that were there already, at or past C. */
  readonly skipped: readonly [number, number];
  /** The next record to fold. */
  readonly next: number;
  /** Of the rows that were there: those which the fold has not come to. */
  readonly left: readonly [readonly Row[], readonly Row[]];
  /** First record that this fold knows as rewritten; NEVER: none. */
  readonly rewrittenFrom: number;
  /** Log.changes when the log was last checked; NEVER: not yet. */
  readonly logChecked: number;
  readonly hold: 'active' | 'revoked' | 'kept-blindly';
}
/** Ended with an error. */
export interface Stopped {
  readonly at: 'stopped';
}

export type Process = Idle | OwnershipRead | Claiming | Fencing | ReadingRows | AddingSettings | Running | Stopped;

/** Larger than any record, epoch or count in the model. */
export const NEVER = 99;

export interface Log {
  readonly start: number;
  readonly end: number;
  /** Records at or past it are (or will be) rewritten ones; NEVER: nothing was. */
  readonly rewrittenFrom: number;
  /** How many faults it had. A client notices each, as a reconnect, an old offset, or an offset out of range. */
  readonly changes: number;
  /** Known to the model alone: records went or changed that were folded already or still needed, so a stop is right. */
  readonly damaged: boolean;
}

/** Faults so far, and the log. */
export interface Environment {
  readonly crashes: number;
  readonly streamLosses: number;
  readonly rebalances: number;
  readonly log: Log;
}

export interface State {
  readonly ownership: Ownership;
  readonly sets: readonly StreamSet[];
  readonly updates: readonly Update[];
  readonly processes: readonly [Process, Process];
  readonly environment: Environment;
}

/** Takes the steps of a state as they are found. */
export type Emit = (actor: Actor, label: string, next: State) => void;

export function replaceAt<T>(items: readonly T[], index: number, item: T): T[] {
  const copy = items.slice();
  copy[index] = item;
  return copy;
}

/** A pair with one side replaced. */
export function replaceIn<T>(pair: readonly [T, T], side: 0 | 1, item: T): readonly [T, T] {
  return side === 0 ? [item, pair[1]] : [pair[0], item];
}

/** The process by its number in the ownership row and in updates. */
export function ownerOf(index: ProcessIndex): Owner {
  return index === 0 ? 1 : 2;
}
