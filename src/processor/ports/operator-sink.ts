/** What operators' commands (src/operations) need of a sink besides reads: to hold partitions and change their rows. */
import type { DataTable } from '../../payments/types.ts';
import type { HistoryChange, Ownership, SkippedRange } from './records.ts';
import type { ClaimOutcome, HeldClaim, SinkReads } from './sink.ts';

export interface OperatorSink extends SinkReads {
  /** Claims these partitions on the same terms as an owner, and writes no data. */
  hold(topic: string, owner: string, rows: readonly Ownership[]): Promise<readonly ClaimOutcome<HeldClaim>[]>;
  /** F, as far as it can be seen beside a running owner: no table has a row at or past it. `fromOffset` where there are none. */
  writtenTo(partition: number, fromOffset: number): Promise<number>;
  /**
   * Replaces the list of ranges given up, if the claim of `held` still holds. The caller reads it back. `rowsGo`: rows
   * past the checkpoint are no longer counted, because they will be removed.
   */
  putSkipped(held: Ownership, skipped: readonly SkippedRange[], rowsGo: boolean): Promise<void>;
  /**
   * Replaces the histories of all these partitions if each still has the claim named here, otherwise of none. The
   * caller reads them back.
   */
  putHistories(topic: string, changes: readonly HistoryChange[]): Promise<void>;
  /** Removes a table's rows of offsets [from, to) with writer_epoch > 0. Called only for a range that was given up. */
  removeRows(table: DataTable, partition: number, from: number, to: number): Promise<void>;
}
