/** Ranges of event times whose windows a backfill must sum up again: made of payments, joined, and read from a row. Pure. */
import { z } from 'zod';
import type { PendingRange } from '../processor/ports/backfill-tables.ts';

const pendingRanges = z.array(
  z.strictObject({ partition: z.int().min(0), fromMs: z.number().int(), toMs: z.number().int() }),
);

/** `text`: the column pending of backfill_turns; empty where nothing is left to do. */
export function pendingFromText(text: string): PendingRange[] {
  return text === '' ? [] : pendingRanges.parse(JSON.parse(text));
}

/** The range of whole windows around these event times. */
export function windowsAround(partition: number, eventTimesMs: readonly number[], windowMs: number): PendingRange {
  const start = (timeMs: number): number => Math.floor(timeMs / windowMs) * windowMs;
  const least = eventTimesMs.reduce((a, b) => Math.min(a, b));
  const greatest = eventTimesMs.reduce((a, b) => Math.max(a, b));
  return { partition, fromMs: start(least), toMs: start(greatest) + windowMs };
}

/** One range per partition, from the least to the greatest time. */
export function joinRanges(ranges: readonly PendingRange[]): PendingRange[] {
  return [...Map.groupBy(ranges, ({ partition }) => partition)]
    .sort(([left], [right]) => left - right)
    .map(([partition, found]) => ({
      partition,
      fromMs: Math.min(...found.map(({ fromMs }) => fromMs)),
      toMs: Math.max(...found.map(({ toMs }) => toMs)),
    }));
}
