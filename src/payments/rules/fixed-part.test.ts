/** What a change of rules may touch, and what it may not. */
import { expect, it } from 'vitest';
import { DEFAULT_DECISION_SETTINGS } from '../settings.ts';
import { BUILT_IN_EVENT } from './built-in-event.ts';
import { fixedDifferences } from './fixed-part.ts';
import type { EventRules, FurtherColumn, Rules } from './rules.ts';
import { loadedRules, rulesOf } from './rules-document.ts';

const { fraud } = DEFAULT_DECISION_SETTINGS;
const BUILT_IN = {};

function withRules(change: Partial<EventRules>, columns: FurtherColumn[] = [], revision = 1) {
  const rules: Rules = { revision, event: { ...BUILT_IN_EVENT, ...change }, columns, fraud };
  return { rules: loadedRules(rules) };
}
const { texts } = BUILT_IN_EVENT;

it('the built-in event and the same event in a rules file have the same fixed part', () => {
  expect(fixedDifferences([BUILT_IN], withRules({}))).toEqual([]);
  expect(fixedDifferences([withRules({})], BUILT_IN)).toEqual([]);
});

it.each<[string, Partial<EventRules>]>([
  ['event.key', { key: 'any' }],
  ['event.key', { key: { path: '/tenant' } }],
  ['event.transaction_id', { texts: { ...texts, transaction_id: { path: '/id' } } }],
  ['event.transaction_id', { texts: { ...texts, transaction_id: { path: '/transaction_id', trim: true } } }],
  ['event.transaction_id', { texts: { ...texts, transaction_id: { path: '/transaction_id', type: 'integer' } } }],
  [
    'event.sender_account_id',
    { texts: { ...texts, sender_account_id: { path: '/sender_account_id', uppercase: true } } },
  ],
  ['event.amount', { amount: { path: '/sum' } }],
  ['event.amount', { amount: { path: '/amount', minorUnits: 2 } }],
  ['event.amount', { amount: { path: '/amount', decimalBytes: 2 } }],
  ['event.currency', { texts: { ...texts, currency: { constant: 'EUR' } } }],
  ['event.timestamp', { timestamp: { path: '/timestamp', type: 'epoch_s' } }],
])('%s is fixed', (member, change) => {
  const [first, second] = [withRules({}), withRules(change)];
  expect(fixedDifferences([first], second).map((one) => one.member)).toEqual([member]);
  expect(fixedDifferences([BUILT_IN, first, second], second).map((one) => one.member)).toEqual([member]);
  expect(fixedDifferences([second, first], second)).toEqual([]);
});

it('everything else may change', () => {
  const changed = withRules(
    {
      format: 'avro',
      select: [{ path: '/type', in: ['paid'] }],
      rejectSchemaIds: [4],
      keepRejectedPayload: true,
      texts: { ...texts, currency: { path: '/currency', uppercase: true }, region: { constant: 'eu' } },
      timestamp: { path: '/timestamp', finerThanMs: 'round_down' },
    },
    [{ name: 'order_id', path: '/order', type: 'string' }],
  );
  expect(fixedDifferences([BUILT_IN], changed)).toEqual([]);
});

it('the type of a column never changes, even where entries in between did not have it', () => {
  const column = (type: FurtherColumn['type'], path = '/a') => [{ name: 'a', path, type }];
  const history = [BUILT_IN, withRules({}, column('string')), withRules({})];
  expect(fixedDifferences(history, withRules({}, column('string', '/b')))).toEqual([]);
  expect(fixedDifferences(history, withRules({}, column('int64')))).toEqual([
    { member: 'columns.0.type (a)', before: 'string', now: 'int64' },
  ]);
});

it('a difference shows both values as they stand in a file', () => {
  const document = {
    revision: 1,
    event: {
      transaction_id: { path: '/id' },
      sender_account_id: { path: '/from' },
      amount: { path: '/amount', minor_units: 'currency' as const },
      currency: { path: '/currency' },
      timestamp: { path: '/at', type: 'epoch_s' as const },
    },
  };
  const first = { rules: loadedRules(rulesOf(document, fraud)) };
  const second = withRules({ amount: { path: '/amount', minorUnits: 2 } });
  expect(fixedDifferences([first], second)).toContainEqual({
    member: 'event.amount',
    before: '{"path":"/amount","minor_units":"currency"}',
    now: '{"path":"/amount","minor_units":2}',
  });
});
