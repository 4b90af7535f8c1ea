/**
 * What a sink keeps about partitions: who owns them, how far they got, and what operators gave up. A sink remembers more in these
 * rows, for its own next takeover: that part is the sink's alone, and stands in none of these types.
 */
import type { Counters, FixedSettings, SettingsEntry } from '../../payments/types.ts';

/** Offsets [from, to) that an operator gave up on purpose: what they hold, present or not, gets no disposition. */
export interface SkippedRange {
  readonly from: number;
  readonly to: number;
  readonly reason: string;
  /** Who gave them up. */
  readonly by: string;
  readonly atMs: number;
}

/** One row of partition_ownership. */
export interface Ownership {
  readonly topic: string;
  readonly partition: number;
  /** 0: seeded, never owned. */
  readonly epoch: number;
  readonly owner: string;
  readonly claimId: string;
  /** Partitions of the topic when this one was seeded. */
  readonly partitionCount: number;
  readonly startOffset: number;
  readonly fixed: FixedSettings;
  /** Ascending by fromOffset; never empty. */
  readonly history: readonly SettingsEntry[];
  /** Ascending, none overlapping another. */
  readonly skipped: readonly SkippedRange[];
  readonly claimedAtMs: number;
  /** What the sink itself finds wrong with the row: nobody may claim by it. Left out where nothing is. */
  readonly contradiction?: string;
}

export interface Seed {
  readonly partition: number;
  readonly partitionCount: number;
  readonly startOffset: number;
  readonly fixed: FixedSettings;
  readonly history: readonly SettingsEntry[];
}

/** A whole new settings history, on the condition that the claim holds. */
export interface HistoryChange {
  readonly partition: number;
  readonly claimId: string;
  readonly history: readonly SettingsEntry[];
}

/** One row of checkpoint_log. */
export interface Checkpoint {
  readonly topic: string;
  readonly partition: number;
  readonly owner: string;
  readonly writerEpoch: number;
  /** Everything below is visible in the tables. */
  readonly nextOffset: number;
  readonly watermarkMs: number;
  readonly counters: Readonly<Counters>;
  readonly stateDigest: string;
  /** `<offset>:<16 hex digits>` of the last folded record, or null where none was. */
  readonly recordFingerprint: string | null;
  /** What it says of itself besides. Undefined of one that an older release wrote. */
  readonly of?: CheckpointMark;
}

/** What a checkpoint repeats, so that a cell that is another one is found out. */
export interface CheckpointMark {
  readonly partition: number;
  readonly epoch: number;
  readonly nextOffset: number;
  /** The checkpoint, or the start, that its owner took the partition over at. */
  readonly wentOnFrom: number;
  /** What its state depends on. */
  readonly fixed: FixedSettings;
}
