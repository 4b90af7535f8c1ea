/**
 * Gives a fold the payments that another pipeline wrote before the topic was first processed (known_payments).
 *
 * Invariant: a partition starts only with the whole list: number and digest of what can be known at the start stand in
 * its settings history. Later, the part of the list that is still live is in the state, and proven by the checkpoint's
 * digest.
 */
import { ContradictionError } from '../../base/errors.ts';
import type { PartitionFold } from '../../payments/fold.ts';
import { KnownSum } from '../../payments/state/known-elsewhere.ts';
import type { KnownList } from '../../payments/types.ts';
import type { SinkReads } from '../ports.ts';

export async function carryKnown(
  fold: PartitionFold,
  { list, fromMs, toMs, count, digest }: KnownList,
  sink: Pick<SinkReads, 'knownPayments'>,
  signal: AbortSignal,
): Promise<void> {
  const neededFromMs = Math.max(fromMs, fold.carriedFromMs);
  if (neededFromMs > toMs) return;
  const sum = new KnownSum();
  for await (const payments of sink.knownPayments(list, neededFromMs)) {
    signal.throwIfAborted();
    for (const payment of payments) sum.add(payment);
    fold.carryKnown(payments);
  }
  if (neededFromMs > fromMs || (sum.count === count && sum.digest === digest)) return;
  throw new ContradictionError(
    'rows_differ',
    `known_payments, list ${list}: it has ${sum.count} payments from ${new Date(fromMs).toISOString()} on with digest ${sum.digest}, ` +
      `and ${count} with digest ${digest} when it was made: rows were changed or deleted. Restore the table as it was. Nothing was written.`,
  );
}
