/** What the simulator sends for a drawn plan: the same records on any day, in either world. */
import type { SimulationDials } from '../../simulator/plan.ts';
import { EPOCH_MS } from '../sim/world/context.ts';
import type { DrawnPlan } from './drawn-plan.ts';

/** Past every clock: such an event is in the future on any day. */
const FUTURE_FROM_MS = Date.UTC(2100, 0, 1);

export function dialsOf({ workload, partitions, watermarkDelayMs }: DrawnPlan): SimulationDials {
  const { countMax: count, ...dials } = workload;
  const baseTimeMs = EPOCH_MS - workload.spanMs;
  return { ...dials, count, partitions, watermarkDelayMs, baseTimeMs, futureFromMs: FUTURE_FROM_MS };
}
