/**
 * Decides for each payment of a batch whether it is added or left out, and why. A pure function of the tables'
 * content.
 */
import { hashPayment } from '../../payments/event/hash.ts';
import type { Payment } from '../../payments/types.ts';

/** Of late rows. */
export const LATE_LEFT_OUT = ['backfilled', 'present', 'conflict', 'copy', 'known', 'unreadable'] as const;
/** Of rejected records. */
export const REJECTED_LEFT_OUT = [...LATE_LEFT_OUT, 'rejected', 'too_early', 'gone'] as const;
/**
 * `backfilled`: this very record was added before. `present`: its id is in payment_transactions, with the same payment.
 * `conflict`: its id is there with another payment. `copy`: an earlier record with its id is added. `known`: another pipeline
 * wrote it, before the topic was first processed. `unreadable`: its payload, or the record in the topic, is not exactly what its
 * row describes. `rejected`: it is rejected by the rules of now too. `too_early`: a
 * copy of it could still be accepted. `gone`: the topic no longer has it.
 */
export type LeftOut = (typeof REJECTED_LEFT_OUT)[number];

export interface Candidate {
  readonly partition: number;
  readonly offset: number;
  readonly payment: Payment;
  /** Why the record was rejected, where it was. */
  readonly was?: string;
}

export interface Stored extends Candidate {
  readonly writerEpoch: number;
}

/** A record that is not added. */
export interface LeftOutRecord {
  readonly partition: number;
  readonly offset: number;
  readonly transactionId: string | null;
  readonly why: LeftOut;
  readonly detail: string;
}

/**
 * `stored`: every row of payment_transactions with an id of a candidate. `known`: ids that another pipeline wrote.
 * Candidates in the order of the log.
 */
export function classify(
  candidates: readonly Candidate[],
  stored: readonly Stored[],
  known: ReadonlySet<string> = new Set(),
): { readonly add: Candidate[]; readonly leftOut: LeftOutRecord[] } {
  const rowOf = new Map<string, Stored>();
  for (const row of stored) if (!rowOf.has(row.payment.transactionId)) rowOf.set(row.payment.transactionId, row);
  const adding = new Map<string, Candidate>();
  const leftOut: LeftOutRecord[] = [];
  for (const candidate of candidates) {
    const { transactionId } = candidate.payment;
    const row = rowOf.get(transactionId);
    const before = adding.get(transactionId);
    if (row === undefined && known.has(transactionId)) leftOut.push(elsewhere(candidate));
    else if (row === undefined && before === undefined) adding.set(transactionId, candidate);
    else leftOut.push(explain(candidate, row, before));
  }
  return { add: [...adding.values()], leftOut };
}

function elsewhere({ partition, offset, payment: { transactionId } }: Candidate): LeftOutRecord {
  return { partition, offset, transactionId, why: 'known', detail: 'in known_payments' };
}

function explain(candidate: Candidate, row: Stored | undefined, before: Candidate | undefined): LeftOutRecord {
  const { partition, offset, payment } = candidate;
  const record = { partition, offset, transactionId: payment.transactionId };
  if (row === undefined) {
    const differs = samePayment(before!.payment, payment) ? '' : ', which differs';
    return { ...record, why: 'copy', detail: `of offset ${before!.offset}${differs}` };
  }
  if (isBackfillOf(row, candidate)) return { ...record, why: 'backfilled', detail: 'before' };
  const how = row.writerEpoch === 0 ? 'backfilled' : 'accepted';
  const at = `${how} from partition ${row.partition}, offset ${row.offset}`;
  return samePayment(row.payment, payment)
    ? { ...record, why: 'present', detail: at }
    : { ...record, why: 'conflict', detail: `${at}, which differs` };
}

/** Whether the row is the backfill of this late record. */
export function isBackfillOf(row: Stored, { partition, offset }: Pick<Candidate, 'partition' | 'offset'>): boolean {
  return row.writerEpoch === 0 && row.partition === partition && row.offset === offset;
}

function samePayment(left: Payment, right: Payment): boolean {
  const [a, b] = [hashPayment(left), hashPayment(right)];
  return a.high === b.high && a.low === b.low;
}
