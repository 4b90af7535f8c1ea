/** Which entry a takeover puts at the end of a history, and which histories it leaves alone. */
import { describe, expect, it } from 'vitest';
import { BUILT_IN_EVENT } from '../../payments/rules/built-in-event.ts';
import type { LoadedRules } from '../../payments/rules/rules.ts';
import { loadedRules } from '../../payments/rules/rules-document.ts';
import { DEFAULT_DECISION_SETTINGS, defaultFixedSettings } from '../../payments/settings.ts';
import type { SettingsEntry } from '../../payments/types.ts';
import type { ProcessorEvent } from '../events.ts';
import type { Ownership, WonClaim } from '../ports.ts';
import { settingsByOffset } from '../run/settings-at.ts';
import type { WantedSettings } from '../settings.ts';
import type { Position } from './position.ts';
import { OlderWarnings, settleSettings } from './settings-entry.ts';

const decision = DEFAULT_DECISION_SETTINGS;
const OTHER = { ...decision, watermarkDelayMs: 60_000 };

/** The built-in event, with the time at another place. */
function rulesOfRevision(revision: number, timestamp = '/timestamp', format: 'json' | 'avro' = 'json'): LoadedRules {
  const event = { ...BUILT_IN_EVENT, format, timestamp: { path: timestamp } };
  return loadedRules({ revision, event, columns: [], fraud: decision.fraud });
}

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
  const observer = { emit: (event: ProcessorEvent) => void events.push(event) };
  const warned = new OlderWarnings();
  const settle = (wanted: WantedSettings = { decision }) =>
    settleSettings(won, PAST_CHECKPOINT, wanted, reads, observer, warned);
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
    expect(events).toEqual([{ type: 'settings.changed', partition: 2, fromOffset: 17, foldVersion: 2, revision: 0 }]);
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

  it('of a higher revision than the history are appended, once, without rules and with them', async () => {
    const { added, events, settle } = sink([{ fromOffset: 0, foldVersion: 2, decision }]);
    const wanted: WantedSettings = { revision: 3, decision: OTHER };
    expect(await settle(wanted)).toHaveLength(2);
    expect(added).toEqual([{ fromOffset: 17, foldVersion: 2, decision: OTHER, revision: 3 }]);
    const ruled: WantedSettings = { revision: 4, decision, rules: rulesOfRevision(4) };
    const other = sink([{ ...added[0]!, fromOffset: 0 }]);
    expect((await other.settle(ruled)).at(-1)).toEqual({ fromOffset: 17, foldVersion: 3, ...ruled });
    expect(other.events.map(({ type }) => type)).toEqual(['settings.changed']);
    expect(events).toMatchObject([{ type: 'settings.changed', revision: 3 }]);
  });

  it('of a lower revision are not used: nothing is added, and it warns once for each newer revision', async () => {
    const newest = { fromOffset: 5, foldVersion: 3, decision, revision: 4, rules: rulesOfRevision(4) };
    const { added, events, settle } = sink([{ fromOffset: 0, foldVersion: 2, decision }, newest]);
    for (const wanted of [{ decision: OTHER }, { revision: 3, decision }]) {
      expect((await settle(wanted)).at(-1)).toEqual(newest);
    }
    expect(added).toEqual([]);
    expect(events).toEqual([{ type: 'settings.older', partition: 2, revision: 0, newest: 4 }]);
  });

  it('of a lower revision leave the newer ones in force, by the fold version of this release', async () => {
    const { added, settle } = sink([{ fromOffset: 0, foldVersion: 1, decision: OTHER, revision: 2 }]);
    await settle({ revision: 1, decision });
    expect(added).toEqual([{ fromOffset: 17, foldVersion: 2, decision: OTHER, revision: 2 }]);
  });

  it('of an equal revision with other content are refused, with the line to change', async () => {
    const { added, settle } = sink([{ fromOffset: 0, foldVersion: 1, decision }]);
    const refused = settle({ decision: OTHER });
    await expect(refused).rejects.toMatchObject({ name: 'ConfigurationError' });
    await expect(refused).rejects.toThrow(/These differ: WATERMARK_DELAY .*SETTINGS_REVISION=1/);
    const [ours, theirs] = [rulesOfRevision(4, '/timestamp', 'avro'), rulesOfRevision(4)];
    const ruled = sink([
      { fromOffset: 0, foldVersion: 2, decision },
      { fromOffset: 5, foldVersion: 3, decision, revision: 4, rules: theirs },
    ]);
    const other = ruled.settle({ revision: 4, decision, rules: ours, rulesFile: 'my.yaml' });
    await expect(other).rejects.toMatchObject({ name: 'ConfigurationError' });
    await expect(other).rejects.toThrow(
      new RegExp(
        `differ: event.format \\(there: .*${theirs.sha256}; my.yaml .*${ours.sha256}.*\\brevision: 5\\b.* into my.yaml`,
      ),
    );
    expect([...added, ...ruled.added]).toEqual([]);
  });

  it('of an equal revision with another fixed part are refused for that, without advice to raise the revision', async () => {
    const theirs = rulesOfRevision(4);
    const { added, settle } = sink([{ fromOffset: 0, foldVersion: 3, decision, revision: 4, rules: theirs }]);
    const ours = rulesOfRevision(4, '/time');
    const refused = settle({ revision: 4, decision, rules: ours, rulesFile: 'my.yaml' });
    await expect(refused).rejects.toThrow(/event\.timestamp is fixed .* my\.yaml has .*another dataset/);
    await expect(refused).rejects.not.toThrow(/revision: 5/);
    expect(added).toEqual([]);
  });

  it('that change a fixed part are refused, with both values', async () => {
    const { added, settle } = sink([{ fromOffset: 0, foldVersion: 2, decision }]);
    const refused = settle({ revision: 1, decision, rules: rulesOfRevision(1, '/time') });
    await expect(refused).rejects.toMatchObject({ name: 'ConfigurationError', problems: [expect.any(String)] });
    await expect(refused).rejects.toThrow(
      /event\.timestamp .*\{"path":"\/timestamp","type":"epoch_ms"\} \(the built-in event\).*\{"path":"\/time","type":"epoch_ms"\}.*another dataset/,
    );
    expect(added).toEqual([]);
  });

  it.each<[string, Partial<SettingsEntry>]>([
    ['rules without their fold version', { foldVersion: 2 }],
    ['another revision than its rules', { revision: 5 }],
    ['other fraud rules than its rules', { decision: { ...decision, fraud: { ...decision.fraud, maxScore: 9 } } }],
  ])('are refused by name where an entry has %s: somebody changed it', async (_, change) => {
    const entry = { fromOffset: 5, foldVersion: 3, decision, revision: 4, rules: rulesOfRevision(4), ...change };
    const { added, settle } = sink([{ fromOffset: 0, foldVersion: 2, decision }, entry]);
    await expect(settle({ revision: 9, decision })).rejects.toMatchObject({ code: 'ownership_rows' });
    expect(added).toEqual([]);
  });

  it('are refused by name where a revision stands behind a higher one: somebody changed them', async () => {
    const { settle } = sink([
      { fromOffset: 0, foldVersion: 2, decision, revision: 2 },
      { fromOffset: 5, foldVersion: 2, decision, revision: 1 },
    ]);
    await expect(settle({ revision: 3, decision })).rejects.toMatchObject({ code: 'ownership_rows' });
  });
});
