/**
 * LogSource of one life of a process: a member of a consumer group of the simulated broker, with the habits of kafkajs
 * (research/kafka-clients.md): no word before partitions are taken away, commits under the generation of the moment, a
 * rejoin that forgets where readers were. Reading continues while it rejoins, as with the adapter: a reader that lost a partition
 * learns it only when it is assigned anew.
 */
import { UnreachableError } from '../../../base/errors.ts';
import type {
  AssignmentListener,
  GroupOffsets,
  LogBounds,
  LogSource,
  PartitionReader,
  TopicFacts,
} from '../../../processor/ports.ts';
import { type FetchGate, SimReader } from '../bigquery/sim-reader.ts';
import type { Operation } from '../case/answers.ts';
import { latencyMs } from '../world/context.ts';
import type { Life } from '../world/life.ts';
import type { ConsumerGroup, GroupMember } from './consumer-group.ts';
import type { SimPartition } from './topic.ts';

/** What the source sees of its broker. */
export interface BrokerView {
  facts(): TopicFacts;
  partition(partition: number): SimPartition;
  readonly group: ConsumerGroup;
  groupOf(groupId: string): ConsumerGroup;
}

const RETRY_MS = 500;
const UNREACHABLE_AFTER_MS = 300_000;

export class SimLogSource implements LogSource, FetchGate {
  readonly #life: Life;
  readonly #broker: BrokerView;
  readonly #readers = new Map<number, SimReader>();
  readonly #sessions = new Map<number, number>();
  #listener: AssignmentListener | undefined;
  #member: GroupMember | undefined;
  #memberCount = 0;
  #generation = -1;
  #assigned: readonly number[] = [];
  #stopped = false;

  constructor(life: Life, broker: BrokerView) {
    this.#life = life;
    this.#broker = broker;
    life.onChange((state) => {
      const member = this.#member;
      if (member !== undefined && state === 'running') broker.group.heartbeat(member);
    });
  }

