/**
 * One topic: its partitions and their leaders, offsets, and Fetch, each with a bounded number of tries. After a failure the
 * leaders are looked up again.
 */
import type { Connection } from '@platformatic/kafka';
import { type Address, BrokerConnections, type TopicEndpoint } from './broker-connections.ts';
import { TopicReadError } from './errors.ts';
import { type FetchAnswer, readFetchAnswer } from './fetch-answer.ts';
import { isRefusal, messageOf, protocolErrorIn } from './kafka-failures.ts';

export interface TopicClientOptions {
  readonly endpoint: TopicEndpoint;
  readonly topic: string;
  readonly sleep: (ms: number) => Promise<void>;
  /** Tries after one that failed, 200 ms apart. Default 25. */
  readonly maxRetries?: number;
}

interface Layout {
  readonly addresses: ReadonlyMap<number, Address>;
  /** Node id by partition; -1 while it has no leader. */
  readonly leaders: ReadonlyMap<number, number>;
}

const RETRY_AFTER_MS = 200;
const MAX_RETRIES = 25;
/** A topic that was just made is not known to every broker at once. */
const NO_TOPIC_RETRIES = 5;
const MAX_WAIT_MS = 500;
const READ_UNCOMMITTED = 0;
const READ_COMMITTED = 1;
const NO_EPOCH = -1;
const NO_REPLICA = -1;
/** Asks for a fetch without a session. */
const FINAL_EPOCH = -1;
const LIST_AT = { start: -2n, stable: -1n, end: -1n } as const;

export class TopicClient {
  readonly topic: string;
  readonly #options: TopicClientOptions;
  readonly #connections: BrokerConnections;
  #layout: Layout | undefined;

  constructor(options: TopicClientOptions) {
    this.topic = options.topic;
    this.#options = options;
    this.#connections = new BrokerConnections(options.endpoint);
  }

  /** Ascending. TopicReadError `no_topic` where there is no such topic. */
  async partitions(): Promise<readonly number[]> {
    return await this.#trying(async () => [...(await this.#layoutNow()).leaders.keys()].sort((a, b) => a - b));
  }

