/**
 * Which batches belong to transactions that were aborted. The broker's answer names each with its producer and first offset;
 * its end is the producer's first marker from there on, in the log itself. Where that one is a commit, the transaction was
 * over before the answer; where there is none, its end lies past the answer.
 */
import { type Batch, CONTROL, TRANSACTIONAL } from './batch.ts';
import { DamagedBytesError } from './errors.ts';

export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

interface Span {
  readonly from: number;
  /** Offset of the marker. */
  readonly to: number;
}

const ABORT = 0;

/** The batches of an answer whose records count: no markers, and none of an aborted transaction. In order. */
export function committedBatches(batches: readonly Batch[], aborted: readonly AbortedTransaction[]): Batch[] {
  const markers = batches.filter(({ attributes }) => (attributes & CONTROL) !== 0);
  const spans = new Map<bigint, Span[]>();
  for (const [producerId, transactions] of Map.groupBy(aborted, (transaction) => transaction.producerId)) {
    const ends = markers.filter((batch) => batch.producerId === producerId);
    spans.set(
      producerId,
      transactions.map(({ firstOffset }) => {
        const end = ends.find(({ baseOffset }) => baseOffset >= firstOffset);
        if (end === undefined) return { from: firstOffset, to: Number.POSITIVE_INFINITY };
        return { from: firstOffset, to: markerType(end) === ABORT ? end.baseOffset : firstOffset };
      }),
    );
  }
  return batches.filter(({ attributes, producerId, baseOffset }) => {
    if ((attributes & CONTROL) !== 0) return false;
    if ((attributes & TRANSACTIONAL) === 0) return true;
    return !spans.get(producerId)?.some(({ from, to }) => baseOffset >= from && baseOffset < to);
  });
}

/** A marker is one record, never packed, whose key is a version and a type of two bytes each. */
function markerType({ body, baseOffset }: Batch): number {
  // Lengths of one byte each: of the record, attributes, two deltas, and of the key.
  const keyLength = body[4];
  if (keyLength === undefined || keyLength < 8 || keyLength > 0x7f || body.length < 9) {
    throw new DamagedBytesError(`the marker at offset ${baseOffset} has no type`);
  }
  return body.readInt16BE(7);
}
