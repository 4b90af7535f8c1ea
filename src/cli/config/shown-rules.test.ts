/** What `config` shows of the rules. */
import { expect, it } from 'vitest';
import { loadedRules, rulesOf } from '../../payments/rules/rules-document.ts';
import { DEFAULT_DECISION_SETTINGS } from '../../payments/settings.ts';
import { rulesText, shownRules } from './shown-rules.ts';

it('without a file is the built-in event, with the revision of the settings', () => {
  const shown = shownRules({ revision: 4 });
  expect(shown).toMatchObject({ file: null, revision: 4, sha256: null });
  expect(shown.mapping).toContainEqual({ name: 'amount', from: '{ path: /amount }' });
  expect(shown.mapping).toContainEqual({ name: 'key', from: 'sender' });
  expect(rulesText(shown)).toContain('the built-in event (no RULES_FILE), settings of revision 4');
});

it('of a file names it, its revision and digest, and where each role and column comes from', () => {
  const rules = loadedRules(
    rulesOf(
      {
        revision: 3,
        event: {
          select: [{ path: '/type', equals: 'paid' }],
          key: { path: '/tenant' },
          transaction_id: { path: '/id', trim: true },
          sender_account_id: { path: 'header:from' },
          amount: { path: '/amount', minor_units: 'currency' },
          currency: { const: 'EUR' },
          timestamp: { path: 'record.timestamp' },
        },
        columns: [{ name: 'order_id', path: '/order', type: 'int64' }],
      },
      DEFAULT_DECISION_SETTINGS.fraud,
    ),
  );
  const shown = shownRules({ revision: 3, file: 'rules.yaml', rules });
  expect(shown).toMatchObject({ file: 'rules.yaml', revision: 3, sha256: rules.sha256 });
  expect(Object.fromEntries(shown.mapping.map(({ name, from }) => [name, from]))).toMatchObject({
    format: 'json',
    select: '{ path: /type, in: ["paid"] }',
    key: '{ path: /tenant }',
    transaction_id: '{ path: /id, type: string, trim: true }',
    amount: '{ path: /amount, minor_units: currency }',
    currency: '{ const: EUR }',
    region: 'NULL',
    'column order_id': '{ path: /order, type: int64 }',
  });
  expect(rulesText(shown)).toContain(`rules.yaml, revision 3, sha256 ${rules.sha256}`);
});
