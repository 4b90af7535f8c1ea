/**
 * The id of a claim: the epoch that it makes, what kind of claim it is where it is no processor's, and a name of its own. The
 * epoch stands in the row as well: whoever changes one of them by hand is found out by the other (`verify`).
 */
import type { Runtime } from './ports.ts';

/** `hold`: an operator's, who has no streams. */
export function claimIdOf(epoch: number, runtime: Pick<Runtime, 'uuid'>, kind?: 'hold'): string {
  return kind === undefined ? `${epoch}:${runtime.uuid()}` : `${epoch}:${kind}:${runtime.uuid()}`;
}
