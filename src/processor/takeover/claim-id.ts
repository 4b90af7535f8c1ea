/**
 * The id of a claim: the epoch that it makes, what kind of claim it is where it is no processor's, and a name of its own. The
 * epoch stands in the row as well: whoever changes one of them by hand is found out by the other (`verify`).
 */
import type { Runtime } from '../../base/runtime.ts';
import type { Ownership } from '../ports.ts';

/** `hold`: an operator's, who writes nothing. */
export function claimIdOf(epoch: number, runtime: Pick<Runtime, 'uuid'>, kind?: 'hold'): string {
  return kind === undefined ? `${epoch}:${runtime.uuid()}` : `${epoch}:${kind}:${runtime.uuid()}`;
}

/**
 * Why nobody may claim by this row: its epoch is another one than its claim made, or the sink finds something wrong with it. Under an
 * epoch that was used before, rows of two owners could not be told apart. Undefined where it is in order.
 */
export function ownershipContradiction({ epoch, claimId, contradiction }: Ownership): string | undefined {
  const made = /^(\d+):/.exec(claimId)?.[1];
  if (made !== undefined && Number(made) !== epoch)
    return `epoch is ${epoch}, and claim_id ${claimId} made epoch ${made}`;
  return contradiction;
}
