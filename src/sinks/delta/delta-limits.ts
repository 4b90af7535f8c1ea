/** All limits of the Delta sink above its log, and those that it gives to the processor. log/log-limits.ts has those of the log. */
import { ConfigurationError } from '../../base/errors.ts';
import type { ProcessorLimits } from '../../processor/limits.ts';
import type { AppendLimits } from '../../processor/ports.ts';
import type { CommitLimits } from './write/table-committer.ts';

export interface DeltaLimits extends AppendLimits, CommitLimits {}

const MIB = 1024 * 1024;

/** A commit on a disk takes some milliseconds; one on an object store a tenth of a second, and each leaves small files. */
export const DISK_COMMIT_INTERVAL_MS = 1_000;
export const STORE_COMMIT_INTERVAL_MS = 10_000;

export const DEFAULT_DELTA_LIMITS: DeltaLimits = Object.freeze({
  maxAppendRows: 10_000,
  maxAppendBytes: 8 * MIB,
  commitIntervalMs: DISK_COMMIT_INTERVAL_MS,
  commitRows: 100_000,
  commitBytes: 32 * MIB,
  fileRows: 100_000,
  // Far below the least retention of a vacuum.
  reuploadAfterMs: 10 * 60_000,
});

/** Refuses limits that cannot work. */
export function checkDeltaLimits(limits: DeltaLimits): void {
  const problems = Object.entries(limits)
    .filter(([name, value]) => !Number.isSafeInteger(value) || value < (name === 'commitIntervalMs' ? 0 : 1))
    .map(([name, value]) => `${name}: must be a whole number above 0, is ${value}`);
  if (problems.length > 0) throw new ConfigurationError(problems);
}

/**
 * What the processor keeps to. Rows wait for a commit, not for an answer each, so hundreds of appends are in flight, and bytes bound them. A checkpoint is a
 * commit too: more of them than of commits of rows would only make small files.
 */
export function processorLimitsOf(
  { commitIntervalMs, commitRows, commitBytes }: CommitLimits,
  given: Pick<ProcessorLimits, 'checkpointIntervalMs'>,
): Partial<ProcessorLimits> {
  return {
    checkpointIntervalMs: Math.max(given.checkpointIntervalMs, commitIntervalMs),
    checkpointRows: 10 * commitRows,
    maxRowsInFlight: 3 * commitRows,
    maxBatchesPerTurn: 1,
    maxAppendsInFlight: 4_096,
    maxBytesInFlight: 4 * commitBytes,
  };
}
