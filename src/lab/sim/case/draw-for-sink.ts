/** A case from a seed, on the sink that is asked for. */
import type { CasePlan } from './case-plan.ts';
import { type CaseDials, drawCase } from './draw-case.ts';
import { drawDeltaCase } from './draw-delta.ts';

export type CaseSink = 'bigquery' | 'delta';

export function drawCaseOn(sink: CaseSink, seed: number, dials?: CaseDials): CasePlan {
  return sink === 'delta' ? drawDeltaCase(seed, dials) : drawCase(seed, dials);
}
