/** `verify` judges each record by the fold version of the settings entry that covers it. */
import { describe, expect, test } from 'vitest';
import { event, faultless, inputsOf, ownershipOf, type PartitionHistory, RULES, record } from './testing/history.ts';
import { verify } from './verify.ts';

const verdictOf = async (history: PartitionHistory): Promise<string> => (await verify(inputsOf(history))).verdict;

describe('fold versions', () => {
  // What version 1 and version 2 make of it differs in every column that may differ.
  const value = `${JSON.stringify(event('4111111111111111', 1, { currency: 'eur' })).slice(0, -1)},"region":"","amount":1e-10}`;
  const ownedBy = (...versions: readonly number[]) =>
    ownershipOf(0, {
      history: versions.map((foldVersion, at) => ({ fromOffset: at * 2, foldVersion, decision: RULES })),
    });
  const log = [0, 1, 2, 3].map((offset) => record(offset, value));

  test('each record is judged by that of the entry that covers it', async () => {
    const history = faultless(log, { ownership: ownedBy(1, 2) });
    expect(history.payment_exceptions.map(({ reason }) => reason)).toEqual([
      'field_invalid',
      'field_invalid',
      'duplicate_member: region',
      'duplicate_member: region',
    ]);
    expect(await verdictOf(history)).toBe('PASS');
    for (const other of [ownedBy(1), ownedBy(2), ownedBy(2, 1)])
      expect(await verdictOf({ ...history, ownership: other })).toBe('FAIL');
  });

  test('that this release does not know are no verdict', async () => {
    const history = { ...faultless(log), ownership: ownedBy(2, 3) };
    await expect(verdictOf(history)).rejects.toThrow(/offset 2: the settings entry there is of fold version 3/);
  });

  test('a raw transaction id, another cause and a masked time are found in version 2', async () => {
    const plain = faultless([record(0, { ...event('4111.1111.1111.1111', 1), region: '' })]);
    const row = plain.payment_exceptions[0]!;
    expect(row).toMatchObject({ transaction_id: '****.****.****.1111', reason: 'field_invalid: region' });
    for (const change of [
      { transaction_id: '4111.1111.1111.1111' },
      { transaction_id: null },
      { event_time: null },
      { reason: 'field_invalid: currency' },
      { payload: row.payload!.replace(/"timestamp":[0-9]{9}/, '"timestamp":*********') },
    ])
      expect(await verdictOf({ ...plain, payment_exceptions: [{ ...row, ...change }] })).toBe('FAIL');
  });

  test('a record time past what a column can hold is stored as the greatest that it can', async () => {
    const late = { ...record(0, event('p', 1)), timestampMs: 4e15, key: null };
    const history = faultless([late]);
    const rows = history.payment_exceptions.map((row) => ({ ...row, record_time: 253_402_300_799_999 }));
    expect(await verdictOf({ ...history, payment_exceptions: rows })).toBe('PASS');
  });
});
