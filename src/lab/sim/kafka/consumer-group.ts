/**
 * The group coordinator of the simulated broker: members, generations, eager rebalances, sessions, committed offsets; the
 * classic protocol as kafkajs speaks it.
 * Invariants: (1) a commit is checked against member and generation, never against who owns the partition: a stale one is
 * accepted, as real brokers do; (2) a member that does not answer in time is removed, and continues without knowing it until its next
 * heartbeat; (3) assignment is sticky: who stays keeps what it had, as far as the balance allows.
 */
import { latencyMs, type SimContext } from '../world/context.ts';
import type { Life } from '../world/life.ts';

/** The client side of a member. */
export interface GroupMember {
  readonly id: string;
  readonly life: Life;
  assigned(generation: number, partitions: readonly number[]): void;
  /** Its heartbeat is refused: it is no longer in the group. */
  expelled(): void;
}

export interface CommittedOffset {
  readonly offset: number;
  readonly metadata: string;
}

export type CommitResult = 'ok' | 'unknown_member' | 'illegal_generation';

const HEARTBEAT_MS = 1_000;
const REBALANCE_TIMEOUT_MS = 8_000;
export const SESSION_TIMEOUT_MS = 10_000;

export class ConsumerGroup {
  readonly id: string;
  readonly committed = new Map<number, CommittedOffset>();
  readonly #context: SimContext;
  readonly #partitionCount: () => number;
  readonly #members = new Map<string, GroupMember>();
  readonly #joined = new Set<string>();
  #assignment = new Map<string, readonly number[]>();
  #generation = 0;
  /** Rises with every rebalance that begins: answers to an older one are void. */
  #round = 0;
  #rebalancing = false;

  constructor(id: string, context: SimContext, partitionCount: () => number) {
    this.id = id;
    this.#context = context;
    this.#partitionCount = partitionCount;
  }

  get generation(): number {
    return this.#generation;
  }

  get members(): number {
    return this.#members.size;
  }

  join(member: GroupMember): void {
    this.#members.set(member.id, member);
    this.rebalance(`${member.id} joins`);
  }

  leave(id: string): void {
    if (!this.#members.delete(id)) return;
    this.rebalance(`${id} leaves`);
  }

  /** The member's session is over: removed as by its timeout; it learns that at its next heartbeat. */
  expire(id: string): void {
    const member = this.#members.get(id);
    if (member === undefined) return;
    this.#members.delete(id);
    this.#context.trace.add('kafka', `${this.id}: session of ${id} expired`);
    this.#expel(member);
    this.rebalance(`${id} expired`);
  }

  /** A member that was unresponsive is back: its next heartbeat tells it what it missed. */
  heartbeat(member: GroupMember): void {
    this.#context.scheduler.after(latencyMs(this.#context), () => {
      if (!this.#members.has(member.id)) member.expelled();
      else if (this.#rebalancing && !this.#joined.has(member.id)) this.#askToJoin(member, this.#round);
    });
  }

  has(id: string): boolean {
    return this.#members.has(id);
  }

  expireLife(life: Life): void {
    for (const member of [...this.#members.values()]) if (member.life === life) this.expire(member.id);
  }

  rebalance(why: string): void {
    const round = ++this.#round;
    this.#rebalancing = true;
    this.#joined.clear();
    this.#context.trace.add('kafka', `${this.id}: rebalance ${round}: ${why}`);
    for (const member of this.#members.values()) {
      const delayMs = this.#context.rng.between(1, HEARTBEAT_MS);
      this.#context.scheduler.after(delayMs, () => this.#askToJoin(member, round));
    }
    this.#context.scheduler.after(REBALANCE_TIMEOUT_MS, () => this.#giveUpWaiting(round));
  }

  commit(id: string, generation: number, partition: number, committed: CommittedOffset): CommitResult {
    if (!this.#members.has(id)) return 'unknown_member';
    if (generation !== this.#generation) return 'illegal_generation';
    this.committed.set(partition, committed);
    return 'ok';
  }

  #askToJoin(member: GroupMember, round: number): void {
    if (round !== this.#round || !this.#members.has(member.id) || member.life.state !== 'running') return;
    this.#context.scheduler.after(latencyMs(this.#context), () => {
      if (round !== this.#round || !this.#members.has(member.id)) return;
      this.#joined.add(member.id);
      if (this.#joined.size === this.#members.size) this.#complete();
    });
  }

  #giveUpWaiting(round: number): void {
    if (round !== this.#round || !this.#rebalancing) return;
    for (const member of [...this.#members.values()]) {
      if (this.#joined.has(member.id)) continue;
      this.#members.delete(member.id);
      this.#expel(member);
    }
    this.#complete();
  }

  #complete(): void {
    this.#rebalancing = false;
    this.#generation++;
    this.#assignment = assign([...this.#members.keys()], this.#assignment, this.#partitionCount());
    const generation = this.#generation;
    for (const member of this.#members.values()) {
      const partitions = this.#assignment.get(member.id) ?? [];
      this.#context.trace.add('kafka', `${this.id}: generation ${generation} ${member.id} [${partitions}]`);
      this.#context.scheduler.after(latencyMs(this.#context), () => {
        if (generation === this.#generation && this.#members.has(member.id)) member.assigned(generation, partitions);
      });
    }
  }

  #expel(member: GroupMember): void {
    this.#context.scheduler.after(this.#context.rng.between(1, HEARTBEAT_MS), () => {
      if (member.life.state === 'running' && !this.#members.has(member.id)) member.expelled();
    });
  }
}

/** Sticky: keeps what members had up to an even share, and deals the rest to who has least. */
export function assign(
  members: readonly string[],
  before: ReadonlyMap<string, readonly number[]>,
  partitionCount: number,
): Map<string, readonly number[]> {
  const result = new Map<string, number[]>();
  if (members.length === 0) return result;
  const free = new Set(Array.from({ length: partitionCount }, (_, partition) => partition));
  let larger = partitionCount % members.length;
  const share = Math.floor(partitionCount / members.length);
  const byHeld = [...members].sort((a, b) => (before.get(b)?.length ?? 0) - (before.get(a)?.length ?? 0));
  for (const member of byHeld) {
    const held = before.get(member) ?? [];
    const room = held.length > share && larger > 0 ? share + 1 : share;
    if (room > share) larger--;
    const kept = held.filter((partition) => free.has(partition)).slice(0, room);
    for (const partition of kept) free.delete(partition);
    result.set(member, kept);
  }
  for (const partition of free) {
    const least = [...result.values()].reduce((a, b) => (b.length < a.length ? b : a));
    least.push(partition);
  }
  for (const partitions of result.values()) partitions.sort((a, b) => a - b);
  return result;
}
