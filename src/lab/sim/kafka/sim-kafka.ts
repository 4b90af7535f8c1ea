/** The simulated broker: one topic, its consumer groups, and what operators and accidents do to them. */
import type { TopicFacts } from '../../../processor/ports.ts';
import type { SimContext } from '../world/context.ts';
import type { Life } from '../world/life.ts';
import { ConsumerGroup, SESSION_TIMEOUT_MS } from './consumer-group.ts';
import { SimLogSource } from './sim-log-source.ts';
import { SimPartition } from './topic.ts';

export class SimKafka {
  readonly topic: string;
  /** Settings of the topic, which an operator may change at any time. */
  timestamps: Pick<TopicFacts, 'logAppendTime' | 'timestampAfterMaxMs'> = {
    logAppendTime: true,
    timestampAfterMaxMs: Number.POSITIVE_INFINITY,
  };
  readonly #context: SimContext;
  readonly #partitions: SimPartition[];
  readonly #groups = new Map<string, ConsumerGroup>();

  constructor(context: SimContext, topic: string, partitionCount: number) {
    this.topic = topic;
    this.#context = context;
    this.#partitions = Array.from({ length: partitionCount }, () => new SimPartition());
  }

  get partitions(): readonly SimPartition[] {
    return this.#partitions;
  }

  partition(partition: number): SimPartition {
    const found = this.#partitions[partition];
    if (found === undefined) throw new RangeError(`${this.topic} has no partition ${partition}`);
    return found;
  }

  facts(): TopicFacts {
    return {
      topic: this.topic,
      partitionCount: this.#partitions.length,
      compacted: false,
      ...this.timestamps,
    };
  }

  group(id: string): ConsumerGroup {
    let group = this.#groups.get(id);
    if (group === undefined) {
      group = new ConsumerGroup(id, this.#context, () => this.#partitions.length);
      this.#groups.set(id, group);
    }
    return group;
  }

  get groups(): Iterable<ConsumerGroup> {
    return this.#groups.values();
  }

  /** The LogSource of one life of a process; its sessions end when it dies or is paused for too long. */
  connect(life: Life, groupId: string): SimLogSource {
    const group = this.group(groupId);
    life.onChange((state) => {
      if (state === 'running') return;
      this.#context.scheduler.after(this.#context.rng.between(SESSION_TIMEOUT_MS / 2, SESSION_TIMEOUT_MS), () => {
        if (life.state !== 'running') group.expireLife(life);
      });
    });
    return new SimLogSource(life, {
      facts: () => this.facts(),
      partition: (p) => this.partition(p),
      group,
      groupOf: (id) => this.group(id),
    });
  }

  /** Group offsets of every group set to one end of the log, as the admin tool does it. */
  resetOffsets(to: 'earliest' | 'latest'): void {
    for (const group of this.#groups.values()) {
      this.#partitions.forEach((log, partition) => {
        group.committed.set(partition, { offset: to === 'earliest' ? log.startOffset : log.endOffset, metadata: '' });
      });
    }
  }

  addPartitions(count: number): void {
    for (let i = 0; i < count; i++) this.#partitions.push(new SimPartition());
    for (const group of this.#groups.values()) group.rebalance('partitions added');
  }
}
