/**
 * A broker with one topic under test, simulated or real, as the contract suite sees it. As with the sink, `settle`, `until` and
 * `elapse` run the simulated world or wait for the real one.
 */
import type { LogSource } from '../../../processor/ports.ts';

export interface LogMember {
  readonly log: LogSource;
  /** What it was given last; empty before the first time. */
  readonly assigned: readonly number[];
  /** How often it was given partitions. */
  readonly assignments: number;
  readonly failures: readonly Error[];
}

/** Records that nobody can read before commit(). One at a time per partition. */
export interface OpenTransaction {
  send(values: readonly string[]): Promise<void>;
  commit(): Promise<void>;
  abort(): Promise<void>;
}

/** Of the real broker: several values of one name stand together, and none is null, for kafkajs sends no others. */
export type Header = readonly [name: string, value: string];

export interface LogUnderTest extends AsyncDisposable {
  readonly topic: string;
  /** The group of this test. */
  readonly groupId: string;
  /** A process that joins the group of this test; resolves when it was given its partitions. */
  join(): Promise<LogMember>;
  /** One record per value, with key `k`. */
  append(partition: number, values: readonly string[], timestampMs?: number): Promise<void>;
  /** One record with key `k` and these headers, in this order. */
  appendWithHeaders(partition: number, value: string | null, headers: readonly Header[]): Promise<void>;
  transaction(partition: number): Promise<OpenTransaction>;
  /** As retention does. */
  deleteBelow(partition: number, offset: number): Promise<void>;
  /** Deletes the topic and makes it anew, empty, with as many partitions; then appends to partition 0. */
  recreate(values: readonly string[]): Promise<void>;
  /** The brokers cannot be reached by any member, until restored. */
  outage(): void;
  restore(): void;
  /** Committed offsets of the group of this test. */
  committed(): Promise<ReadonlyMap<number, number>>;
  /** The group must have no members. */
  resetGroup(to: 'earliest' | 'latest'): Promise<void>;
  /**
   * What the broker does with the commit of a member for a partition that a rebalance took from it, sent past all care of
   * the adapter: the committed offset afterwards, where 17 was committed.
   */
  staleCommit(): Promise<number | undefined>;
  /** For reads: aborts where the test would hang. */
  patience(): AbortSignal;
  settle<T>(promise: Promise<T>): Promise<T>;
  until(condition: () => boolean): Promise<void>;
  elapse(ms: number): Promise<void>;
}

export type MakeLog = (partitions: number) => Promise<LogUnderTest>;
