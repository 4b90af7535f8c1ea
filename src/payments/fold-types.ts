/** What a fold is made from, and what it says of itself. */

import type { IndexKey } from '../base/memory/slot-hash.ts';
import type { AcceptedBatch } from './accepted-batch.ts';
import type { Counters, ExceptionRow, FixedSettings, PartialRow, TransactionRow } from './types.ts';

/** Where the fold puts rows, in fold order. `accepted` feeds both payment_transactions and payment_transactions_fraud. */
export interface FoldOutput {
  readonly accepted: AcceptedBatch;
  readonly partials: PartialRow[];
  readonly exceptions: ExceptionRow[];
}

/** Which partition is folded, and what was fixed when it was seeded. */
export interface FoldPlace {
  readonly partition: number;
  /** Partitions of the topic when this one was seeded. */
  readonly partitionCount: number;
  readonly fixed: FixedSettings;
  /** Payments below it are late whatever the watermark is, and ids below it forgotten (Generation). Default: none. */
  readonly floorMs?: number;
  /**
   * Where in the indexes in memory texts lie: drawn anew for each state (drawIndexKey), so that nobody can choose texts that
   * slow it down. No result depends on it. Default: KNOWN_INDEX_KEY.
   */
  readonly indexKey?: IndexKey;
}

/** What a checkpoint row says of a state; the entries come from the payments. */
export interface RebuildOptions extends FoldPlace {
  readonly nextOffset: number;
  readonly watermarkMs: number;
  readonly counters: Readonly<Counters>;
}

/** Takes the payments of a partition in offset order, batch by batch; `finish` gives the fold. */
export interface RebuildOf<Fold> {
  /** Payments with an event time at or past this are needed; older ones do no harm. */
  readonly fromEventTimeMs: number;
  /** Throws RangeError for a row out of order, or at or past `nextOffset`. */
  add(rows: readonly TransactionRow[]): void;
  finish(): Fold;
}

/** How large the state is: for gauges and logs. */
export interface FoldStats {
  readonly ids: number;
  readonly activityEntries: number;
  readonly senders: number;
  readonly openWindows: number;
  /** An estimate, for gauges: the memory that the entries take. */
  readonly approximateBytes: number;
}
