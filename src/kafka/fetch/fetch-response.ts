/**
 * The body of a Fetch response, version 11: the answer of each partition. Records stay bytes; record-batches.ts reads
 * them. No checksum covers the body, so every length and count is checked against the bytes present.
 */

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
  /** kafkajs obeys it before its next request (KIP-219). */
  readonly clientSideThrottleTime: number;
  readonly partitions: readonly FetchedPartition[];
}

/**
 * An answer that violates Kafka's protocol, or does not match the request. Another connection may bring a better one.
 */
export class BrokenAnswerError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BrokenAnswerError';
  }
}

/** Quotas of brokers never ask for more; kafkajs would wait for any time that it gets. */
const MAX_THROTTLE_MS = 60_000;
const ABORTED_BYTES = 16;
/** Minimum bytes of a topic and of a partition in an answer. */
const TOPIC_BYTES = 6;
const PARTITION_BYTES = 42;

/** Throws BrokenAnswerError if the bytes are not exactly such a body. */
export function parseFetchResponse(body: Buffer): FetchResponse {
  let at = 0;
  const skip = (length: number) => {
    const from = at;
    if (length < 0 || from + length > body.length)
      throw new BrokenAnswerError(`a Fetch answer of ${body.length} bytes names ${length} bytes at ${from}`);
    at += length;
    return from;
  };
  const int16 = () => body.readInt16BE(skip(2));
  const int32 = () => body.readInt32BE(skip(4));
  const int64 = () => body.readBigInt64BE(skip(8));
  const offset = () => Number(int64());
  const bytes = (length: number) => {
    const from = skip(length);
    return body.subarray(from, at);
  };
  /** -1 means no list, and counts as none. */
  const count = (leastBytes: number) => {
    const said = int32();
    if (said < -1 || said * leastBytes > body.length - at)
      throw new BrokenAnswerError(`a Fetch answer names ${said} entries, and has ${body.length - at} bytes left`);
    return said;
  };

  const clientSideThrottleTime = Math.min(Math.max(0, int32()), MAX_THROTTLE_MS);
  const errorCode = int16();
  skip(4); // session id: every request is a full one
  const partitions: FetchedPartition[] = [];
  for (let topics = count(TOPIC_BYTES); topics > 0; topics -= 1) {
    const topic = bytes(int16()).toString();
    for (let left = count(PARTITION_BYTES); left > 0; left -= 1) {
      const head = {
        topic,
        partition: int32(),
        errorCode: int16(),
        highWatermark: offset(),
        lastStableOffset: offset(),
      };
      const logStartOffset = offset();
      const aborted: AbortedTransaction[] = [];
      for (let more = count(ABORTED_BYTES); more > 0; more -= 1)
        aborted.push({ producerId: int64(), firstOffset: offset() });
      skip(4); // preferred read replica: we name no rack
      const byteLength = int32();
      partitions.push({ ...head, logStartOffset, aborted, records: bytes(byteLength === -1 ? 0 : byteLength) });
    }
  }
  if (at !== body.length)
    throw new BrokenAnswerError(`a Fetch answer has ${body.length - at} bytes behind its last partition`);
  return { errorCode, clientSideThrottleTime, partitions };
}

/** Throws BrokenAnswerError unless each requested partition is answered exactly once, and no other. */
export function requireAnswersTo(
  topic: string,
  asked: ReadonlySet<number>,
  answers: readonly FetchedPartition[],
): void {
  const answered = new Set(answers.map(({ partition }) => partition));
  const other = answers.find((answer) => answer.topic !== topic || !asked.has(answer.partition));
  if (other !== undefined)
    throw new BrokenAnswerError(
      `partition ${other.partition} of ${JSON.stringify(other.topic)} was answered and not asked for`,
    );
  if (answers.length !== asked.size || answered.size !== asked.size)
    throw new BrokenAnswerError(
      `${answers.length} answers for ${answered.size} partitions came, and ${asked.size} were asked for`,
    );
}
