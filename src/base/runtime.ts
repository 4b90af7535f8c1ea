/** The port of everything that differs from run to run: time, chance and names. system-runtime.ts is the real one. */

export interface Runtime {
  /** Wall clock, ms since the epoch. Only for rows' processed_at, logs and lags: never for a decision about data. */
  nowMs(): number;
  /** Ms since an arbitrary moment; setting the clock does not move it. For durations and waits. */
  monotonicMs(): number;
  /** Resolves after `ms`; for 0, after all tasks that are ready. Rejects with signal.reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Uniform in [0, 1). */
  random(): number;
  uuid(): string;
}
