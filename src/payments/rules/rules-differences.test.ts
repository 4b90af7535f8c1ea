import { expect, it } from 'vitest';
import { DEFAULT_DECISION_SETTINGS } from '../settings.ts';
import { BUILT_IN_EVENT } from './built-in-event.ts';
import type { Rules } from './rules.ts';
import { rulesDifferences } from './rules-differences.ts';

const { fraud } = DEFAULT_DECISION_SETTINGS;
const RULES: Rules = {
  revision: 1,
  event: BUILT_IN_EVENT,
  columns: [
    { name: 'fee', path: '/fee', type: 'int64' },
    { name: 'note', path: '/note', type: 'string' },
  ],
  fraud,
};

it('members that differ are named as the file has them, on either side', () => {
  const other: Rules = {
    ...RULES,
    event: { ...BUILT_IN_EVENT, key: 'any', amount: { path: '/sum' }, select: [{ path: '/type', in: ['paid'] }] },
    columns: [
      { name: 'fee', path: '/fee', type: 'numeric' },
      { name: 'memo', path: '/memo', type: 'string' },
    ],
    fraud: { ...fraud, maxScore: 7 },
  };
  const names = ['event.select', 'event.key', 'event.amount.path', 'fraud.max_score'];
  const columns = ['columns (fee)', 'columns (note)', 'columns (memo)'];
  expect(new Set(rulesDifferences(RULES, other))).toEqual(new Set([...names, ...columns]));
  expect(new Set(rulesDifferences(other, RULES))).toEqual(new Set([...names, ...columns]));
});

it('the revision is no difference, and the same rules have none', () => {
  expect(rulesDifferences(RULES, { ...RULES, revision: 2 })).toEqual([]);
});
