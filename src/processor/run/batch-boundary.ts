/** Where a batch of records ends: at its limit, or where what is compared ends and what is new begins. */
import type { LogRecord } from '../../payments/types.ts';

/**
 * The index after the last record of the batch that begins at `from`. Always past `from`: folding continues in a log
 * that lacks the record before `comparedTo`, and the comparison then finds the difference.
 */
export function batchEnd(records: readonly LogRecord[], from: number, full: number, comparedTo: number): number {
  const end = Math.min(records.length, full);
  if (records[from]!.offset >= comparedTo) return end;
  for (let i = from + 1; i < end; i++) if (records[i]!.offset >= comparedTo) return i;
  return end;
}
