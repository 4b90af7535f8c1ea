/** What faults are done to: one world's parts, as far as a fault must reach them. */
import type { GrpcProxy } from './proxies/grpc-proxy.ts';
import type { HttpProxy } from './proxies/http-proxy.ts';
import type { KafkaProxy } from './proxies/kafka-proxy.ts';

/**
 * What stands between the processors and the services: Kafka; BigQuery's REST side and its Storage Write API, or the
 * S3-compatible store of Delta tables. What a world has not throws.
 */
export interface Proxies {
  readonly kafka: KafkaProxy;
  readonly rest: HttpProxy;
  readonly storage: GrpcProxy;
  readonly store: HttpProxy;
}

export type ServiceName = keyof Proxies;

export interface ServiceTarget {
  kill(): Promise<void>;
  start(): Promise<void>;
  /** SIGSTOP (true) or SIGCONT (false); nothing to do for one that is down. */
  pause(paused: boolean): Promise<void>;
}

/** One processor's present life. */
export interface ProcessTarget {
  readonly pid: number;
  readonly running: boolean;
  kill(): Promise<unknown>;
  stop(): Promise<unknown>;
  pause(): void;
  resume(): void;
  signal(signal: NodeJS.Signals): void;
  /** Its end, however it comes. */
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** Counts the lines with this text that it writes from now on. */
  countLines(text: string): { readonly lines: number };
}

export interface TopicTarget {
  deleteRecords(partition: number, belowOffset: number): Promise<void>;
  /** Adds this number of partitions. */
  addPartitions(count: number): Promise<void>;
  /** Deleted, and made again with the same settings and no records. */
  recreate(): Promise<void>;
  /** The common group's offsets, while it has no members. */
  resetGroup(to: 'earliest' | 'latest'): Promise<unknown>;
}

export interface ChaosTarget {
  /** Throws where the world was made without proxies. */
  readonly proxies: Proxies;
  readonly broker: ServiceTarget;
  readonly emulator: ServiceTarget;
  readonly topicTarget: TopicTarget;
  /** Throws where no processor of that name was started. */
  processor(name: string): ProcessTarget;
  /** Of the Delta tables on a disk; throws where there are none. */
  readonly tablesFolder: string;
  /** CHECKPOINT_LOCATION of a processor. */
  checkpointOf(name: string): string;
  /** Finalizes the write streams that the sink's ownership rows name for a partition; says how many. */
  finalizeStreams(partition: number): Promise<number>;
}
