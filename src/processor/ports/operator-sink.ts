/** What operators' commands (src/operations) need of a sink besides reading: to hold partitions, and to change what is stored about them. */
import type { DataTable } from '../../payments/types.ts';
import type { HistoryChange, Ownership, SkippedRange } from './records.ts';
import type { ClaimOutcome, HeldClaim, SinkReads } from './sink.ts';

export interface OperatorSink extends SinkReads {
  /** Claims these partitions as an owner does, on the same terms, and writes nothing. */
  hold(topic: string, owner: string, rows: readonly Ownership[]): Promise<readonly ClaimOutcome<HeldClaim>[]>;
  /** F, as far as it can be seen beside a running owner: no table has a row at or past it. `fromOffset` where there are none. */
  writtenTo(partition: number, fromOffset: number): Promise<number>;
  /**
   * Puts the whole new list of ranges given up, if the claim of `held` still holds: read it back. `rowsGo`: nothing past the
   * checkpoint is to be accounted for any more, since its rows will be removed.
   */
  putSkipped(held: Ownership, skipped: readonly SkippedRange[], rowsGo: boolean): Promise<void>;
  /**
   * Replaces the histories of these partitions: of all of them, if each still has the claim named here, or of none. Read them back.
   */
  putHistories(topic: string, changes: readonly HistoryChange[]): Promise<void>;
  /** Removes what a data table has of offsets [from, to), writer_epoch > 0: only ever of a range that was given up. */
  removeRows(table: DataTable, partition: number, from: number, to: number): Promise<void>;
}
