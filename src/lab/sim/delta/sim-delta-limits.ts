/** Limits of the sink on Delta Lake in simulated worlds: commits, log checkpoints and clean-up happen within seconds. */
import type { DeltaLimits } from '../../../sinks/delta/delta-limits.ts';
import type { LogLimits } from '../../../sinks/delta/log/log-limits.ts';

export interface SimDeltaLimits extends DeltaLimits, LogLimits {}

/** Small commits of few rows in small files. */
export const SIM_DELTA_LIMITS = {
  commitIntervalMs: 200,
  commitRows: 60,
  fileRows: 25,
  checkpointEveryCommits: 10,
  logRetentionMs: 5_000,
  keptCommits: 5,
  cleanUpEveryMs: 2_000,
} as const satisfies Partial<SimDeltaLimits>;