  start(listener: AssignmentListener): Promise<void> {
    this.#listener = listener;
    return this.#life.call<void>((resolve) => {
      this.#later(() => {
        this.#joinAnew();
        resolve();
      });
    });
  }

  facts(): Promise<TopicFacts> {
    return this.#ask('facts', undefined, () => this.#broker.facts());
  }

  bounds(partition: number): Promise<LogBounds> {
    const { context } = this.#life;
    return this.#life.call<LogBounds>((resolve, reject) => {
      // Two questions, as the protocol has it: the log may move between them.
      this.#ask('bounds', partition, () => this.#broker.partition(partition).startOffset).then((startOffset) => {
        context.scheduler.after(latencyMs(context), () =>
          resolve({ startOffset, endOffset: this.#broker.partition(partition).endOffset }),
        );
      }, reject);
    });
  }

  offsetAt(partition: number, timestampMs: number): Promise<number> {
    return this.#ask('offset_at', partition, () => this.#broker.partition(partition).offsetAt(timestampMs));
  }

  groupOffsets(groupId: string): Promise<GroupOffsets> {
    return this.#ask('offset_at', undefined, () => {
      const { committed, members } = this.#broker.groupOf(groupId);
      return { offsets: new Map([...committed].map(([partition, { offset }]) => [partition, offset])), members };
    });
  }

  open(partition: number, fromOffset: number): PartitionReader {
    this.#readers.get(partition)?.close();
    const reader = new SimReader(this.#life, partition, fromOffset, () => this.#broker.partition(partition), this);
    // As the adapter of kafkajs does: reads of a partition that is not ours reject.
    if (this.#assigned.includes(partition)) this.#readers.set(partition, reader);
    else reader.close();
    return reader;
  }

  peek(partition: number, fromOffset: number): PartitionReader {
    const gate: FetchGate = {
      mayFetch: () => !this.#stopped,
      session: (one) => this.session(one),
      raiseSession: (one) => this.raiseSession(one),
    };
    return new SimReader(this.#life, partition, fromOffset, () => this.#broker.partition(partition), gate);
  }

  commit(partition: number, nextOffset: number, metadata: string): Promise<void> {
    return this.#life.call<void>((resolve, reject) => {
      const injected = this.#life.context.faults.request('commit', this.#life.process);
      // As kafkajs does: member and generation of this moment, not those of the work that is committed.
      const member = this.#member?.id ?? '';
      const generation = this.#generation;
      const extraMs = injected?.effect === 'late' ? injected.delayMs : 0;
      this.#later(() => {
        const lost = new UnreachableError('commit: connection lost');
        if (injected?.effect === 'lost_before') return reject(lost);
        const result = this.#broker.group.commit(member, generation, partition, { offset: nextOffset, metadata });
        this.#life.context.trace.add('kafka', `commit p${partition} ${nextOffset} by ${member}: ${result}`);
        if (result !== 'ok') this.#life.context.marks.hit('commit_refused');
        else if (!this.#assigned.includes(partition)) this.#life.context.marks.hit('stale_commit_accepted');
        if (injected?.effect === 'lost_after') return reject(lost);
        this.#later(() => (result === 'ok' ? resolve() : reject(new Error(`commit refused: ${result}`))));
      }, extraMs);
    });
  }

  stop(): Promise<void> {
    return this.#life.call<void>((resolve) => {
      this.#stopped = true;
      for (const reader of this.#readers.values()) reader.close();
      const id = this.#member?.id;
      this.#later(() => {
        if (id !== undefined) this.#broker.group.leave(id);
        this.#later(resolve);
      });
    });
  }

  mayFetch(partition: number): boolean {
    return !this.#stopped && this.#assigned.includes(partition);
  }

  session(partition: number): number {
    return this.#sessions.get(partition) ?? 0;
  }

  raiseSession(partition: number): void {
    this.#sessions.set(partition, this.session(partition) + 1);
  }

  #joinAnew(): void {
    if (this.#stopped || this.#life.dead) return;
    const life = this.#life;
    const id = `${life.process}/${life.number}.${++this.#memberCount}`;
    this.#member = {
      id,
      life,
      assigned: (generation, partitions) => life.deliver(() => this.#onAssigned(id, generation, partitions)),
      expelled: () => life.deliver(() => this.#onExpelled(id)),
    };
    this.#broker.group.join(this.#member);
  }

  #onAssigned(id: string, generation: number, partitions: readonly number[]): void {
    if (this.#stopped || this.#member?.id !== id) return;
    this.#generation = generation;
    this.#assigned = partitions;
    const { rng, faults, trace } = this.#life.context;
    trace.add(this.#life.process, `assigned [${partitions}] in generation ${generation}`);
    for (const [partition, reader] of this.#readers) {
      if (partitions.includes(partition)) continue;
      reader.close();
      this.#readers.delete(partition);
    }
    for (const partition of partitions) {
      this.raiseSession(partition);
      const reader = this.#readers.get(partition);
      if (rng.chance(faults.noise.rejoinFromCommittedChance)) {
        reader?.drift(
          this.#broker.group.committed.get(partition)?.offset ?? this.#broker.partition(partition).startOffset,
        );
      } else reader?.rejoined();
    }
    this.#listener?.assigned(partitions);
  }

  #onExpelled(id: string): void {
    if (this.#stopped || this.#member?.id !== id) return;
    // Heard once: a second refusal of the same member must not make it join twice.
    this.#member = undefined;
    this.#later(() => this.#joinAnew());
  }

  /** A request that the client repeats while the leader does not answer, up to its limit. */
  #ask<T>(operation: Operation, partition: number | undefined, read: () => T): Promise<T> {
    return this.#life.call<T>((resolve, reject) => {
      const { scheduler, faults } = this.#life.context;
      const injected = faults.request(operation, this.#life.process);
      const startedMs = scheduler.nowMs;
      const atBroker = (): void => {
        const downUntilMs = partition === undefined ? 0 : this.#broker.partition(partition).unavailableUntilMs;
        const waitedMs = scheduler.nowMs - startedMs;
        if (injected?.effect === 'unreachable' || waitedMs > UNREACHABLE_AFTER_MS) {
          reject(new UnreachableError(`kafka: ${operation} had no answer for ${waitedMs} ms`));
        } else if (scheduler.nowMs < downUntilMs) scheduler.after(RETRY_MS, atBroker);
        else {
          const answer = read();
          this.#later(() => resolve(answer));
        }
      };
      this.#later(atBroker, injected?.effect === 'late' ? injected.delayMs : 0);
    });
  }

  #later(action: () => void, extraMs = 0): void {
    const { context } = this.#life;
    context.scheduler.after(latencyMs(context) + extraMs, action);
  }
}
