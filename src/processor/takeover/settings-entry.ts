/**
 * Makes the settings history of a partition end with our settings and our fold version before anything is appended with
 * them. Records below F are folded with the entries that cover them, of any fold version. Records from F on are folded
 * with ours. So an upgrade needs no clean stop of the previous release.
 */

import { ContradictionError, OwnershipLostError } from '../../base/errors.ts';
import {
  compileEntry,
  FOLD_VERSION,
  FOLD_VERSIONS,
  isKnownFoldVersion,
  requireFixedSettings,
  sameDecisionSettings,
} from '../../payments/settings.ts';
import type { DecisionSettings, SettingsEntry } from '../../payments/types.ts';
import type { Observer } from '../events.ts';
import type { Sink, WonClaim } from '../ports.ts';
import { ownershipOf } from './claim-rounds.ts';
import type { Position } from './position.ts';

/** The history that is in force. Rejects with OwnershipLostError when the partition was claimed meanwhile. */
export async function settleSettings(
  won: Pick<WonClaim, 'ownership' | 'addEntry'>,
  position: Pick<Position, 'resumeOffset' | 'checkpointOffset'>,
  decision: DecisionSettings,
  sink: Pick<Sink, 'readOwnership'>,
  observer: Observer,
): Promise<readonly SettingsEntry[]> {
  const { topic, partition, history, claimId } = won.ownership;
  const last = history.at(-1)!;
  refuseUnknownVersion(partition, history);
  refuseUnusable(won.ownership);
  if (last.foldVersion === FOLD_VERSION && sameDecisionSettings(last.decision, decision)) return history;

  const entry: SettingsEntry = { fromOffset: position.resumeOffset, foldVersion: FOLD_VERSION, decision };
  await won.addEntry(entry);
  const now = ownershipOf(await sink.readOwnership(topic), topic, partition);
  if (now.claimId !== claimId) {
    throw new OwnershipLostError(`partition ${partition} was claimed by ${now.owner} while its settings were changed`);
  }
  const stored = now.history.at(-1)!;
  const hasArrived = stored.fromOffset === entry.fromOffset && stored.foldVersion === FOLD_VERSION;
  if (!hasArrived || !sameDecisionSettings(stored.decision, decision)) {
    throw new OwnershipLostError(`partition ${partition}: the new settings entry did not arrive; starting over`);
  }
  observer.emit({ type: 'settings.changed', partition, fromOffset: entry.fromOffset, foldVersion: FOLD_VERSION });
  return now.history;
}

/** No release writes settings that cannot be used to fold a record: if there are any, somebody changed the row. */
function refuseUnusable({ topic, partition, startOffset, history, fixed }: WonClaim['ownership']): void {
  try {
    requireFixedSettings(fixed);
    const [first] = history;
    if (first === undefined || first.fromOffset > startOffset)
      throw new RangeError(`settings_history starts at offset ${first?.fromOffset}, the partition at ${startOffset}`);
    for (const entry of history) compileEntry(entry);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ContradictionError(
      'ownership_rows',
      `partition_ownership, topic ${topic}, partition ${partition}: ${error.message}. Someone changed its settings by hand: restore the ` +
        'row as it was (runbook, lost tables); nothing was written.',
      { cause: error },
    );
  }
}

function refuseUnknownVersion(partition: number, history: readonly SettingsEntry[]): void {
  const unknown = history.find(({ foldVersion }) => !isKnownFoldVersion(foldVersion));
  if (unknown === undefined) return;
  const { foldVersion, fromOffset } = unknown;
  const remedy =
    foldVersion > Math.max(...FOLD_VERSIONS)
      ? 'run the newer release'
      : `run a release that folds by version ${foldVersion}, up to this one's oldest`;
  throw new ContradictionError(
    'fold_version',
    `partition ${partition}: from offset ${fromOffset} on it is folded by version ${foldVersion}; this release knows ` +
      `${FOLD_VERSIONS.join(', ')}: ${remedy}. Nothing was written.`,
  );
}
