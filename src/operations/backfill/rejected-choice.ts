/** Which rejected records a backfill may add: those that the operator selects, and whose copies are late wherever they come. */
import { generationOf } from '../../processor/generation.ts';
import type { LateSelection, Ownership, SinkReads } from '../../processor/ports.ts';
import type { Candidate, LeftOutRecord } from './classify.ts';

/**
 * Every record past the newest checkpoints with an event time below this is late. A topic that was rescaled may send copies to
 * another partition than the record's, so that the slowest partition counts.
 */
export async function lateFromMs(
  owned: Ownership,
  all: readonly Ownership[],
  sink: Pick<SinkReads, 'latestCheckpoint'>,
): Promise<number> {
  const rows = all.some((row) => generationOf(row) !== undefined) ? all : [owned];
  const lateFrom = await Promise.all(
    rows.map(async (row) => {
      const checkpoint = await sink.latestCheckpoint(row.topic, row.partition);
      const floorMs = generationOf(row)?.floorMs ?? Number.NEGATIVE_INFINITY;
      return Math.max(checkpoint?.watermarkMs ?? row.fixed.minEventTimeMs, floorMs);
    }),
  );
  return Math.min(...lateFrom);
}

/** What is not read as a payment has no event time to select by: only a run without such a selection lists it. */
export function isSelected(judged: Candidate | LeftOutRecord, selection: LateSelection): boolean {
  const { fromEventTimeMs, beforeEventTimeMs, transactionIds } = selection;
  const hasTimes = fromEventTimeMs !== undefined || beforeEventTimeMs !== undefined;
  if (!('payment' in judged)) {
    if (transactionIds !== undefined)
      return judged.transactionId !== null && transactionIds.includes(judged.transactionId);
    return !hasTimes;
  }
  const { transactionId, eventTimeMs } = judged.payment;
  if (fromEventTimeMs !== undefined && eventTimeMs < fromEventTimeMs) return false;
  if (beforeEventTimeMs !== undefined && eventTimeMs >= beforeEventTimeMs) return false;
  return transactionIds === undefined || transactionIds.includes(transactionId);
}
