/**
 * Topics for the simulator, the demo, the lab and the tests: created, listed, truncated, deleted. Rejects with
 * kafkajs's errors.
 */
import type { Admin, ITopicConfig } from 'kafkajs';
import { createKafka, type KafkaConnectionOptions } from './client/connection-options.ts';
import { isUnknownTopic } from './client/errors.ts';
import { untilKnown } from './topic-known.ts';

/**
 * How far a producer's clock may be ahead on topics created here: with ALLOWED_SKEW (5 minutes) under half of
 * WATERMARK_DELAY (1 hour), as the clock rule requires (processor/clock-rule.ts).
 */
export const CREATE_TIME_AFTER_MAX_MS = 1_200_000;

export interface NewTopic {
  readonly topic: string;
  readonly partitions: number;
  /** Default 1. */
  readonly replicationFactor?: number;
  /** `append`: the broker's clock. A number: the producer's, at most this many ms ahead of the broker's. */
  readonly timestamps: 'append' | { readonly createTimeAfterMaxMs: number };
  /** Further topic settings, for example `retention.ms`. */
  readonly settings?: Readonly<Record<string, string>>;
}

export class KafkaAdmin implements AsyncDisposable {
  readonly #admin: Admin;

  private constructor(admin: Admin) {
    this.#admin = admin;
  }

  static async connect(options: KafkaConnectionOptions): Promise<KafkaAdmin> {
    const admin = createKafka(options).admin();
    await admin.connect();
    return new KafkaAdmin(admin);
  }

  /** False if it existed already; its settings stay as they are. Returns when its leaders are known. */
  async createTopic(topic: NewTopic): Promise<boolean> {
    // kafkajs's own wait for leaders gives up if the broker does not know its new topic yet.
    const isNew = await this.#admin.createTopics({ topics: [toConfig(topic)], waitForLeaders: false });
    if (isNew) await this.#untilKnown(topic.topic, topic.partitions);
    return isNew;
  }

  /** A topic that does not exist counts as deleted. */
  async deleteTopic(topic: string): Promise<void> {
    try {
      await this.#admin.deleteTopics({ topics: [topic] });
    } catch (error) {
      if (!isUnknownTopic(error)) throw error;
    }
  }

  async addPartitions(topic: string, partitions: number): Promise<void> {
    await this.#admin.createPartitions({ topicPartitions: [{ topic, count: partitions }] });
    await this.#untilKnown(topic, partitions);
  }

  async listTopics(): Promise<string[]> {
    return (await this.#admin.listTopics()).filter((topic) => !topic.startsWith('__')).sort();
  }

  /** Undefined if there is no such topic. */
  async partitionCount(topic: string): Promise<number | undefined> {
    try {
      const { topics } = await this.#admin.fetchTopicMetadata({ topics: [topic] });
      return topics.find(({ name }) => name === topic)?.partitions.length;
    } catch (error) {
      if (isUnknownTopic(error)) return undefined;
      throw error;
    }
  }

  /** Deletes the partition's records below an offset, as retention would. */
  async deleteRecords(topic: string, partition: number, belowOffset: number): Promise<void> {
    // kafkajs looks for the leader before it has any metadata of the topic; this call loads it.
    await this.#admin.fetchTopicOffsets(topic);
    await this.#admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(belowOffset) }] });
  }

  /** Committed offsets of a group with their metadata, by partition; partitions without a commit are left out. */
  async committed(groupId: string, topic: string): Promise<Map<number, { nextOffset: number; metadata: string }>> {
    const found = new Map<number, { nextOffset: number; metadata: string }>();
    for (const { partitions } of await this.#admin.fetchOffsets({ groupId, topics: [topic] })) {
      for (const { partition, offset, metadata } of partitions) {
        if (Number(offset) >= 0) found.set(partition, { nextOffset: Number(offset), metadata: metadata ?? '' });
      }
    }
    return found;
  }

  /** Sets a group's offsets to the log's start or end. The group must have no members. */
  async resetGroup(groupId: string, topic: string, to: 'earliest' | 'latest'): Promise<void> {
    await this.#admin.resetOffsets({ groupId, topic, earliest: to === 'earliest' });
  }

  #untilKnown(topic: string, partitions: number): Promise<void> {
    return untilKnown(topic, partitions, async () => {
      const { topics } = await this.#admin.fetchTopicMetadata({ topics: [topic] });
      return topics.flatMap((each) => each.partitions.map(({ leader }) => leader));
    });
  }

  async close(): Promise<void> {
    await this.#admin.disconnect();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function toConfig({ topic, partitions, replicationFactor, timestamps, settings }: NewTopic): ITopicConfig {
  const all: Record<string, string> =
    timestamps === 'append'
      ? { 'message.timestamp.type': 'LogAppendTime', ...settings }
      : {
          'message.timestamp.type': 'CreateTime',
          'message.timestamp.after.max.ms': String(timestamps.createTimeAfterMaxMs),
          ...settings,
        };
  return {
    topic,
    numPartitions: partitions,
    replicationFactor: replicationFactor ?? 1,
    configEntries: Object.entries(all).map(([name, value]) => ({ name, value })),
  };
}
