/** What reading the topic may end with. Errors of the checkers alone: the adapter of the inputs says what a command makes of them. */

/** A batch of the log that cannot be read: what it holds is not known, and so is everything that depends on it. */
export class UnreadableLogError extends Error {
  readonly code = 'batch_damaged';
  readonly partition: number;
  /** The first offset that could not be read. */
  readonly offset: number;
  /** The last offset of the batch, as its header says; undefined where the header cannot be believed. */
  readonly lastOffset: number | undefined;

  constructor(topic: string, partition: number, { offset, lastOffset, reason }: Damage) {
    const where = `topic ${topic}, partition ${partition}, offset ${offset}`;
    const extent = lastOffset === undefined ? '' : `, which ends at offset ${lastOffset}`;
    super(`batch_damaged: ${where}: the batch there${extent}, cannot be read: ${reason}`);
    this.name = 'UnreadableLogError';
    this.partition = partition;
    this.offset = offset;
    this.lastOffset = lastOffset;
  }
}

/** Where the bytes of a log stop making sense, and why. */
export interface Damage {
  readonly offset: number;
  readonly lastOffset: number | undefined;
  readonly reason: string;
}

/** Bytes that break a rule of the format: thrown by the decoders, most of which do not know where they are. */
export class DamagedBytesError extends Error {
  /** The first offset that could not be read, where it is known. */
  readonly offset: number | undefined;

  constructor(message: string, options: ErrorOptions & { readonly offset?: number } = {}) {
    super(message, options);
    this.name = 'DamagedBytesError';
    this.offset = options.offset;
  }
}

export type TopicReadKind = 'no_topic' | 'no_partition' | 'retention' | 'truncated' | 'unreachable';

/** The topic cannot be read as it was asked for. */
export class TopicReadError extends Error {
  readonly kind: TopicReadKind;
  /** Kafka's name of the protocol error, as `TOPIC_AUTHORIZATION_FAILED`, where the broker gave one. */
  readonly type: string | undefined;

  constructor(kind: TopicReadKind, message: string, options: ErrorOptions & { readonly type?: string } = {}) {
    super(message, options);
    this.name = 'TopicReadError';
    this.kind = kind;
    this.type = options.type;
  }
}
