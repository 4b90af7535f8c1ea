/** Rules files as `verify` sees them: applied by offset, and every contradiction of their texts and revisions found by its name. */
import { describe, expect, test } from 'vitest';
import type { RulesFrom, TopicRecord } from './inputs/verify-inputs.ts';
import {
  BASE_MS,
  event,
  faultless,
  inputsOf,
  MINUTE_MS,
  ownershipOf,
  type PartitionHistory,
  record,
} from './testing/history.ts';
import { found } from './testing/judged.ts';
import { type RulesDocument, ruledEntry, rulesText } from './testing/mapped.ts';
import { verify } from './verify.ts';
import { verifyText } from './verify-text.ts';

const COLUMN = { name: 'order_id', path: '/data/order', type: 'string' };
const FIRST: RulesDocument = { revision: 1 };
const SECOND: RulesDocument = { revision: 2, columns: [COLUMN] };

/** Twelve payments a minute apart in the form of the rules; at the end a copy, a late one and one that is no JSON. */
function records(): TopicRecord[] {
  const of = (id: number, minute: number): string =>
    JSON.stringify({
      data: {
        id: `t-${id}`,
        customer: 'alice',
        amount: '2.5',
        currency: 'EUR',
        created: BASE_MS + minute * MINUTE_MS,
        order: `o-${id}`,
      },
    });
  const payments = Array.from({ length: 12 }, (_, at) => of(at, at));
  return [...payments, of(11, 11), of(99, 0), '{"data":'].map((value, offset) => record(offset, value));
}

function historyOf(...entries: RulesFrom[]): PartitionHistory {
  return faultless(records(), { ownership: ownershipOf(0, { history: entries }), checkpointsAt: [6, 15] });
}

const ruled = (rules: RulesDocument, fromOffset = 0): RulesFrom => ruledEntry(rulesText(rules), fromOffset);

test('a log that was folded by two rules passes, and each record has the columns of the rules that cover it', async () => {
  const history = historyOf(ruled(FIRST), ruled(SECOND, 6));
  expect(history.payment_transactions.map(({ columns }) => columns?.order_id ?? null)).toEqual([
    ...Array.from({ length: 6 }, () => null),
    ...Array.from({ length: 6 }, (_, at) => `o-${at + 6}`),
  ]);
  expect(await found(history)).toEqual({ G1: [], G2: [], G3: [], G4: [], G5: [], G6: [] });
  expect((await verify(inputsOf(history))).verdict).toBe('PASS');
});

test('late and duplicate rows keep the further columns in their payload', () => {
  const payloads = historyOf(ruled(SECOND)).payment_exceptions.map(({ payload }) => payload);
  expect(payloads[0]).toBe(
    `{"transaction_id":"t-11","sender_account_id":"alice","amount":"2.5","currency":"EUR","timestamp":${BASE_MS + 11 * MINUTE_MS},"columns":{"order_id":"o-11"}}`,
  );
  expect(payloads[1]).toContain('"columns":{"order_id":"o-99"}}');
});

describe('a changed row is found', () => {
  test.each<[string, (history: PartitionHistory) => void]>([
    ['a column', (history) => alter(history, 8, { columns: { order_id: 'o-9' } })],
    ['a column that became NULL', (history) => alter(history, 8, { columns: {} })],
    ['a column of rules that do not hold there', (history) => alter(history, 2, { columns: { order_id: 'o-2' } })],
    ['a role that the rules do not have', (history) => alter(history, 2, { region: 'eu-west' })],
  ])('%s', async (_, change) => {
    const history = historyOf(ruled(FIRST), ruled(SECOND, 6));
    change(history);
    expect((await found(history)).G5).toEqual(['columns_differ']);
  });

  test('a late payload without its columns', async () => {
    const history = historyOf(ruled(SECOND));
    const late = history.payment_exceptions[1]!;
    history.payment_exceptions[1] = { ...late, payload: late.payload!.replace(/,"columns":.*\}\}$/, '}') };
    expect((await found(history)).G5).toEqual(['columns_differ']);
  });
});

const PLACES = { transaction_id: '/data/id', sender_account_id: '/data/customer', currency: '/data/currency' };

/** A text role at its place, with these flags on. */
function textChanged(role: keyof typeof PLACES, ...flags: ('trim' | 'uppercase')[]): Record<string, unknown> {
  const on = Object.fromEntries(flags.map((flag) => [flag, true]));
  return { [role]: { type: 'string', trim: false, uppercase: false, path: PLACES[role], ...on } };
}

function alter(history: PartitionHistory, index: number, change: object): void {
  history.payment_transactions[index] = { ...history.payment_transactions[index]!, ...change };
}

