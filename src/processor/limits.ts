/** Every bound of the processor in one place, with the relations between them that must hold. */
import { ConfigurationError } from '../base/errors.ts';

export interface ProcessorLimits {
  /** Time between checkpoints of a partition that has something new. */
  readonly checkpointIntervalMs: number;
  /** Rows since the last checkpoint that trigger the next one early: takeovers must not read back more under load. */
  readonly checkpointRows: number;
  /** Records folded before their rows are sent. Sinks are most efficient with large appends. */
  readonly maxBatchRecords: number;
  /**
   * Batches of a partition that are folded before other work of the process gets a turn. A sink that takes many rows at once must set
   * it: without a wait for acknowledgements, files and sockets would wait until no record is left.
   */
  readonly maxBatchesPerTurn: number;
  /** Records of a run's first batch. The run waits until its rows are acknowledged before it folds more. */
  readonly firstBatchRecords: number;
  /**
   * Rows of one partition that wait for their acknowledgement, all tables together. A takeover after a crash reads back
   * and compares up to this many rows plus checkpointRows.
   */
  readonly maxRowsInFlight: number;
  /** Appends of a process that may be in flight. At the limit partitions wait for a turn, and their rows gather. */
  readonly maxAppendsInFlight: number;
  /** Bytes of the appends in flight, of a process: at the limit partitions wait for a turn. */
  readonly maxBytesInFlight: number;
  /** Partitions whose state is rebuilt from the sink at a time: the first ones run before the last is read. */
  readonly maxRebuilds: number;
  /** How long row counts and queries may disagree at a takeover before it is a contradiction. */
  readonly settleTimeoutMs: number;
  /** How long partitions that are fenced together wait for the last of them before they ask for their positions. */
  readonly fenceGatherMs: number;
  /** Wait before asking for a partition again after being fenced: from, doubling to. */
  readonly fencedRetryMinMs: number;
  readonly fencedRetryMaxMs: number;
  /** A partition held this long was not a fight: the wait starts again at its minimum. */
  readonly fencedResetAfterMs: number;
  /** How long a graceful stop waits for acknowledgements. */
  readonly stopTimeoutMs: number;
  /** How long the log may seem to end before our place in it before that is a contradiction. */
  readonly logEndPatienceMs: number;
  /** Time between looks at the topic's partition count. */
  readonly topicCheckIntervalMs: number;
  /** Time between looks at partitions that another process holds, for --until-caught-up. */
  readonly caughtUpPollMs: number;
}

export const DEFAULT_LIMITS: ProcessorLimits = Object.freeze({
  checkpointIntervalMs: 1_000,
  checkpointRows: 16_000,
  maxBatchRecords: 4_000,
  maxBatchesPerTurn: Number.MAX_SAFE_INTEGER,
  firstBatchRecords: 250,
  maxRowsInFlight: 8_000,
  maxAppendsInFlight: 16,
  maxBytesInFlight: Number.MAX_SAFE_INTEGER,
  maxRebuilds: 2,
  settleTimeoutMs: 60_000,
  fenceGatherMs: 5_000,
  fencedRetryMinMs: 1_000,
  fencedRetryMaxMs: 60_000,
  fencedResetAfterMs: 120_000,
  stopTimeoutMs: 20_000,
  logEndPatienceMs: 15_000,
  topicCheckIntervalMs: 30_000,
  caughtUpPollMs: 500,
});

/** Refuses limits that contradict each other. */
export function checkLimits(limits: ProcessorLimits): void {
  const problems: string[] = [];
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value <= 0)
      problems.push(`${name}: must be a whole number above 0, is ${value}`);
  }
  if (limits.fencedRetryMinMs > limits.fencedRetryMaxMs) {
    problems.push(`fencedRetryMinMs ${limits.fencedRetryMinMs} is over fencedRetryMaxMs ${limits.fencedRetryMaxMs}`);
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
}
