/**
 * One topic on one cluster, without a group: its leaders, its offsets, and Fetch. Calls fail fast; the caller decides
 * how long to wait. `renew` abandons a connection that does not answer, because kafkajs would keep using it.
 */
import type { Cluster } from 'kafkajs';
import type { FetchedPartition } from '../fetch/fetch-response.ts';
import { createKafka, type KafkaConnectionOptions } from './connection-options.ts';
import { isUnknownTopic, noSuchTopic } from './errors.ts';
import { type FetchPartition, openCluster, sendFetch } from './kafkajs-internals.ts';

/** A new leader, broker or partition is noticed after this time at the latest. */
const METADATA_MAX_AGE_MS = 30_000;

export interface FetchAnswers {
  readonly partitions: readonly FetchedPartition[];
  /** Identifies the connection: a different one means that the previous was lost. */
  readonly socket: object;
}

export interface OffsetQuestion {
  readonly partitions: readonly number[];
  /** `end` is the last stable offset; a time asks for the first offset at or past it, -1 if there is none. */
  readonly at: 'start' | 'end' | { readonly timestampMs: number };
}

export class TopicConnection {
  readonly topic: string;
  readonly #options: KafkaConnectionOptions;
  #cluster: Cluster;

  constructor(options: KafkaConnectionOptions, topic: string) {
    this.topic = topic;
    this.#options = options;
    this.#cluster = openCluster(createKafka(options), METADATA_MAX_AGE_MS);
  }

  /** Throws ConfigurationError if the topic does not exist. */
  async connect(): Promise<void> {
    await this.#cluster.connect();
    try {
      await this.#cluster.addTargetTopic(this.topic);
    } catch (error) {
      throw isUnknownTopic(error) ? noSuchTopic(this.topic, this.#options.brokers) : error;
    }
  }

  /** Reads the cluster's metadata again; connects if necessary. Throws as connect does. */
  async refresh(): Promise<void> {
    try {
      await this.connect();
      await this.#cluster.refreshMetadata();
    } catch (error) {
      throw isUnknownTopic(error) ? noSuchTopic(this.topic, this.#options.brokers) : error;
    }
  }

  async refreshIfOld(): Promise<void> {
    await this.#cluster.refreshMetadataIfNecessary();
  }

  /** Partitions of the last metadata, ascending. */
  partitions(): number[] {
    const found = this.#cluster.findTopicPartitionMetadata(this.topic);
    return found.map(({ partitionId }) => partitionId).sort((a, b) => a - b);
  }

  /** Node id of the partition's leader; undefined while it has none. */
  leaderOf(partition: number): number | undefined {
    const found = this.#cluster.findTopicPartitionMetadata(this.topic).find((p) => p.partitionId === partition);
    return found === undefined || found.leader < 0 ? undefined : found.leader;
  }

  /** Waits at most maxWaitMs if there is nothing new. Errors of single partitions are in their answers. */
  async fetch(
    nodeId: number,
    partitions: readonly FetchPartition[],
    limits: { readonly maxWaitMs: number; readonly maxBytes: number },
  ): Promise<FetchAnswers> {
    const broker = await this.#cluster.findBroker({ nodeId: String(nodeId) });
    const { response, socket } = await sendFetch(broker, { topics: [{ topic: this.topic, partitions }], ...limits });
    if (response.errorCode !== 0) throw new Error(`fetch from node ${nodeId}: error code ${response.errorCode}`);
    return { partitions: response.partitions, socket };
  }

  /** Offsets by partition; throws if one has no leader or is unknown. */
  async offsets({ partitions, at }: OffsetQuestion): Promise<Map<number, number>> {
    const question = { topic: this.topic, partitions: partitions.map((partition) => ({ partition })) };
    const answers = await this.#cluster.fetchTopicsOffset([
      typeof at === 'object'
        ? { ...question, fromTimestamp: at.timestampMs }
        : { ...question, fromBeginning: at === 'start' },
    ]);
    const found = new Map<number, number>();
    for (const answer of answers) for (const p of answer.partitions) found.set(p.partition, Number(p.offset));
    for (const partition of partitions) {
      if (!found.has(partition)) throw new Error(`topic ${this.topic}: no offset for partition ${partition}`);
    }
    return found;
  }

  /** Continues with new connections; requests on the old ones run into their timeouts. */
  renew(): void {
    const old = this.#cluster;
    this.#cluster = openCluster(createKafka(this.#options), METADATA_MAX_AGE_MS);
    old.disconnect().catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.#cluster.disconnect();
  }
}
