/** A row of partition_ownership with the write streams that it lists. */
import { z } from 'zod';
import { APPEND_TABLES } from '../../../payments/types.ts';
import { jsonCell, ownershipFromCells as sharedFromCells } from '../../ownership/ownership-cells.ts';
import type { StoredOwnership } from '../ports.ts';

export { OWNERSHIP_COLUMNS } from '../../ownership/ownership-cells.ts';

const STREAMS_COLUMN = 6;
const streams = z.array(
  z.strictObject({
    epoch: z.int().min(1),
    table: z.enum(APPEND_TABLES as [string, ...string[]]),
    name: z.string().min(1),
    createdAtMs: z.number(),
  }),
);

/** Throws ContradictionError `ownership_rows` for a row that is not what this code writes. */
export function ownershipFromCells(cells: readonly unknown[]): StoredOwnership {
  return { ...sharedFromCells(cells), streams: jsonCell(cells, STREAMS_COLUMN, streams) as StoredOwnership['streams'] };
}
