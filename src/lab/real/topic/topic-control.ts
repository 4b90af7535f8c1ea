/** What is done to a world's topic and to its group from outside, as an operator or a retention policy would. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { TopicTarget } from '../../../../chaos/chaos-target.ts';
import type { KafkaConnectionOptions } from '../../../kafka/client/connection-options.ts';
import { CREATE_TIME_AFTER_MAX_MS, KafkaAdmin } from '../../../kafka/kafka-admin.ts';
import type { LogBounds } from '../../../processor/ports.ts';
import { setGroupOffsets } from './set-group-offsets.ts';

export interface TopicControlOptions {
  readonly connection: KafkaConnectionOptions;
  readonly topic: string;
  readonly partitions: number;
  readonly groupId: string;
  readonly bounds: (partition: number) => Promise<LogBounds>;
}

const LOOKS_MAX = 60;
const LOOK_EVERY_MS = 250;

export class TopicControl implements TopicTarget {
  readonly #options: TopicControlOptions;

  constructor(options: TopicControlOptions) {
    this.#options = options;
  }

  /** Resolves when the broker says that it is there. */
  async create(): Promise<void> {
    const { topic, partitions } = this.#options;
    const timestamps = { createTimeAfterMaxMs: CREATE_TIME_AFTER_MAX_MS };
    const settings = { 'max.message.bytes': String(8 * 1024 * 1024) };
    const made = this.#with((admin) => admin.createTopic({ topic, partitions, timestamps, settings }));
    // It may fail while it waits for leaders, the topic being made: what there is says more than its answer.
    const failure = await made.then(
      () => undefined,
      (error: unknown) => error,
    );
    await this.#untilPartitions(partitions, failure);
  }

  deleteRecords(partition: number, belowOffset: number): Promise<void> {
    return this.#with((admin) => admin.deleteRecords(this.#options.topic, partition, belowOffset));
  }

  addPartitions(count: number): Promise<void> {
    const { topic } = this.#options;
    return this.#with(async (admin) => {
      const present = await admin.partitionCount(topic);
      if (present === undefined) throw new Error(`topic ${topic} does not exist`);
      await admin.addPartitions(topic, present + count);
    });
  }

  async recreate(): Promise<void> {
    await this.#with((admin) => admin.deleteTopic(this.#options.topic));
    // The broker deletes in its own time, and takes a new topic of that name only afterwards.
    await this.#untilPartitions(undefined);
    await this.create();
  }

  /** Undefined: until there is no such topic. */
  async #untilPartitions(count: number | undefined, failure?: unknown): Promise<void> {
    let cause = failure;
    for (let attempt = 1; attempt <= LOOKS_MAX; attempt++) {
      try {
        if ((await this.#with((admin) => admin.partitionCount(this.#options.topic))) === count) return;
      } catch (error) {
        cause = error; // a leader that is not there yet, for one
      }
      await sleep(LOOK_EVERY_MS);
    }
    const wanted = count === undefined ? 'deleted' : `made with ${count} partitions`;
    throw new Error(`topic ${this.#options.topic} was not ${wanted}`, { cause });
  }

  /** Resolves with the offsets that hold now, by partition. */
  async resetGroup(to: 'earliest' | 'latest'): Promise<ReadonlyMap<number, number>> {
    const { connection, groupId, topic, partitions, bounds } = this.#options;
    const offsets = new Map<number, number>();
    for (let partition = 0; partition < partitions; partition++) {
      const { startOffset, endOffset } = await bounds(partition);
      offsets.set(partition, to === 'earliest' ? startOffset : endOffset);
    }
    return setGroupOffsets(connection, groupId, topic, offsets);
  }

  async #with<T>(act: (admin: KafkaAdmin) => Promise<T>): Promise<T> {
    await using admin = await KafkaAdmin.connect(this.#options.connection);
    return await act(admin);
  }
}
