/**
 * Makes the settings history of a partition end with our settings, before anything is appended with them: rows below F
 * are folded with the entries that cover them, rows from F on with ours.
 */
import { FOLD_VERSION, sameDecisionSettings } from '../payments/settings.ts';
import type { DecisionSettings, SettingsEntry } from '../payments/types.ts';
import type { WonClaim } from './claim-rounds.ts';
import { ownershipOf } from './claim-rounds.ts';
import { ContradictionError, OwnershipLostError } from './errors.ts';
import type { Observer } from './events.ts';
import type { SinkQueries } from './ports.ts';
import type { Position } from './position.ts';

/** The history that is in force. Rejects with OwnershipLostError when the partition was claimed meanwhile. */
export async function settleSettings(
  won: WonClaim,
  position: Position,
  decision: DecisionSettings,
  queries: SinkQueries,
  observer: Observer,
): Promise<readonly SettingsEntry[]> {
  const { topic, partition, history, claimId } = won.ownership;
  const last = history.at(-1)!;
  refuseOtherVersion(partition, last, position);
  if (last.foldVersion === FOLD_VERSION && sameDecisionSettings(last.decision, decision)) return history;

  const entry: SettingsEntry = { fromOffset: position.resumeOffset, foldVersion: FOLD_VERSION, decision };
  await queries.addSettings(topic, partition, claimId, entry);
  const rows = await queries.readOwnership(topic);
  const now = ownershipOf(new Map(rows.map((row) => [row.partition, row])), topic, partition);
  if (now.claimId !== claimId) {
    throw new OwnershipLostError(`partition ${partition} was claimed by ${now.owner} while its settings were changed`);
  }
  const stored = now.history.at(-1)!;
  if (stored.fromOffset !== entry.fromOffset || !sameDecisionSettings(stored.decision, decision)) {
    throw new OwnershipLostError(`partition ${partition}: the new settings entry did not arrive; starting over`);
  }
  observer.emit({ type: 'settings.changed', partition, fromOffset: entry.fromOffset, foldVersion: FOLD_VERSION });
  return now.history;
}

function refuseOtherVersion(partition: number, last: SettingsEntry, position: Position): void {
  if (last.foldVersion > FOLD_VERSION) {
    throw new ContradictionError(
      'fold_version',
      `partition ${partition} was folded by version ${last.foldVersion}, this is ${FOLD_VERSION}: run the newer release.`,
    );
  }
  if (last.foldVersion < FOLD_VERSION && position.resumeOffset > position.checkpointOffset) {
    throw new ContradictionError(
      'fold_version',
      `partition ${partition}: rows at offsets ${position.checkpointOffset} to ${position.resumeOffset - 1} were written by fold version ` +
        `${last.foldVersion} after its last checkpoint. Start that release once more and stop it with SIGTERM, then start this one.`,
    );
  }
}
