/** Which entry a takeover puts at the end of a history, and which histories it leaves alone. */
import { describe, expect, it } from 'vitest';
import { DEFAULT_DECISION_SETTINGS, defaultFixedSettings } from '../../payments/settings.ts';
import type { SettingsEntry } from '../../payments/types.ts';
import type { ProcessorEvent } from '../events.ts';
import type { Ownership, WonClaim } from '../ports.ts';
import { settingsByOffset } from '../run/settings-at.ts';
import type { Position } from './position.ts';
import { settleSettings } from './settings-entry.ts';

const decision = DEFAULT_DECISION_SETTINGS;

/** Checkpointed below 10, with rows up to 17. */
const PAST_CHECKPOINT = { checkpointOffset: 10, resumeOffset: 17 } as Position;

function sink(history: SettingsEntry[], arrives: (entry: SettingsEntry) => SettingsEntry = (entry) => entry) {
  const fixed = defaultFixedSettings(0);
  const ownership = {
    topic: 't',
    partition: 2,
    epoch: 1,
    claimId: 'mine',
    owner: 'me',
    startOffset: 0,
    fixed,
    history,
  };
  const added: SettingsEntry[] = [];
  const events: ProcessorEvent[] = [];
  const won = {
    ownership: { ...ownership, history: [...history] },
    addEntry: async (entry: SettingsEntry) => {
      added.push(entry);
      history.push(arrives(entry));
    },
  } as unknown as WonClaim;
  const reads = { readOwnership: async () => [ownership as unknown as Ownership] };
  const settle = (position: Position = PAST_CHECKPOINT) =>
    settleSettings(won, position, decision, reads, { emit: (event) => void events.push(event) });
  return { added, events, settle };
}

describe('the settings of a partition that was taken over', () => {
  it('stay where they are ours already', async () => {
    const { added, settle } = sink([{ fromOffset: 0, foldVersion: 2, decision }]);
    expect(await settle()).toHaveLength(1);
    expect(added).toEqual([]);
  });

  it('of fold version 1 with rows past the checkpoint get an entry of version 2 behind those rows', async () => {
    const { added, events, settle } = sink([{ fromOffset: 0, foldVersion: 1, decision }]);
    const history = await settle();
    expect(added).toEqual([{ fromOffset: 17, foldVersion: 2, decision }]);
    const at = settingsByOffset(history);
    expect([10, 16, 17].map((offset) => at(offset).foldVersion)).toEqual([1, 1, 2]);
    expect(events).toEqual([{ type: 'settings.changed', partition: 2, fromOffset: 17, foldVersion: 2 }]);
  });

  it('that no record can be folded by are refused by name: somebody changed them', async () => {
    const { added, settle } = sink([
      { fromOffset: 0, foldVersion: 2, decision: { ...decision, maxAmount: '0' } },
      { fromOffset: 5, foldVersion: 2, decision },
    ]);
    await expect(settle()).rejects.toMatchObject({
      code: 'ownership_rows',
      message: expect.stringContaining('maxAmount'),
    });
    expect(added).toEqual([]);
  });

  it.each([
    [4, 'run the newer release'],
    [0, 'run a release that folds by version 0'],
  ])('of fold version %d are refused, and nothing is added', async (foldVersion, remedy) => {
    for (const history of [
      [{ fromOffset: 0, foldVersion, decision }],
      [
        { fromOffset: 0, foldVersion, decision },
        { fromOffset: 5, foldVersion: 2, decision },
      ],
    ]) {
      const { added, settle } = sink(history);
      await expect(settle()).rejects.toMatchObject({ code: 'fold_version', message: expect.stringContaining(remedy) });
      expect(added).toEqual([]);
    }
  });

  it('that did not arrive as they were sent start the takeover again', async () => {
    const { settle } = sink([{ fromOffset: 0, foldVersion: 1, decision }], (entry) => ({ ...entry, foldVersion: 1 }));
    await expect(settle()).rejects.toMatchObject({ name: 'OwnershipLostError' });
  });
});
