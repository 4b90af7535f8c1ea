/** Types of the fold: its inputs, where its rows go, and its statistics. */

import type { IndexKey } from '../base/memory/slot-hash.ts';
import type { AcceptedBatch } from './accepted-batch.ts';
import type { SchemaBook } from './event/schema/event-schema.ts';
import type { Counters, ExceptionRow, FixedSettings, PartialRow, TransactionRow } from './types.ts';

/** The fold adds its rows here, in fold order. `accepted` feeds payment_transactions and payment_transactions_fraud. */
export interface FoldOutput {
  readonly accepted: AcceptedBatch;
  readonly partials: PartialRow[];
  readonly exceptions: ExceptionRow[];
}

/** The partition to fold, and what was fixed when it was seeded. */
export interface FoldPlace {
  readonly partition: number;
  /** Partitions of the topic when this one was seeded. */
  readonly partitionCount: number;
  readonly fixed: FixedSettings;
  /**
   * The floor of the partition's generation (Generation). Payments with an event time below it are late even if the
   * watermark is lower, and ids below it are forgotten. Default: no floor.
   */
  readonly floorMs?: number;
  /**
   * Key of the hashes that place texts in the indexes in memory. Each state draws its own (drawIndexKey), so that
   * nobody can choose texts that collide and slow the fold down. No result depends on it. Default: KNOWN_INDEX_KEY.
   */
  readonly indexKey?: IndexKey;
  /** Schemas of Avro and Protobuf records. Every one that a record names is there before the record is folded. Default: none. */
  readonly schemas?: SchemaBook | undefined;
}

/** The part of a state that its checkpoint row holds. The entries come from the payments. */
export interface RebuildOptions extends FoldPlace {
  readonly nextOffset: number;
  readonly watermarkMs: number;
  readonly counters: Readonly<Counters>;
}

/** Takes the payments of a partition in offset order, batch by batch. `finish` returns the fold. */
export interface RebuildOf<Fold> {
  /** The rebuild needs every payment with an event time at or past this. Older ones are allowed. */
  readonly fromEventTimeMs: number;
  /** Throws RangeError if a row is out of order, or at or past `nextOffset`. */
  add(rows: readonly TransactionRow[]): void;
  finish(): Fold;
}

/** Size of the state, for gauges and logs. */
export interface FoldStats {
  readonly ids: number;
  readonly activityEntries: number;
  readonly senders: number;
  readonly openWindows: number;
  /** Estimated memory of the entries, in bytes. For gauges. */
  readonly approximateBytes: number;
}
