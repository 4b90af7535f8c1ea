/** What every part of the simulated world shares: time, chance, faults and the trace. Nothing here is global. */

import type { CoverageMarks } from '../case/coverage-marks.ts';
import type { Trace } from '../case/trace.ts';
import type { FaultInjector } from './fault-injector.ts';
import type { Rng } from './rng.ts';
import type { Scheduler } from './virtual-time.ts';

export interface SimContext {
  readonly seed: number;
  readonly scheduler: Scheduler;
  readonly trace: Trace;
  readonly faults: FaultInjector;
  readonly marks: CoverageMarks;
  /** Draws of the network and the services. */
  readonly rng: Rng;
}

/** Wall clock of the services and, jumps aside, of the processes, at virtual time 0: 2026-01-01T00:00:00Z. */
export const EPOCH_MS = 1_767_225_600_000;

/** Draws a one-way delay, in ms. */
export function latencyMs({ rng, faults }: SimContext): number {
  const { latencyMsMax, slowChance, slowMsMax } = faults.noise;
  return rng.chance(slowChance) ? rng.between(latencyMsMax, slowMsMax) : rng.between(1, latencyMsMax);
}
