/**
 * Which batches belong to transactions that were aborted. Two sources say it, and must agree: the broker's answer names the
 * producer and first offset of each aborted transaction, and the producer's next marker in the log says how it ended, where
 * it has come by the end of the answer.
 */

import { DamagedBytesError } from '../errors.ts';
import { type Batch, CONTROL, TRANSACTIONAL } from './batch.ts';

export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

/** The first offsets that the broker names of one producer, and where looking at them is. */
interface Listed {
  readonly firstOffsets: readonly number[];
  at: number;
  /** Offset of the producer's last marker. */
  markerOffset: number;
}

const TYPES = ['abort', 'commit'] as const;
type Ending = (typeof TYPES)[number];

/**
 * The batches of an answer whose records count: no markers, and none of an aborted transaction. In order. Throws
 * DamagedBytesError, with the first offset that is in doubt, where list and markers contradict each other.
 */
export function committedBatches(batches: readonly Batch[], aborted: readonly AbortedTransaction[]): Batch[] {
  if (!batches.some(({ attributes }) => (attributes & (TRANSACTIONAL | CONTROL)) !== 0)) return [...batches];
  const endings = endingsOf(batches);
  const listed = new Map<bigint, Listed>();
  for (const [producerId, transactions] of Map.groupBy(aborted, (each) => each.producerId)) {
    const firstOffsets = transactions.map(({ firstOffset }) => firstOffset).sort((a, b) => a - b);
    listed.set(producerId, { firstOffsets, at: -1, markerOffset: -1 });
  }
  return batches.filter(({ attributes, producerId, baseOffset }, index) => {
    const its = listed.get(producerId);
    if ((attributes & CONTROL) !== 0) {
      if (its !== undefined) its.markerOffset = baseOffset;
      return false;
    }
    if ((attributes & TRANSACTIONAL) === 0) return true;
    const isAborted = its !== undefined && isWithin(its, baseOffset);
    const ending = endings[index];
    if (ending !== undefined && isAborted !== (ending === 'abort')) {
      const message = `its transaction ends with ${ending}, and the broker lists it otherwise`;
      throw new DamagedBytesError(message, { offset: baseOffset });
    }
    return !isAborted;
  });
}

/** How the transaction of each batch ends, where its marker is among the batches. */
function endingsOf(batches: readonly Batch[]): readonly (Ending | undefined)[] {
  const next = new Map<bigint, Ending | undefined>();
  return batches
    .toReversed()
    .map((batch) => {
      if ((batch.attributes & CONTROL) !== 0) next.set(batch.producerId, markerType(batch));
      return next.get(batch.producerId);
    })
    .reverse();
}

/** Whether a transaction that the broker lists has begun by this offset and not ended before it. */
function isWithin(its: Listed, baseOffset: number): boolean {
  while ((its.firstOffsets[its.at + 1] ?? Number.POSITIVE_INFINITY) <= baseOffset) its.at += 1;
  const firstOffset = its.firstOffsets[its.at];
  return firstOffset !== undefined && firstOffset > its.markerOffset;
}

/** A marker is one record, never packed, whose key is a version and a type of two bytes each. Other types end nothing. */
function markerType({ body, baseOffset }: Batch): Ending | undefined {
  // Length, attributes, two deltas, and the key's length: a byte each, but for the first delta.
  let at = 2;
  while (at < body.length && body[at]! >= 0x80) at += 1;
  at += 1 + 1 + 1;
  if (at + 4 > body.length) {
    throw new DamagedBytesError(`the marker at offset ${baseOffset} has no type`, { offset: baseOffset });
  }
  return TYPES[body.readInt16BE(at + 2)];
}
