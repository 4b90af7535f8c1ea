/**
 * One state of the world on Delta Lake: four tables as their logs say they are, two processes with at most one put on its way to
 * each table, and puts whose sender is gone. All of it is immutable; a step shares what it does not change.
 *
 * A put lands at version N + 1 only while the log ends at N, so every put that lands in a table kills all others on their way there.
 */
import type { Setting, SettingsEntry } from '../state.ts';

export type { Setting, SettingsEntry };

/** Data tables A and B, the checkpoint table K, the ownership table O. */
export type DeltaTableIndex = 0 | 1 | 2 | 3;
export const A = 0;
export const B = 1;
export const K = 2;
export const O = 3;
export const TABLE_NAMES = 'ABKO';
export const ALL_TABLES: readonly DeltaTableIndex[] = [A, B, K, O];
/** Those that have a position and take commits under conditions. */
export const FENCED_TABLES = [A, B, K] as const;
export type FencedTable = (typeof FENCED_TABLES)[number];

/** A row as it is in a table; rows with equal fields are one object. */
export interface DeltaRow {
  readonly record: number;
  /** Which of the record's rows. */
  readonly index: number;
  readonly setting: Setting;
  /** Unique per row. */
  readonly code: number;
}

/** What A, B or K says of one partition: its two txns and its rows. In K the position is C and there are no rows. */
export interface TablePart {
  readonly epoch: number;
  readonly position: number;
  readonly rows: readonly DeltaRow[];
}

/** What O says of one partition. */
export interface OwnershipPart {
  readonly epoch: number;
  readonly history: readonly SettingsEntry[];
}

export interface Tables {
  /** A, B and K, each per partition. */
  readonly fenced: readonly [readonly TablePart[], readonly TablePart[], readonly TablePart[]];
  readonly ownership: readonly OwnershipPart[];
}

/** What a commit says of one partition. `epoch` is the owner's that wrote it. */
export type Item =
  | {
      readonly kind: 'claim';
      readonly partition: number;
      readonly epoch: number;
      readonly history: readonly SettingsEntry[];
      /** C as the claim's snapshot gives it; -1 where ownership has a log of its own. */
      readonly position: number;
    }
  | { readonly kind: 'fence'; readonly partition: number; readonly epoch: number; readonly position: number }
  | { readonly kind: 'entry'; readonly partition: number; readonly epoch: number; readonly entry: SettingsEntry }
  | {
      readonly kind: 'rows';
      readonly partition: number;
      readonly epoch: number;
      readonly from: number;
      readonly to: number;
      readonly rows: readonly DeltaRow[];
    }
  /** Rows without a position: what a partition left behind that should have left the commit. */
  | { readonly kind: 'stow'; readonly partition: number; readonly epoch: number; readonly rows: readonly DeltaRow[] }
  | { readonly kind: 'checkpoint'; readonly partition: number; readonly epoch: number; readonly nextOffset: number };

/** flying: it may land. landed: it is in the log. dead: it cannot land. void: answered "created", and in no table. */
export type PutStatus = 'flying' | 'landed' | 'dead' | 'void';

export interface Put {
  readonly status: PutStatus;
  readonly items: readonly Item[];
}

/** A put that lands or dies without anybody asking. */
export interface Orphan {
  readonly table: DeltaTableIndex;
  readonly items: readonly Item[];
}

/** Where a process is with one partition. */
export type Phase =
  | { readonly at: 'start' }
  | { readonly at: 'claim'; readonly setting: Setting }
  | {
      readonly at: 'fence';
      readonly setting: Setting;
      readonly epoch: number;
      readonly history: readonly SettingsEntry[];
      /** How far A, B and K are by the snapshots of the fences; -1: not known. */
      readonly found: readonly [number, number, number];
      /** The same, read before the fences: wrongly. */
      readonly early: readonly [number, number, number] | undefined;
    }
  | {
      readonly at: 'settings';
      readonly setting: Setting;
      readonly epoch: number;
      readonly history: readonly SettingsEntry[];
      readonly position: Position;
    }
  | {
      readonly at: 'run';
      readonly epoch: number;
      readonly history: readonly SettingsEntry[];
      readonly position: Position;
    };

/** What an owner knows of a partition: C, how far A and B are, and F, the greatest of all when it took over. */
export interface Position {
  readonly checkpoint: number;
  readonly next: readonly [number, number];
  readonly first: number;
}

export interface DeltaProcess {
  readonly phases: readonly Phase[];
  /** Per table the put that it waits for. */
  readonly puts: readonly [Put | undefined, Put | undefined, Put | undefined, Put | undefined];
}

export interface DeltaState {
  /** What a commit broke that is not seen in the tables afterwards; '' for nothing. */
  readonly broken: '' | `fence ${string}` | `checkpoint ${string}`;
  readonly tables: Tables;
  readonly orphans: readonly Orphan[];
  readonly processes: readonly [DeltaProcess, DeltaProcess];
  readonly crashes: number;
}

/** What a step did, for traces: `what`, and the put that it is about. */
export interface DeltaLabel {
  readonly what: string;
  readonly table?: DeltaTableIndex | undefined;
  readonly items?: readonly Item[];
  /** Whose put it is, where it is not that of the process that makes the step. */
  readonly sender?: 0 | 1;
}

export const START: Phase = { at: 'start' };
