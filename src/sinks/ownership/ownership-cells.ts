/**
 * A row of partition_ownership, of cells that are text, to Ownership: the one place where its JSON is parsed, so it is checked. What a
 * sink has in the column `streams` is its own to read.
 */
import { z } from 'zod';
import { ContradictionError } from '../../base/errors.ts';
import { integerFromText, millisFromText } from '../rows/cell-texts.ts';
import type { StoredOwnership } from './stored-ownership.ts';

const offset = z.int().min(0);
const points = z.strictObject({ over: z.number(), points: z.number() });
const amountPoints = z.strictObject({ over: z.string(), points: z.number() });

const fixed = z.strictObject({
  idHorizonMs: z.number(),
  windowMs: z.number(),
  activitySpanMs: z.number(),
  minEventTimeMs: z.number(),
});
const history = z
  .array(
    z.strictObject({
      fromOffset: offset,
      foldVersion: z.int(),
      revision: z.int().min(0).optional(),
      rules: z.strictObject({ revision: z.int().min(1), sha256: z.string().regex(/^[0-9a-f]{64}$/) }).optional(),
      generation: z
        .strictObject({
          partitions: z.int().min(1),
          floorMs: z.number(),
          sources: z.array(z.strictObject({ partition: offset, offset })),
          known: z
            .strictObject({
              list: z.string().min(1),
              fromMs: z.number(),
              toMs: z.number(),
              count: z.int().min(0),
              digest: z.string(),
            })
            .optional(),
        })
        .optional(),
      decision: z.strictObject({
        watermarkDelayMs: z.number(),
        allowedSkewMs: z.number(),
        maxAmount: z.string(),
        partitioner: z.enum(['any', 'murmur2']),
        fraud: z.strictObject({
          amountHigh: amountPoints,
          amountMedium: amountPoints,
          amountLowPoints: z.number(),
          countHigh: points,
          countMedium: points,
          devices: points,
          regionPoints: z.record(z.string(), z.number()),
          otherRegionPoints: z.number(),
          maxScore: z.number(),
          highRiskOver: z.number(),
          activity: z.literal('off').optional(),
        }),
      }),
    }),
  )
  .min(1)
  .refine((entries) => entries.every((entry, i) => i === 0 || entry.fromOffset >= entries[i - 1]!.fromOffset), {
    error: 'not ascending by fromOffset',
  });
const skipped = z.array(
  z.strictObject({ from: offset, to: offset, reason: z.string(), by: z.string(), atMs: z.number() }),
);

/** Columns in the order that ownershipFromCells reads them. */
export const OWNERSHIP_COLUMNS = [
  'topic',
  'kafka_partition',
  'epoch',
  'owner',
  'claim_id',
  'claimed_at',
  'streams',
  'partition_count',
  'start_offset',
  'fixed_settings',
  'settings_history',
  'skipped',
] as const;

/** Throws ContradictionError `ownership_rows` for a row that is not what this code writes. Times are text in microseconds. */
export function ownershipFromCells(cells: readonly unknown[]): StoredOwnership {
  const text = (index: number): string => textCell(cells, index);
  const number = (index: number, read: (text: string) => number): number => {
    try {
      return read(text(index));
    } catch (error) {
      throw damaged(cells, `${OWNERSHIP_COLUMNS[index]}: ${(error as Error).message}`);
    }
  };
  return {
    topic: text(0),
    partition: number(1, integerFromText),
    epoch: number(2, integerFromText),
    owner: text(3),
    claimId: text(4),
    claimedAtMs: number(5, millisFromText),
    partitionCount: number(7, integerFromText),
    startOffset: number(8, integerFromText),
    fixed: jsonCell(cells, 9, fixed),
    history: jsonCell(cells, 10, history) as StoredOwnership['history'],
    skipped: jsonCell(cells, 11, skipped),
  };
}

/** The JSON of one column, checked. */
export function jsonCell<T>(cells: readonly unknown[], index: number, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(textCell(cells, index)));
  } catch (error) {
    if (error instanceof ContradictionError) throw error;
    const why = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    throw damaged(cells, `${OWNERSHIP_COLUMNS[index]}: ${why}`);
  }
}

function textCell(cells: readonly unknown[], index: number): string {
  const cell = cells[index];
  if (typeof cell !== 'string') throw damaged(cells, `${OWNERSHIP_COLUMNS[index]} is ${cell}`);
  return cell;
}

function damaged(cells: readonly unknown[], what: string): ContradictionError {
  return new ContradictionError(
    'ownership_rows',
    `partition_ownership, topic ${cells[0]}, partition ${cells[1]}: ${what}. ` +
      'Someone changed the row by hand, or a newer version wrote it: repair it before starting again',
  );
}
