/**
 * Steps 4 and 5 of a takeover: fences everyone who wrote before, then finds out how far they got.
 *
 * Invariant: F, the offset from which on rows are written, is past every row that any table has.
 */

import { DATA_TABLES } from '../../payments/types.ts';
import type { Observer } from '../events.ts';
import type { ProcessorLimits } from '../limits.ts';
import type { Checkpoint, Fenced, HeldClaim } from '../ports.ts';
import { requireItself } from './checkpoint-mark.ts';

export interface Position extends Fenced {
  /** F: the greatest offset up to which any table got; C where there is nothing past it. */
  readonly resumeOffset: number;
}

export interface PositionOptions {
  readonly observer: Observer;
  readonly limits: Pick<ProcessorLimits, 'settleTimeoutMs' | 'fenceGatherMs'>;
  /** What the greatest checkpoint seems to be, while what is past it is still asked for; called again where there is a greater one. */
  readonly onCheckpoint?: (checkpoint: Checkpoint | undefined, checkpointOffset: number) => void;
}

/** Rejects with ContradictionError where what is there does not add up, or a checkpoint is not what it says of itself. */
export async function findPosition(
  won: HeldClaim,
  { observer, limits, onCheckpoint }: PositionOptions,
  signal: AbortSignal,
): Promise<Position> {
  const { partition, epoch } = won.ownership;
  const terms = {
    settleTimeoutMs: limits.settleTimeoutMs,
    gatherMs: limits.fenceGatherMs,
    onCheckpoint: (checkpoint: Checkpoint | undefined, offset: number): void => {
      if (checkpoint !== undefined) requireItself(checkpoint, won.ownership);
      if (!signal.aborted) onCheckpoint?.(checkpoint, offset);
    },
  };
  const fenced = await won.fence(terms, signal);
  const { checkpointOffset } = fenced;
  const tables = DATA_TABLES.map((table) => fenced.reached[table]);
  const resumeOffset = Math.max(checkpointOffset, ...tables.map(({ next }) => next));
  const rowsAlreadyThere = tables.reduce((sum, { rows }) => sum + rows, 0);
  observer.emit({ type: 'takeover.positioned', partition, epoch, checkpointOffset, resumeOffset, rowsAlreadyThere });
  return { ...fenced, resumeOffset };
}
