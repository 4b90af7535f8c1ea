/** The rules file that `rules init --from-settings` writes is the event and the rules that there were. */
import { expect, it } from 'vitest';
import { BUILT_IN_EVENT } from '../payments/rules/built-in-event.ts';
import { fixedDifferences } from '../payments/rules/fixed-part.ts';
import { loadedRules } from '../payments/rules/rules-document.ts';
import { DEFAULT_DECISION_SETTINGS } from '../payments/settings.ts';
import { readRules } from './read-rules.ts';
import { settingsRulesText } from './settings-rules-text.ts';

it('reads back as the built-in event and these fraud rules, and follows a history without rules', () => {
  const fraud = {
    ...DEFAULT_DECISION_SETTINGS.fraud,
    amountHigh: { over: '0100.50', points: 7 },
    regionPoints: { null: 1, 'a: b': 2, '#': 3, '10': 4, yes: 5 },
  };
  const text = settingsRulesText(fraud, ['FRAUD_AMOUNT_HIGH']);
  expect(text).toContain('# Unset with it: FRAUD_AMOUNT_HIGH.');
  const rules = readRules(text, 'rules.yaml');
  if (Array.isArray(rules)) throw new Error(rules.map((mistake) => mistake.text).join('\n'));
  expect(rules).toEqual({ revision: 1, event: BUILT_IN_EVENT, columns: [], fraud });
  expect(fixedDifferences([{}], { rules: loadedRules(rules) })).toEqual([]);
});