  /**
   * `start`: the lowest that the log holds; `stable`: one past what a reader of committed records is shown; `end`: one past
   * the last offset, open transactions included.
   */
  async offset(partition: number, at: keyof typeof LIST_AT): Promise<number> {
    return await this.#trying(async () => {
      const { listOffsetsV5 } = await this.#connections.library();
      const connection = await this.#toLeader(partition);
      const question = { partitionIndex: partition, currentLeaderEpoch: NO_EPOCH, timestamp: LIST_AT[at] };
      const isolation = at === 'stable' ? READ_COMMITTED : READ_UNCOMMITTED;
      const topics = [{ name: this.topic, partitions: [question] }];
      const answer = await listOffsetsV5.api.async(connection, NO_REPLICA, isolation, topics);
      const found = answer.topics[0]?.partitions[0];
      if (found === undefined || found.offset < 0n) throw new Error(`partition ${partition}: no ${at} offset`);
      return Number(found.offset);
    });
  }

  /**
   * What the log holds from `fromOffset` on, some maxBytes of it; a single larger batch comes whole. TopicReadError
   * `retention` or `truncated` where the log does not hold the offset. `isUsable` false: asked again, as after a failure.
   */
  async fetch(
    partition: number,
    fromOffset: number,
    maxBytes: number,
    isUsable: (answer: FetchAnswer) => boolean,
  ): Promise<FetchAnswer> {
    return await this.#trying(async () => {
      const connection = await this.#toLeader(partition);
      const answer = await this.#sendFetch(connection, partition, fromOffset, maxBytes);
      const { protocolErrorsCodesById } = await this.#connections.library();
      if (answer.errorCode === 0 && isUsable(answer)) return answer;
      if (answer.errorCode === 0) throw new Error(`partition ${partition}: nothing came at offset ${fromOffset}`);
      const type = protocolErrorsCodesById[answer.errorCode] ?? `error code ${answer.errorCode}`;
      if (type === 'OFFSET_OUT_OF_RANGE') throw await this.#outOfRange(partition, fromOffset);
      throw new TopicReadError('unreachable', `topic ${this.topic}, partition ${partition}: ${type}`, { type });
    });
  }

  /** Another connection for what comes next. */
  async renew(): Promise<void> {
    await this.#connections.closeAll();
  }

  async close(): Promise<void> {
    await this.#connections.closeAll();
  }

  /** Tries until it works, the tries are used up, or what failed cannot pass. */
  async #trying<T>(work: () => Promise<T>): Promise<T> {
    const { maxRetries = MAX_RETRIES, sleep } = this.#options;
    let failures = 0;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        failures += 1;
        if (isRefusal(error) || failures > triesOf(error, maxRetries)) throw this.#named(error, failures);
        this.#layout = undefined;
        await sleep(RETRY_AFTER_MS);
      }
    }
  }

  #named(error: unknown, failures: number): TopicReadError {
    if (error instanceof TopicReadError && error.kind !== 'unreachable') return error;
    const type = protocolErrorIn(error);
    const tries = failures > 1 ? ` (${failures} tries)` : '';
    return new TopicReadError('unreachable', `topic ${this.topic}: ${messageOf(error)}${tries}`, {
      cause: error,
      ...(type === undefined ? {} : { type }),
    });
  }

  async #outOfRange(partition: number, offset: number): Promise<TopicReadError> {
    const start = await this.offset(partition, 'start');
    const where = `topic ${this.topic}, partition ${partition}`;
    return start > offset
      ? new TopicReadError('retention', `${where}: the log starts at ${start}, past offset ${offset}`)
      : new TopicReadError('truncated', `${where}: the log ends before offset ${offset}, which it held`);
  }

  async #toLeader(partition: number): Promise<Connection> {
    const { leaders, addresses } = await this.#layoutNow();
    const leader = leaders.get(partition);
    if (leader === undefined) {
      throw new TopicReadError('no_partition', `topic ${this.topic} has no partition ${partition}`);
    }
    const address = addresses.get(leader);
    if (address === undefined) throw new Error(`partition ${partition} has no leader`);
    return await this.#connections.to(address);
  }

  async #layoutNow(): Promise<Layout> {
    this.#layout ??= await this.#readLayout();
    return this.#layout;
  }

  async #readLayout(): Promise<Layout> {
    const { metadataV8 } = await this.#connections.library();
    const connection = await this.#toAnyBroker();
    const answer = await metadataV8.api.async(connection, [this.topic], false).catch((error: unknown) => {
      const type = protocolErrorIn(error);
      if (type !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error;
      throw new TopicReadError('no_topic', `topic ${this.topic} does not exist`, { cause: error, type });
    });
    const found = answer.topics.find(({ name }) => name === this.topic);
    if (found === undefined || found.partitions.length === 0) throw new Error('no metadata of it');
    return {
      addresses: new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }])),
      leaders: new Map(found.partitions.map(({ partitionIndex, leaderId }) => [partitionIndex, leaderId])),
    };
  }

  /** The first that lets us in, of those that the configuration names. */
  async #toAnyBroker(): Promise<Connection> {
    let failure: unknown;
    for (const broker of this.#options.endpoint.brokers) {
      const at = broker.lastIndexOf(':');
      const host = broker.slice(0, at).replace(/^\[(.*)\]$/, '$1');
      try {
        return await this.#connections.to({ host, port: Number(broker.slice(at + 1)) });
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  async #sendFetch(
    connection: Connection,
    partition: number,
    fromOffset: number,
    maxBytes: number,
  ): Promise<FetchAnswer> {
    const { fetchV11 } = await this.#connections.library();
    const question = {
      partition,
      currentLeaderEpoch: NO_EPOCH,
      fetchOffset: BigInt(fromOffset),
      lastFetchedEpoch: NO_EPOCH,
      partitionMaxBytes: maxBytes,
    };
    const topics = [{ topicId: this.topic, partitions: [question] }];
    const { key, version } = fetchV11.api;
    return await new Promise((resolve, reject) => {
      connection.send(
        key,
        version,
        () => fetchV11.createRequest(MAX_WAIT_MS, 1, maxBytes, READ_COMMITTED, 0, FINAL_EPOCH, topics, [], ''),
        // Not the library's own parser: it unpacks batches without a limit and checks no CRC (ADR 0020).
        (_correlationId, _key, _version, reader) => readFetchAnswer(reader.buffer.slice(reader.position)),
        false,
        false,
        (error, answer) => (error ? reject(error) : resolve(answer as FetchAnswer)),
      );
    });
  }
}

/** How often to try again after it. */
function triesOf(error: unknown, maxRetries: number): number {
  if (!(error instanceof TopicReadError) || error.kind === 'unreachable') return maxRetries;
  return error.kind === 'no_topic' ? Math.min(NO_TOPIC_RETRIES, maxRetries) : 0;
}
