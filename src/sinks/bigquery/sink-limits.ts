/** All limits of the BigQuery adapter. */
import type { WaitLimits } from './query/waiting.ts';

/** Rows and (upper bound of) bytes of one append request. BigQuery refuses 20 MB today and refused 10 MB before. */
export const maxAppendRows = 10_000;
export const maxAppendBytes = 8 * 1024 * 1024;
/** The encoder throws for a batch above this size. */
export const hardMaxAppendBytes = 9 * 1024 * 1024 + 512 * 1024;

export interface AppendLimits extends WaitLimits {
  /** Requests and bytes in flight on one connection. Further requests are queued. */
  readonly maxInFlightRequests: number;
  readonly maxInFlightBytes: number;
  /** Appends queued on one stream; the caller bounds them long before. */
  readonly maxQueued: number;
  /** The oldest unanswered request is given up after this, and the connection with it. */
  readonly appendDeadlineMs: number;
  /** A connection without traffic is closed; the service does that at 600 s. */
  readonly idleCloseMs: number;
  /**
   * How long a NOT_FOUND is retried, and the greatest age of a stream without acknowledged rows for which it is. A
   * table or stream that was just created, and a column that was just added, may take minutes to be known everywhere.
   */
  readonly notFoundPatienceMs: number;
}

export interface SinkLimits extends AppendLimits {
  /** One REST request. */
  readonly requestTimeoutMs: number;
  /** One job, from its insertion to DONE; after that it is cancelled and awaited. */
  readonly jobTimeoutMs: number;
  /** CreateWriteStream calls in flight at a time: the service slows down above 40 a second. */
  readonly maxConcurrentCreates: number;
  readonly maxConcurrentFinalizes: number;
  /** A stream older than this may have expired (three days without traffic). */
  readonly streamExpiresAfterMs: number;
}

export const DEFAULT_SINK_LIMITS: SinkLimits = Object.freeze({
  backoffMinMs: 100,
  backoffMaxMs: 5_000,
  unreachableAfterMs: 600_000,
  maxInFlightRequests: 16,
  maxInFlightBytes: 32 * 1024 * 1024,
  maxQueued: 1_000,
  appendDeadlineMs: 30_000,
  idleCloseMs: 300_000,
  requestTimeoutMs: 60_000,
  jobTimeoutMs: 120_000,
  maxConcurrentCreates: 8,
  maxConcurrentFinalizes: 16,
  notFoundPatienceMs: 600_000,
  streamExpiresAfterMs: 3 * 24 * 3_600_000,
});
