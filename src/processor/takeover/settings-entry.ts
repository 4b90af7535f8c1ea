/**
 * Makes the settings history of a partition end with the newest settings before anything is appended with them: ours, if
 * their revision is higher (next-entry.ts). Records below F are folded with the entries that cover them, of any fold version.
 * So an upgrade, and a change of the rules, need no clean stop of the previous process.
 */

import { ContradictionError, OwnershipLostError } from '../../base/errors.ts';
import {
  compileEntry,
  FOLD_VERSIONS,
  isKnownFoldVersion,
  RULES_FOLD_VERSION,
  requireFixedSettings,
  sameDecisionSettings,
} from '../../payments/settings.ts';
import type { SettingsEntry } from '../../payments/types.ts';
import type { Observer } from '../events.ts';
import type { Sink, WonClaim } from '../ports.ts';
import type { WantedSettings } from '../settings.ts';
import { ownershipOf } from './claim-rounds.ts';
import { nextEntry, revisionOf, sameSettings } from './next-entry.ts';
import type { Position } from './position.ts';

/** The history that is in force. Rejects with OwnershipLostError when the partition was claimed meanwhile. */
export async function settleSettings(
  won: Pick<WonClaim, 'ownership' | 'addEntry'>,
  position: Pick<Position, 'resumeOffset' | 'checkpointOffset'>,
  wanted: WantedSettings,
  sink: Pick<Sink, 'readOwnership'>,
  observer: Observer,
  warned: OlderWarnings,
): Promise<readonly SettingsEntry[]> {
  const { topic, partition, history, claimId } = won.ownership;
  refuseUnknownVersion(partition, history);
  refuseUnusable(won.ownership);
  const { entry, olderThan } = nextEntry(partition, history, wanted, position.resumeOffset);
  if (olderThan !== undefined && warned.isNew(olderThan)) {
    observer.emit({ type: 'settings.older', partition, revision: revisionOf(wanted), newest: olderThan });
  }
  if (entry === undefined) return history;

  await won.addEntry(entry);
  const now = ownershipOf(await sink.readOwnership(topic), topic, partition);
  if (now.claimId !== claimId) {
    throw new OwnershipLostError(`partition ${partition} was claimed by ${now.owner} while its settings were changed`);
  }
  const { fromOffset, foldVersion } = entry;
  const stored = now.history.at(-1)!;
  const hasArrived = stored.fromOffset === fromOffset && stored.foldVersion === foldVersion;
  if (!hasArrived || revisionOf(stored) !== revisionOf(entry) || !sameSettings(stored, entry)) {
    throw new OwnershipLostError(`partition ${partition}: the new settings entry did not arrive; starting over`);
  }
  observer.emit({ type: 'settings.changed', partition, fromOffset, foldVersion, revision: revisionOf(entry) });
  return now.history;
}

/** The newer revisions that a process has warned of: once is enough for all its partitions and takeovers. */
export class OlderWarnings {
  readonly #seen = new Set<number>();

  isNew(revision: number): boolean {
    if (this.#seen.has(revision)) return false;
    this.#seen.add(revision);
    return true;
  }
}

/** No release writes settings that cannot be used to fold a record: if there are any, somebody changed the row. */
function refuseUnusable({ topic, partition, startOffset, history, fixed }: WonClaim['ownership']): void {
  try {
    requireFixedSettings(fixed);
    const [first] = history;
    if (first === undefined || first.fromOffset > startOffset)
      throw new RangeError(`settings_history starts at offset ${first?.fromOffset}, the partition at ${startOffset}`);
    for (const entry of history) {
      compileEntry(entry);
      requireOneContent(entry);
    }
    const falls = history.find((entry, i) => i > 0 && revisionOf(entry) < revisionOf(history[i - 1]!));
    if (falls !== undefined)
      throw new RangeError(`settings_history: revision ${revisionOf(falls)} stands behind a higher one`);
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

/** An entry names its revision and its fraud rules twice: beside its rules, and in their text. Both must agree. */
function requireOneContent(entry: SettingsEntry): void {
  const { fromOffset, foldVersion, decision, rules } = entry;
  const where = `settings_history, entry from offset ${fromOffset}`;
  if ((foldVersion === RULES_FOLD_VERSION) !== (rules !== undefined))
    throw new RangeError(`${where}: fold version ${foldVersion} ${rules === undefined ? 'without' : 'with'} rules`);
  if (rules === undefined) return;
  if (rules.revision !== revisionOf(entry))
    throw new RangeError(
      `${where}: it is of revision ${revisionOf(entry)}, its rules are of revision ${rules.revision}`,
    );
  if (!sameDecisionSettings(decision, { ...decision, fraud: rules.rules.fraud }))
    throw new RangeError(`${where}: its fraud rules are not those of its rules`);
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
