/** The body of a Fetch response, version 11: what each partition answered. Records stay bytes; record-batches.ts reads them. */

export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  /** Kafka's protocol error; 0 is none. */
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  /** In the broker's order, which is not that of first offsets. */
  readonly aborted: readonly AbortedTransaction[];
  /** Record batches; the last one may be cut short. */
  readonly records: Buffer;
}

export interface FetchResponse {
  readonly errorCode: number;
  /** kafkajs honours it before its next request (KIP-219). */
  readonly clientSideThrottleTime: number;
  readonly partitions: readonly FetchedPartition[];
}

export function parseFetchResponse(body: Buffer): FetchResponse {
  let at = 0;
  const skip = (length: number) => {
    const from = at;
    at += length;
    return from;
  };
  const int16 = () => body.readInt16BE(skip(2));
  const int32 = () => body.readInt32BE(skip(4));
  const int64 = () => body.readBigInt64BE(skip(8));
  const offset = () => Number(int64());
  const bytes = (length: number) => {
    const from = skip(Math.max(length, 0));
    return body.subarray(from, at);
  };

  const clientSideThrottleTime = int32();
  const errorCode = int16();
  skip(4); // session id: every request is a full one
  const partitions: FetchedPartition[] = [];
  for (let topics = int32(); topics > 0; topics -= 1) {
    const topic = bytes(int16()).toString();
    for (let count = int32(); count > 0; count -= 1) {
      const head = {
        topic,
        partition: int32(),
        errorCode: int16(),
        highWatermark: offset(),
        lastStableOffset: offset(),
      };
      const logStartOffset = offset();
      const aborted: AbortedTransaction[] = [];
      for (let left = int32(); left > 0; left -= 1) aborted.push({ producerId: int64(), firstOffset: offset() });
      skip(4); // preferred read replica: we name no rack
      partitions.push({ ...head, logStartOffset, aborted, records: bytes(int32()) });
    }
  }
  return { errorCode, clientSideThrottleTime, partitions };
}
