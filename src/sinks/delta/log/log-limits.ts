/** All limits of the Delta log's adapter. */
import type { WaitLimits } from '../../bigquery/query/waiting.ts';

export interface LogLimits extends WaitLimits {
  /** Waits between attempts of processes that want the same version: they grow from the first to the last. */
  readonly conflictMinMs: number;
  readonly conflictMaxMs: number;
  /** A state of the log that is older is looked at again before a commit is put on it: the table may be another one by now. */
  readonly lookAgainAfterMs: number;
  /** Files of the log that are read at a time. */
  readonly concurrentReads: number;
  /** A commit file or log checkpoint above this size is refused. */
  readonly maxLogFileBytes: number;
  /** Attempts to open a log whose files are cleaned up while they are read. */
  readonly openAttempts: number;
  /** A log checkpoint is written after this number of commits. */
  readonly checkpointEveryCommits: number;
  /** Commit files and log checkpoints that are older are removed, if a newer log checkpoint has all that they say. */
  readonly logRetentionMs: number;
  /**
   * This number of commit files before the newest log checkpoint is kept regardless of age. A reader that is further behind opens
   * the table anew. All processes on a table must have the same number.
   */
  readonly keptCommits: number;
  /** How long a log checkpoint still names a removed file: as long as `vacuum` must keep the file itself. */
  readonly removedFileRetentionMs: number;
  /** The shortest time between two clean-ups of one process. */
  readonly cleanUpEveryMs: number;
  /** Files that one clean-up removes at most. The next one removes more. */
  readonly maxRemovedPerCleanUp: number;
  /** Foreign commits that are remembered, the first ones. */
  readonly maxForeignCommits: number;
}

const DAY_MS = 24 * 3_600_000;

export const DEFAULT_LOG_LIMITS: LogLimits = Object.freeze({
  backoffMinMs: 100,
  backoffMaxMs: 5_000,
  unreachableAfterMs: 600_000,
  conflictMinMs: 2,
  conflictMaxMs: 500,
  lookAgainAfterMs: 1_000,
  concurrentReads: 16,
  maxLogFileBytes: 512 * 1024 * 1024,
  openAttempts: 5,
  checkpointEveryCommits: 100,
  logRetentionMs: 30 * DAY_MS,
  removedFileRetentionMs: 7 * DAY_MS,
  keptCommits: 1_000,
  cleanUpEveryMs: 3_600_000,
  maxRemovedPerCleanUp: 20_000,
  maxForeignCommits: 100,
});
