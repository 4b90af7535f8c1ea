/**
 * The id of a claim: the epoch that it makes, what kind of claim it is where it is no processor's, and a name of its own. The
 * epoch stands in the row as well: whoever changes one of them by hand is found out by the other (`verify`).
 */
import type { Runtime } from '../../base/runtime.ts';
import type { Ownership } from '../ports.ts';

/** `hold`: an operator's, who has no streams. */
export function claimIdOf(epoch: number, runtime: Pick<Runtime, 'uuid'>, kind?: 'hold'): string {
  return kind === undefined ? `${epoch}:${runtime.uuid()}` : `${epoch}:${kind}:${runtime.uuid()}`;
}

/**
 * Why nobody may claim by this row: its epoch is another one than its claim made, or than its streams have. Under an epoch that
 * was used before, rows of two owners could not be told apart. Undefined where it is in order.
 */
export function epochContradiction({ epoch, claimId, streams }: Ownership): string | undefined {
  const made = /^(\d+):/.exec(claimId)?.[1];
  if (made !== undefined && Number(made) !== epoch)
    return `epoch is ${epoch}, and claim_id ${claimId} made epoch ${made}`;
  const newest = Math.max(0, ...streams.map((stream) => stream.epoch));
  return newest > epoch ? `epoch is ${epoch}, and streams has one of epoch ${newest}` : undefined;
}
