/** Histories get their rules from the table `rules`, and nothing else than what they name. */
import { describe, expect, it } from 'vitest';
import type { Rules } from '../../payments/rules/rules.ts';
import { canonicalRules, loadedRules, rulesOf } from '../../payments/rules/rules-document.ts';
import { DEFAULT_DECISION_SETTINGS } from '../../payments/settings.ts';
import type { SettingsEntry } from '../../payments/types.ts';
import { RuledOwnership } from './ruled-ownership.ts';
import type { OwnershipAccess, RulesRow, StoredEntry, StoredOwnership } from './stored-ownership.ts';

const decision = DEFAULT_DECISION_SETTINGS;
const PLAIN: SettingsEntry = { fromOffset: 0, foldVersion: 2, decision };

function rules(revision: number): Rules {
  const event = {
    transaction_id: { path: '/id' },
    sender_account_id: { path: '/from' },
    amount: { path: '/amount' },
    currency: { path: '/currency' },
    timestamp: { path: '/at' },
  };
  return rulesOf({ revision, event }, decision.fraud);
}

function entry(fromOffset: number, revision: number): SettingsEntry {
  return { fromOffset, foldVersion: 3, decision, revision, rules: loadedRules(rules(revision)) };
}

function rowOf({ rules: of }: SettingsEntry): RulesRow {
  return { revision: of!.revision, sha256: of!.sha256, text: canonicalRules(of!.rules) };
}

/** A dataset of one ownership row. `loses`: what is put does not arrive. */
function dataset(history: StoredEntry[], table: RulesRow[] = [], { loses = false } = {}) {
  const asked: string[] = [];
  const queries = {
    readOwnership: async () => [{ topic: 't', partition: 0, history } as unknown as StoredOwnership],
    readRules: async (sha256s: readonly string[]) => {
      asked.push(`read ${sha256s.length}`);
      return table.filter(({ sha256 }) => sha256s.includes(sha256));
    },
    putRules: async (row: RulesRow) => {
      asked.push(`put ${row.revision}`);
      if (!loses) table.push(row);
    },
    addSettings: async (_topic: string, _partition: number, _claimId: string, added: StoredEntry) => {
      asked.push('add');
      history.push(added);
    },
    seed: async () => {
      asked.push('seed');
    },
    putHistories: async () => {
      asked.push('histories');
    },
  } as unknown as OwnershipAccess<StoredOwnership>;
  return { asked, table, history, ownership: new RuledOwnership(queries) };
}

const first = entry(0, 1);
const second = entry(10, 2);

describe('ownership rows with rules', () => {
  it('have the rules that they name, which are read once', async () => {
    const stored: StoredEntry[] = [first, second].map(({ rules: of, ...others }) => ({
      ...others,
      rules: { revision: of!.revision, sha256: of!.sha256 },
    }));
    const { ownership, asked } = dataset(stored, [rowOf(second), rowOf(first), rowOf(first)]);
    for (let again = 0; again < 2; again++) {
      expect((await ownership.readOwnership('t'))[0]!.history).toEqual([first, second]);
    }
    expect(asked).toEqual(['read 2']);
  });

  it('without rules ask for none', async () => {
    const { ownership, asked } = dataset([PLAIN]);
    expect((await ownership.readOwnership('t'))[0]!.history).toEqual([PLAIN]);
    expect(asked).toEqual([]);
  });

  it('get a text before the entry that names it, once; the row holds its digest alone', async () => {
    const { ownership, asked, history } = dataset([PLAIN]);
    await ownership.addSettings('t', 0, 'claim', second);
    await ownership.addSettings('t', 0, 'claim', second);
    expect(asked).toEqual(['put 2', 'read 1', 'add', 'add']);
    const { rules: of, ...others } = second;
    expect(history[1]).toEqual({ ...others, rules: { revision: 2, sha256: of!.sha256 } });
    expect((await ownership.readOwnership('t'))[0]!.history).toEqual([PLAIN, second, second]);
  });

  it('are not changed while the text has not arrived', async () => {
    const { ownership, asked } = dataset([PLAIN], [], { loses: true });
    const seed = { partition: 0, partitionCount: 1, startOffset: 0, fixed: {} as never, history: [first] };
    await expect(ownership.addSettings('t', 0, 'claim', first)).rejects.toMatchObject({ code: 'rules_missing' });
    await expect(ownership.seed('t', [seed])).rejects.toMatchObject({ code: 'rules_missing' });
    await expect(
      ownership.putHistories('t', [{ partition: 0, claimId: 'claim', history: [first] }]),
    ).rejects.toMatchObject({ code: 'rules_missing' });
    expect(asked.filter((one) => !/^(put|read)/.test(one))).toEqual([]);
  });

  it.each([
    ['is missing', [], 'rules_missing', 'revision 1'],
    ['is another one', [{ ...rowOf(first), text: rowOf(second).text }], 'rules_changed', 'another text'],
    [
      'stands twice, once as another one',
      [rowOf(first), { ...rowOf(first), text: '{}' }],
      'rules_changed',
      'another text',
    ],
  ])('of which a text %s are a contradiction that says what to do', async (_, table, code, words) => {
    const { rules: of, ...others } = first;
    const { ownership } = dataset([{ ...others, rules: { revision: 1, sha256: of!.sha256 } }], table as RulesRow[]);
    const reading = ownership.readOwnership('t');
    await expect(reading).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
    await expect(reading).rejects.toThrow('--accept-restored rules');
  });

  it('of which a text has the digest and not the revision, or is no text of rules, are a contradiction', async () => {
    const odd = loadedRules(rules(7));
    const named = (revision: number) => ({ ...PLAIN, rules: { revision, sha256: odd.sha256 } });
    const { ownership } = dataset([named(8)], [{ revision: 7, sha256: odd.sha256, text: canonicalRules(odd.rules) }]);
    await expect(ownership.readOwnership('t')).rejects.toMatchObject({ code: 'rules_changed' });
    const text = '{"revision":1}';
    const sha256 = 'd8560b7658c792bdded69837b055e2ed54708be6123b7bb4cc9fadf261ea091f';
    const foreign = dataset([{ ...PLAIN, rules: { revision: 1, sha256 } }], [{ revision: 1, sha256, text }]);
    await expect(foreign.ownership.readOwnership('t')).rejects.toMatchObject({
      code: 'rules_changed',
      message: expect.stringContaining('not the canonical text'),
    });
  });
});