describe('what the history says of rules is held against their texts', () => {
  const changed = (entry: RulesFrom, rules: Partial<RulesFrom['rules']>): RulesFrom => ({
    ...entry,
    rules: { ...entry.rules!, ...rules },
  });

  test.each<[string, RulesFrom[]]>([
    ['rules_missing', [changed(ruled(FIRST), { text: null })]],
    ['rules_changed', [changed(ruled(FIRST), { text: rulesText(SECOND) })]],
    ['rules_unreadable', [ruledEntry(rulesText(FIRST).replace('"format":"json"', '"format":"thrift"'))]],
  ])('%s: the partition is not judged, and verify names it', async (kind, entries) => {
    const whole = historyOf(ruled(FIRST));
    const report = await verify(inputsOf({ ...whole, ownership: ownershipOf(0, { history: entries }) }));
    expect(report.verdict).toBe('FAIL');
    expect(report.guarantees.G6.findings.map((finding) => finding.kind)).toEqual([kind]);
    expect(report.unknown).toEqual([
      expect.stringContaining('partition 0: nothing was checked: the rules of revision 1'),
    ]);
  });

  test.each<[string, RulesFrom[]]>([
    ['revision_went_back', [ruled({ revision: 2 }), ruled({ revision: 1 }, 6)]],
    ['revision_twice', [ruled(FIRST), ruled({ ...SECOND, revision: 1 }, 6)]],
    ['rules_contradict', [{ ...ruled(FIRST), revision: 5 }]],
    ['rules_contradict', [changed(ruled(FIRST), { revision: 3 })]],
    [
      'rules_contradict',
      [ruled(FIRST), ruled({ revision: 2, event: { amount: { path: '/data/amount', minor_units: 2 } } }, 15)],
    ],
    ['rules_contradict', [ruled(FIRST), ruled({ revision: 2, event: { key: 'any' }, activity: 'off' }, 15)]],
    ['rules_contradict', [ruled(FIRST), ruled({ revision: 2, event: textChanged('transaction_id', 'trim') }, 15)]],
    [
      'rules_contradict',
      [ruled(FIRST), ruled({ revision: 2, event: textChanged('sender_account_id', 'uppercase') }, 15)],
    ],
    ['rules_contradict', [ruled(SECOND), ruled({ revision: 3, columns: [{ ...COLUMN, type: 'int64' }] }, 15)]],
    [
      'rules_contradict',
      [ruled(SECOND), ruled({ revision: 3 }, 14), ruled({ revision: 4, columns: [{ ...COLUMN, type: 'int64' }] }, 15)],
    ],
  ])('%s', async (kind, entries) => {
    const history = historyOf(...entries);
    const { findings } = (await verify(inputsOf(history))).guarantees.G6;
    expect(findings.map((finding) => finding.kind)).toContain(kind);
  });

  test('what may change is no contradiction', async () => {
    const first = ruled({ revision: 1, columns: [COLUMN] });
    const event = {
      ...textChanged('currency', 'trim', 'uppercase'),
      timestamp: { path: '/data/created', type: 'epoch_ms', finer_than_ms: 'round_down' },
    };
    const second = ruled({ revision: 2, event, columns: [{ ...COLUMN, path: '/data/id' }] }, 15);
    expect((await verify(inputsOf(historyOf(first, second)))).guarantees.G6.findings).toEqual([]);
  });

  test('rules of fraud beside the settings entry are those of the text', async () => {
    const entry = ruled(FIRST);
    const { fraud } = entry.decision;
    const other = { ...entry, decision: { ...entry.decision, fraud: { ...fraud, maxScore: 7 } } };
    const { findings } = (await verify(inputsOf(historyOf(other)))).guarantees.G6;
    expect(findings).toMatchObject([{ kind: 'rules_contradict', message: expect.stringContaining('rules of fraud') }]);
  });
});

describe('what is no guarantee and should be known', () => {
  test('most of a topic was rejected: the share and the reasons', async () => {
    const log = [event('p1', 0), event('p2', 1), event('p3', 2)].map((value, offset) => record(offset, value));
    const ownership = ownershipOf(0, { history: [ruled(FIRST)] });
    const report = await verify(inputsOf(faultless(log, { ownership })));
    expect(report).toMatchObject({ verdict: 'PASS', rejections: { rejected: 3, records: 3 } });
    expect(report.rejections.reasons).toEqual({ field_missing: 3 });
    expect(verifyText(report)).toContain('rejected: 3 of 3 records (100 %) were rejected: field_missing 3. ');
  });

  test('records that are no payments do not count as rejected', async () => {
    const select = [{ path: '/data/id', in: ['t-1'] }];
    const ownership = ownershipOf(0, { history: [ruled({ event: { select } })] });
    const report = await verify(inputsOf(faultless(records().slice(0, 12), { ownership })));
    expect(report.rejections).toMatchObject({ rejected: 0, notPayments: 11, records: 12 });
    expect(verifyText(report)).not.toContain('rejected:');
  });

  test('with any key, a payment in two partitions breaks G2 by its name, and a sender in two is no remark', async () => {
    const of = (partition: number, ids: readonly string[]): PartitionHistory => {
      const values = ids.map((id, at) =>
        JSON.stringify({
          data: { id, customer: 'alice', amount: 1, currency: 'EUR', created: BASE_MS + at * MINUTE_MS },
        }),
      );
      const history = [ruled({ event: { key: 'any' }, activity: 'off' })];
      const ownership = ownershipOf(partition, { partitionCount: 2, history });
      return faultless(
        values.map((value, offset) => record(offset, value)),
        { ownership },
      );
    };
    const apart = await verify(inputsOf(of(0, ['a', 'b']), of(1, ['c', 'd'])));
    expect(apart).toMatchObject({ verdict: 'PASS', conditions: [] });
    const { guarantees, conditions } = await verify(inputsOf(of(0, ['a', 'b']), of(1, ['c', 'a'])));
    expect(guarantees.G2.findings).toMatchObject([{ kind: 'id_twice', transactionIds: ['a'] }]);
    expect(conditions).toEqual([expect.stringContaining('with key: any the producers must send all copies')]);
  });
});
