/**
 * The id of a claim: the epoch that it makes, the kind of claim unless it is a processor's, and a UUID. The epoch is
 * also a column of the row, so that `verify` finds a change by hand of either one.
 */
import type { Runtime } from '../../base/runtime.ts';
import type { Ownership } from '../ports.ts';

/** `hold`: the claim of an operator's command, which writes no data. */
export function claimIdOf(epoch: number, runtime: Pick<Runtime, 'uuid'>, kind?: 'hold'): string {
  return kind === undefined ? `${epoch}:${runtime.uuid()}` : `${epoch}:${kind}:${runtime.uuid()}`;
}

/**
 * Why this row must not be used for a claim: its epoch differs from the one that its claim made, or the sink finds
 * something wrong with it. If an epoch were used twice, nobody could tell which of two owners wrote a row. Undefined if
 * the row is in order.
 */
export function ownershipContradiction({ epoch, claimId, contradiction }: Ownership): string | undefined {
  const made = /^(\d+):/.exec(claimId)?.[1];
  if (made !== undefined && Number(made) !== epoch)
    return `epoch is ${epoch}, and claim_id ${claimId} made epoch ${made}`;
  return contradiction;
}
