/** Every bound of the processor in one place, with the relations between them that must hold. */
import { ConfigurationError } from '../base/errors.ts';

export interface ProcessorLimits {
  /** Time between checkpoints of a partition that has something new. */
  readonly checkpointIntervalMs: number;
  /** Rows sent since the last checkpoint that bring on the next one early: what a takeover reads back must not grow with the load. */
  readonly checkpointRows: number;
  /** Records folded before their rows are sent. Large appends are what a sink takes best. */
  readonly maxBatchRecords: number;
  /** Of a run's first rows, whose acknowledgement is waited for before more is folded. */
  readonly firstBatchRecords: number;
  /**
   * Rows of one partition that wait for their acknowledgement, all tables together. After a crash so many, and those of
   * checkpointRows, are read back and compared: the price of a takeover.
   */
  readonly maxRowsInFlight: number;
  /** Appends of a process that wait for their acknowledgement before the next partition's turn: rows gather instead. */
  readonly maxAppendsInFlight: number;
  /** Partitions whose state is rebuilt from the sink at a time: the first goes on before the last is read. */
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
  firstBatchRecords: 250,
  maxRowsInFlight: 8_000,
  maxAppendsInFlight: 16,
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
