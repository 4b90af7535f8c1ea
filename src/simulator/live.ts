/** A simulation of producers that send now: event times follow the clock, at the rate of sending. */
import { ConfigurationError } from '../base/errors.ts';
import type { SimulationDials } from './plan.ts';

/**
 * The dials that place event times. Ids get a prefix of their own, because event times differ from run to run and a
 * copy must keep the event time of its original. Throws ConfigurationError without a rate.
 */
export function liveDials(
  run: { readonly count: number; readonly ratePerSecond: number; readonly seed: number },
  nowMs: number,
): Required<Pick<SimulationDials, 'baseTimeMs' | 'spanMs' | 'idPrefix'>> {
  const { count, ratePerSecond, seed } = run;
  if (ratePerSecond === 0) throw new ConfigurationError(['--live needs a --rate: its event times follow the clock']);
  return { baseTimeMs: nowMs, spanMs: (count / ratePerSecond) * 1_000, idPrefix: `txn-${seed}-${nowMs.toString(36)}` };
}
