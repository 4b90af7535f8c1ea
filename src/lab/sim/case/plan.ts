/**
 * Fault plans as plain data (JSON): what happens, and when. They can be drawn, shrunk, saved and replayed. Types and the
 * tables that say what can be combined; fault-injector.ts counts and fires, world-faults.ts carries out.
 */

import type { AppendTable } from '../../../payments/types.ts';

/** Requests that a simulated process sends; each is also a point where a fault can strike, on its n-th hit. */
export const OPERATIONS = [
  'append',
  'create_stream',
  'finalize',
  'claim',
  'add_settings',
  'put_skipped',
  'remove_rows',
  'put_histories',
  'seed',
  'read_ownership',
  'topics',
  'latest_checkpoint',
  'rows_from',
  'payments',
  'facts',
  'bounds',
  'offset_at',
  'commit',
  'load',
  'save',
] as const;
export type Operation = (typeof OPERATIONS)[number];

/**
 * What may go wrong with one request:
 * `lost_before`/`lost_after`: the connection breaks before or after it took effect; `silent_before`/`silent_after`: the same
 * with no word to the caller; `late`: it takes effect and is answered after `delayMs`; `unavailable` to `resource_exhausted`:
 * refused by an answer; `internal_after`: refused by an answer although it took effect; `rows_refused`: the content of the
 * first row; `append_refused`: the append, and no row is named; `invalid`/`invalid_after`: INVALID_ARGUMENT without a word of why,
 * before or after it took effect; `not_found`: a stream or table that is there, and not known everywhere yet; `empty`: it took
 * effect, and the answer says nothing; `unreachable`: the port gives up, whether it took effect or not.
 */
export const ANSWER_EFFECTS = [
  'lost_before',
  'lost_after',
  'silent_before',
  'silent_after',
  'late',
  'unavailable',
  'aborted',
  'internal',
  'internal_after',
  'resource_exhausted',
  'rows_refused',
  'append_refused',
  'invalid',
  'invalid_after',
  'not_found',
  'empty',
  'unreachable',
] as const;
export type AnswerEffect = (typeof ANSWER_EFFECTS)[number];

/** Effects that stop a partition or a process for good, or that an emulator must not show: planned by hand only. */
export const PLANNED_ONLY: readonly AnswerEffect[] = ['rows_refused', 'append_refused', 'not_found', 'unreachable'];

const RPC_EFFECTS: readonly AnswerEffect[] = [
  'lost_before',
  'lost_after',
  'late',
  'unavailable',
  'aborted',
  'internal',
  'internal_after',
  'resource_exhausted',
];
const UPDATE_EFFECTS: readonly AnswerEffect[] = ['lost_before', 'lost_after', 'late', 'unreachable'];
const READ_EFFECTS: readonly AnswerEffect[] = ['late', 'unreachable', 'empty'];
const LOG_EFFECTS: readonly AnswerEffect[] = ['late', 'unreachable'];

/** The effects that an operation knows. */
export const EFFECTS_OF: Readonly<Record<Operation, readonly AnswerEffect[]>> = {
  append: [...RPC_EFFECTS, 'silent_before', 'silent_after', 'rows_refused', 'append_refused', 'not_found', 'empty'],
  create_stream: [...RPC_EFFECTS, 'not_found'],
  finalize: [...RPC_EFFECTS, 'invalid', 'invalid_after', 'not_found'],
  claim: UPDATE_EFFECTS,
  add_settings: UPDATE_EFFECTS,
  put_skipped: UPDATE_EFFECTS,
  remove_rows: UPDATE_EFFECTS,
  put_histories: UPDATE_EFFECTS,
  seed: UPDATE_EFFECTS,
  read_ownership: READ_EFFECTS,
  topics: READ_EFFECTS,
  latest_checkpoint: READ_EFFECTS,
  rows_from: READ_EFFECTS,
  payments: READ_EFFECTS,
  facts: LOG_EFFECTS,
  bounds: LOG_EFFECTS,
  offset_at: LOG_EFFECTS,
  commit: ['lost_before', 'lost_after', 'late'],
  load: ['late', 'lost_before'],
  save: ['late', 'lost_before'],
};

/** When a fault strikes; once. */
export type When =
  /** Virtual time since the world began. */
  | { readonly atMs: number }
  /** When processes have been handed this many records, copies included. */
  | { readonly records: number }
  /** On the n-th time (from 1) that the point is passed: by this process, or by all together. */
  | { readonly point: string; readonly hit: number; readonly process?: string };

export const DISK_EFFECTS = ['lost', 'stale', 'foreign', 'corrupted'] as const;
export type DiskEffect = (typeof DISK_EFFECTS)[number];

