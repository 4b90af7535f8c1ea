/** Settings of the log source, their defaults, and the relations between them. */
import { ConfigurationError } from '../base/errors.ts';
import type { Wait } from './client/away-limit.ts';
import type { KafkaConnectionOptions } from './client/connection-options.ts';
import type { FetchLimits } from './fetch/fetcher.ts';
import type { GroupLimits, MemberNotes } from './group/group-member.ts';

export type KafkaLogLimits = FetchLimits & GroupLimits;

export interface KafkaLogOptions extends Partial<KafkaLogLimits> {
  readonly connection: KafkaConnectionOptions;
  readonly topic: string;
  readonly groupId: string;
  /** Default: none, and the successor of a killed process waits for its session to end. */
  readonly memberNotes?: MemberNotes | undefined;
  readonly isDeadClient?: ((clientId: string) => boolean) | undefined;
  onPredecessorRemoved?(memberId: string): void;
  /** Waiting for something that does not answer. Called at every attempt. */
  onWaiting?(wait: Wait): void;
  /** It answers again, after this many ms. */
  onRecovered?(what: string, waitedMs: number): void;
  /** The group has not answered for the length of a session: it may have given our partitions to others. */
  onSessionLost?(silentMs: number): void;
  onCommitFailed?(partition: number, nextOffset: number, error: string): void;
}

export const DEFAULT_KAFKA_LIMITS: KafkaLogLimits = Object.freeze({
  maxBufferedBytes: 64 * 1024 * 1024,
  maxBufferedBytesPerPartition: 8 * 1024 * 1024,
  maxFetchBytesPerPartition: 1 * 1024 * 1024,
  maxWaitMs: 200,
  sessionTimeoutMs: 30_000,
  rebalanceTimeoutMs: 30_000,
  heartbeatIntervalMs: 3_000,
  commitTimeoutMs: 5_000,
  stopTimeoutMs: 10_000,
  /** Long, to wait out an outage; a supervisor that wants a restart sets less. */
  unreachableAfterMs: 15 * 60_000,
  topicMissingAfterMs: 30_000,
});

/** Throws ConfigurationError, one line per problem. */
export function resolveLimits(options: KafkaLogOptions): KafkaLogLimits {
  const limits = Object.fromEntries(
    Object.entries(DEFAULT_KAFKA_LIMITS).map(([name, value]) => [name, options[name as keyof KafkaLogLimits] ?? value]),
  ) as unknown as KafkaLogLimits;
  const problems = Object.entries(limits)
    .filter(([, value]) => !Number.isSafeInteger(value) || value <= 0)
    .map(([name, value]) => `${name}: must be a whole number above 0, is ${value}`);
  if (limits.heartbeatIntervalMs * 3 > limits.sessionTimeoutMs) {
    problems.push(
      `heartbeatIntervalMs ${limits.heartbeatIntervalMs}: at most a third of sessionTimeoutMs ${limits.sessionTimeoutMs}`,
    );
  }
  if (limits.maxBufferedBytesPerPartition > limits.maxBufferedBytes) {
    problems.push(
      `maxBufferedBytesPerPartition ${limits.maxBufferedBytesPerPartition} is over maxBufferedBytes ${limits.maxBufferedBytes}`,
    );
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
  return Object.freeze(limits);
}
