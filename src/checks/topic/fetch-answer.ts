/** The body of a Fetch response, version 11, for one partition: its batches stay bytes. */
import type { AbortedTransaction } from './batches/aborted-spans.ts';

export interface FetchAnswer {
  /** Kafka's protocol error; 0 is none. */
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly logStartOffset: number;
  readonly aborted: readonly AbortedTransaction[];
  /** Whole batches and perhaps the start of one more. */
  readonly bytes: Buffer;
}

/** Throws RangeError where the response is no such thing. */
export function readFetchAnswer(response: Buffer): FetchAnswer {
  const error = response.readInt16BE(4);
  // Behind the throttle time, the error and the session.
  let at = 10;
  const topics = response.readInt32BE(at);
  if (error !== 0 && topics === 0)
    return { errorCode: error, highWatermark: 0, logStartOffset: 0, aborted: [], bytes: Buffer.alloc(0) };
  at += 4;
  at += 2 + response.readInt16BE(at);
  const partitions = response.readInt32BE(at);
  if (topics !== 1 || partitions !== 1)
    throw new RangeError(`fetch: ${topics} topics and ${partitions} partitions in an answer for one`);
  at += 4 + 4;
  const errorCode = response.readInt16BE(at);
  const highWatermark = Number(response.readBigInt64BE(at + 2));
  const logStartOffset = Number(response.readBigInt64BE(at + 18));
  const abortedCount = response.readInt32BE(at + 26);
  at += 30;
  const aborted: AbortedTransaction[] = [];
  for (let left = abortedCount; left > 0; left -= 1, at += 16) {
    aborted.push({ producerId: response.readBigInt64BE(at), firstOffset: Number(response.readBigInt64BE(at + 8)) });
  }
  // Behind the preferred replica.
  const length = Math.max(0, response.readInt32BE(at + 4));
  const bytes = response.subarray(at + 8, at + 8 + length);
  if (bytes.length !== length) throw new RangeError(`fetch: ${bytes.length} of ${length} bytes`);
  return { errorCode: errorCode || error, highWatermark, logStartOffset, aborted, bytes };
}
