/** The port of everything that differs from one run to the next: time, chance and names. system-runtime.ts is the real one. */

/** Time, chance and names. */
export interface Runtime {
  /** Wall clock, ms since the epoch. Only for rows' processed_at, logs and lags: never for a decision about data. */
  nowMs(): number;
  /** Ms since some moment; a clock that is set does not move it. For how long something took or was waited for. */
  monotonicMs(): number;
  /** Resolves after `ms`, for 0 as soon as everybody else had a turn; rejects with signal.reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Uniform in [0, 1). */
  random(): number;
  uuid(): string;
}