export type What =
  /** To the request that passes the point; needs a `when` with a point that is an operation. */
  | { readonly what: 'answer'; readonly effect: AnswerEffect; readonly delayMs?: number }
  /** kill -9. `process` may be left out where `when` names a point: whoever passes it. */
  | { readonly what: 'crash'; readonly process?: string; readonly restartAfterMs?: number }
  /** SIGTERM. */
  | { readonly what: 'stop'; readonly process: string; readonly restartAfterMs?: number }
  | { readonly what: 'pause'; readonly process?: string; readonly forMs: number }
  | { readonly what: 'clock_jump'; readonly process: string; readonly byMs: number }
  | { readonly what: 'disk'; readonly process: string; readonly effect: DiskEffect; readonly partition?: number }
  | { readonly what: 'rebalance' }
  /** The broker forgets the member; the process learns it at its next heartbeat. */
  | { readonly what: 'session_expiry'; readonly process: string }
  | { readonly what: 'reset_offsets'; readonly to: 'earliest' | 'latest' }
  /** Requests to the partition's leader (all of them by default) get no answer for so long. */
  | { readonly what: 'leader_loss'; readonly partition?: number; readonly forMs: number }
  /** Removes so many records at the start of the log. */
  | { readonly what: 'retention'; readonly partition: number; readonly records: number }
  /** Retention as it should be: removes what lies below the partition's checkpoint, but for the last `keep` offsets. */
  | { readonly what: 'expiry'; readonly partition: number; readonly keep: number }
  /** Removes so many records at the end of the log, as an unclean election does. */
  | { readonly what: 'truncation'; readonly partition: number; readonly records: number }
  /**
   * Offsets from `offset` on, there or yet to come, are a record batch with a flipped bit: on the broker's disk, or (`once`) on
   * the way of the first answer that has it.
   */
  | {
      readonly what: 'damage';
      readonly partition: number;
      readonly offset: number;
      readonly records: number;
      readonly once?: boolean;
    }
  /** The topic is deleted and made again, empty. */
  | { readonly what: 'recreate' }
  /**
   * An operator gives up offsets of a partition: what retention took from the checkpoint on, with the rows there, or else so
   * many of what there is, from the first one that no table has a row of, and `ahead` more.
   */
  | { readonly what: 'skip'; readonly partition: number; readonly ahead: number; readonly records: number }
  /**
   * An operator gives the topic so many partitions in all, saying that producers are stopped. `untilDone`: by the runbook, that
   * is with processors stopped, and again until it is done.
   */
  | { readonly what: 'rescale'; readonly partitions: number; readonly untilDone?: boolean }
  | { readonly what: 'partitions_added'; readonly count: number }
  /** Restart of an emulator, or expiry: streams are unknown from now on, their rows stay. All by default. */
  | { readonly what: 'streams_lost'; readonly partition?: number }
  | { readonly what: 'streams_finalized'; readonly partition: number }
  /** Somebody drops the table and makes it again, empty: its rows are gone, and its streams. */
  | { readonly what: 'table_replaced'; readonly table: AppendTable }
  /** An operator puts the table as it was in its place. */
  | { readonly what: 'table_restored'; readonly table: AppendTable }
  | { readonly what: 'bigquery_down'; readonly forMs: number };

export type Fault = What & { readonly when: When };
export type FaultPlan = readonly Fault[];

/** How rough the world is beside its planned faults; all probabilities are per request or answer. */
export interface Noise {
  /** Upper bound of an ordinary one-way delay. */
  readonly latencyMsMax: number;
  readonly slowChance: number;
  readonly slowMsMax: number;
  readonly effects: Partial<Record<Operation, Partial<Record<AnswerEffect, number>>>>;
  /** Landed rows show only after up to this long (at the latest when they are acknowledged). */
  readonly visibilityLagChance: number;
  readonly visibilityLagMsMax: number;
  readonly fetchRecordsMax: number;
  readonly emptyFetchChance: number;
  /** The client delivers again what is below the position, or goes back to it. */
  readonly redeliveryChance: number;
  /** After a rejoin a reader goes on from the committed offset, as kafkajs does. */
  readonly rejoinFromCommittedChance: number;
}

/** A world in order: some latency, nothing lost. */
export const CALM: Noise = {
  latencyMsMax: 10,
  slowChance: 0,
  slowMsMax: 0,
  effects: {},
  visibilityLagChance: 0,
  visibilityLagMsMax: 0,
  fetchRecordsMax: 50,
  emptyFetchChance: 0,
  redeliveryChance: 0,
  rejoinFromCommittedChance: 0,
};
