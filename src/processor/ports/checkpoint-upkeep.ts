/** What operators' commands need of checkpoint_log: the newest rows at a glance, and the removal of old ones. */

/** The newest checkpoint of a partition, as `ownership` shows it. */
export interface LastCheckpoint {
  readonly nextOffset: number;
  readonly checkpointEpoch: number | null;
  /** Seconds since it was written. */
  readonly checkpointAgeS: number | null;
}

/** Rows of one partition with next_offset < keepFromOffset that were written before `beforeMs`. */
export interface OldCheckpoints {
  readonly topic: string;
  readonly partition: number;
  readonly keepFromOffset: number;
  /** Ms since the epoch. */
  readonly beforeMs: number;
}

export interface CheckpointUpkeep {
  /** By partition. */
  newest(topic: string): Promise<Map<number, LastCheckpoint>>;
  /** The least next_offset from this offset on. */
  firstAtOrPast(topic: string, partition: number, offset: number): Promise<number | undefined>;
  /** All rows of the partition, and the old ones among them. */
  count(old: OldCheckpoints): Promise<{ readonly all: number; readonly removable: number }>;
  /** May be repeated. */
  remove(old: OldCheckpoints): Promise<void>;
}
