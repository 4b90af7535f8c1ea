/**
 * What `backfill` (src/operations/backfill) needs of a sink: rows of payment_exceptions to choose from, payments that are there, and
 * changes that only the command with the turn makes.
 *
 * A sink promises: 1. of concurrent commands that take a turn one gets it; 2. once `take` has returned, no change of an earlier turn
 * can land; 3. each change may be repeated.
 */
import type { FurtherColumn } from '../../payments/rules/rules.ts';
import type { Payment } from '../../payments/types.ts';

/** Which late rows of a partition; what is not given does not matter. Times are event times, [from, before). */
export interface LateSelection {
  readonly fromEventTimeMs?: number | undefined;
  readonly beforeEventTimeMs?: number | undefined;
  readonly transactionIds?: readonly string[] | undefined;
}

/** A row of payment_exceptions with disposition late. */
export interface LateRow {
  readonly partition: number;
  readonly offset: number;
  readonly transactionId: string | null;
  readonly eventTimeMs: number | null;
  readonly recordTimeMs: number;
  readonly payload: string | null;
  readonly payloadHash: string | null;
}

/** A row of payment_exceptions with disposition rejected. */
export interface RejectedRow {
  readonly partition: number;
  readonly offset: number;
  readonly reason: string;
  readonly payloadHash: string | null;
}

/** A payment on its way into payment_transactions. */
export interface BackfilledPayment {
  readonly partition: number;
  readonly offset: number;
  readonly payment: Payment;
}

/** A row of payment_transactions. */
export interface StoredPayment extends BackfilledPayment {
  readonly writerEpoch: number;
}

/** Event times [fromMs, toMs) of a partition whose epoch-0 windows must be summed up again. */
export interface PendingRange {
  readonly partition: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** The right to change the tables, until somebody else takes the next turn. */
export interface Turn {
  readonly topic: string;
  /** From 1 on; 0 is the row before anybody's first turn. */
  readonly number: number;
  readonly turnId: string;
  readonly owner: string;
  readonly pending: readonly PendingRange[];
}

export interface BackfillTurns {
  /** Undefined if this topic was never backfilled. */
  read(topic: string): Promise<Turn | undefined>;
  /**
   * Takes the next turn. Its `pending` joins the ranges given here with those of an unfinished turn. Gives the owner of
   * an unfinished turn `courtesyMs` to finish; that wait affects only speed, not correctness.
   */
  take(topic: string, owner: string, pending: readonly PendingRange[], courtesyMs: number): Promise<Turn>;
  /** Whether it is still ours. */
  isOurs(turn: Turn): Promise<boolean>;
  /** Records that nothing of the turn is left to do. Changes nothing if the turn is no longer ours. */
  end(turn: Turn): Promise<void>;
}

export interface BackfillTables {
  readonly turns: BackfillTurns;
  /** Payments that another pipeline wrote: which of these ids the list has. */
  readonly known: { idsIn(list: string, ids: readonly string[]): Promise<ReadonlySet<string>> };
  /** At most `limit` late rows with fromOffset <= kafka_offset < belowOffset, ascending. */
  lateRows(
    partition: number,
    fromOffset: number,
    belowOffset: number,
    selection: LateSelection,
    limit: number,
  ): Promise<LateRow[]>;
  /** At most `limit` rejected rows with fromOffset <= kafka_offset < belowOffset, ascending. */
  rejectedRows(partition: number, fromOffset: number, belowOffset: number, limit: number): Promise<RejectedRow[]>;
  /** How many late or rejected rows lie at or past an offset. */
  countRows(
    disposition: 'late' | 'rejected',
    partition: number,
    fromOffset: number,
    selection?: LateSelection,
  ): Promise<number>;
  /** Every row of payment_transactions with one of these ids, of all partitions and epochs. */
  stored(transactionIds: readonly string[]): Promise<StoredPayment[]>;
  /**
   * Inserts those whose id is not in the table, with these further columns. Distinct ids only. Resolves with why it failed, if it
   * did; the turn may be another's by then.
   */
  insertPayments(
    turn: Turn,
    payments: readonly BackfilledPayment[],
    further?: readonly FurtherColumn[],
  ): Promise<Error | undefined>;
  /** Makes the epoch-0 windows of the turn's ranges the sums of their epoch-0 payments. `windowMs` by partition. */
  correctMetrics(turn: Turn, windowMs: ReadonlyMap<number, number>): Promise<Error | undefined>;
  /** Windows of the turn's ranges whose epoch-0 row is not the sum of their epoch-0 payments. */
  unsummedWindows(turn: Turn, windowMs: ReadonlyMap<number, number>): Promise<number>;
  /** Waits before a change that lost a race, or a service that was away, is tried in a turn of its own. */
  patience(what: string): { wait(failure: Error): Promise<void> };
}
