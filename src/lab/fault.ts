/**
 * The language of faults in the lab: what can be broken, in which world it exists, and when it strikes. Scenarios, drawn plans,
 * saved cases and replays speak it. Plain JSON, so that a fault can be drawn, shrunk, saved and replayed.
 *
 * Faults that real parts can have are declared by the library that does them (chaos/fault.ts), those of both worlds among
 * them; this file adds what only the simulated world can do, and the table of worlds.
 */
import type { RealFault, RealWhen, SharedFault } from '../../chaos/fault.ts';
import type { AppendTable } from '../payments/types.ts';
import type { AnswerEffect } from './sim/case/answers.ts';

/** Exists in the simulated world only. */
export type SimOnlyFault =
  /** To the request that passes the point; needs a `when` with a point that is an operation. */
  | { readonly what: 'answer'; readonly effect: AnswerEffect; readonly delayMs?: number }
  | { readonly what: 'clock_jump'; readonly process: string; readonly byMs: number }
  | { readonly what: 'rebalance' }
  /** The broker forgets the member; the process learns it at its next heartbeat. */
  | { readonly what: 'session_expiry'; readonly process: string }
  /** Requests to the partition's leader (all of them by default) get no answer for so long. */
  | { readonly what: 'leader_loss'; readonly partition?: number; readonly forMs: number }
  /** Removes this number of records at the start of the log. */
  | { readonly what: 'retention'; readonly partition: number; readonly records: number }
  /** Retention as it should be: removes what lies below the partition's checkpoint, but for the last `keep` offsets. */
  | { readonly what: 'expiry'; readonly partition: number; readonly keep: number }
  /** Removes this number of records at the end of the log, as an unclean election does. */
  | { readonly what: 'truncation'; readonly partition: number; readonly records: number }
  /**
   * Offsets from `offset` on, present or future, are a record batch with a flipped bit: on the broker's disk, or (`once`) in
   * the first answer that has it.
   */
  | {
      readonly what: 'damage';
      readonly partition: number;
      readonly offset: number;
      readonly records: number;
      readonly once?: boolean;
    }
  /**
   * An operator gives up offsets of a partition: those that retention removed above the checkpoint, with the rows there;
   * otherwise `records` offsets, starting `ahead` after the first one that no table has a row of.
   */
  | { readonly what: 'skip'; readonly partition: number; readonly ahead: number; readonly records: number }
  /**
   * An operator gives the topic this number of partitions in all, and declares that producers are stopped. `untilDone`: by the
   * runbook, with processors stopped, repeated until it is done.
   */
  | { readonly what: 'rescale'; readonly partitions: number; readonly untilDone?: boolean }
  /** Restart of an emulator, or expiry: streams are unknown from now on, their rows stay. All by default. */
  | { readonly what: 'streams_lost'; readonly partition?: number }
  /** Somebody drops the table and makes it again, empty: its rows are gone, and its streams. */
  | { readonly what: 'table_replaced'; readonly table: AppendTable }
  /** An operator puts the table as it was in its place. */
  | { readonly what: 'table_restored'; readonly table: AppendTable }
  | { readonly what: 'bigquery_down'; readonly forMs: number }
  /** Delta Lake: no request to the object store is answered for so long. */
  | { readonly what: 'store_down'; readonly forMs: number }
  /** Delta Lake: another engine writes the files of the table into one, without changing a row. */
  | { readonly what: 'compaction'; readonly table: AppendTable }
  /**
   * Delta Lake: another engine writes a log checkpoint of the table and removes the commits below it. `txns` false: the log
   * checkpoint leaves out how far the writers are, which no engine may do.
   */
  | { readonly what: 'log_cleanup'; readonly table: AppendTable | 'partition_ownership'; readonly txns?: boolean }
  /** Delta Lake: another engine adds the rows of the table's first file again. */
  | { readonly what: 'foreign_rows'; readonly table: AppendTable };

/** Done by the story of a plan on real parts, with a processor of its own. */
export interface SecondOwner {
  /** One more processor runs, in a group of its own: every partition has two owners. */
  readonly what: 'second_owner';
}

export type Fault = RealFault | SecondOwner | SimOnlyFault;
export type FaultName = Fault['what'];

export type WorldName = 'real' | 'sim';

/** Where a fault exists. The compiler holds the table to the types above. */
type WorldsOf<Name extends FaultName> = Name extends SharedFault['what']
  ? 'both'
  : Name extends SimOnlyFault['what']
    ? 'sim'
    : 'real';

export const WORLDS: { readonly [Name in FaultName]: WorldsOf<Name> } = {
  crash: 'both',
  stop: 'both',
  pause: 'both',
  disk: 'both',
  reset_offsets: 'both',
  recreate: 'both',
  partitions_added: 'both',
  streams_finalized: 'both',
  network_cut: 'real',
  network_delay: 'real',
  network_throttle: 'real',
  network_black_hole: 'real',
  network_half_open: 'real',
  kafka_answer: 'real',
  kafka_flip: 'real',
  rest_answer: 'real',
  storage_answer: 'real',
  store_answer: 'real',
  table_changed: 'real',
  tables_read_only: 'real',
  broker_kill: 'real',
  broker_pause: 'real',
  emulator_kill: 'real',
  delete_records: 'real',
  disk_read_only: 'real',
  disk_full: 'real',
  clock_toggle: 'real',
  libc_clock: 'real',
  out_of_files: 'real',
  out_of_memory: 'real',
  names: 'real',
  second_owner: 'real',
  answer: 'sim',
  clock_jump: 'sim',
  rebalance: 'sim',
  session_expiry: 'sim',
  leader_loss: 'sim',
  retention: 'sim',
  expiry: 'sim',
  truncation: 'sim',
  damage: 'sim',
  skip: 'sim',
  rescale: 'sim',
  streams_lost: 'sim',
  table_replaced: 'sim',
  table_restored: 'sim',
  bigquery_down: 'sim',
  store_down: 'sim',
  compaction: 'sim',
  log_cleanup: 'sim',
  foreign_rows: 'sim',
};

/** Whether this fault, with its members, exists in that world. */
export function existsIn(fault: Fault, world: WorldName): boolean {
  const worlds: WorldName | 'both' = WORLDS[fault.what];
  const effect = fault.what === 'disk' ? fault.effect : 'disk' in fault ? fault.disk : undefined;
  if (effect === 'stale' && world === 'real') return false;
  return worlds === 'both' || worlds === world;
}

/** When a fault of the simulated world strikes; once. */
export type SimWhen =
  /** Virtual time since the world began. */
  | { readonly atMs: number }
  /** When processes have been handed this many records, copies included. */
  | { readonly records: number }
  /** On the n-th time (from 1) that the point is passed: by this process, or by all together. */
  | { readonly point: string; readonly hit: number; readonly process?: string };

/** Any moment that a fault can name. */
export type When = RealWhen | SimWhen;

/** What a fault of the simulated world does, without its time. */
export type SimFaultKind = SharedFault | SimOnlyFault;

/** A fault of the simulated world. A `pause` without `forMs` lasts until the world heals. */
export type SimFault = SimFaultKind & { readonly when: SimWhen; readonly forMs?: number };
