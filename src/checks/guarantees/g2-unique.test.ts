/** G2 is over all rows, for any cause of a repetition; the condition that the input broke is named beside it. */
import { expect, test } from 'vitest';
import { BASE_MS, event, faultless, inputsOf, MINUTE_MS, ownershipOf, record } from '../testing/history.ts';
import { verify } from '../verify.ts';

test('a copy with another event time after its original was forgotten', async () => {
  const again = [event('p', 0), event('q', 10), event('p', 11)].map((value, offset) => record(offset, value));
  const { verdict, guarantees, conditions } = await verify(inputsOf(faultless(again)));
  expect(verdict).toBe('FAIL');
  expect(guarantees.G2.findings).toMatchObject([{ kind: 'id_twice', transactionIds: ['p'], offsets: [0, 2] }]);
  const [first, second] = [BASE_MS, BASE_MS + 11 * MINUTE_MS].map((ms) => new Date(ms).toISOString());
  expect(conditions).toEqual([
    'p: accepted 2 times as the rules say, at 0/0, 0/2: a copy came with another event time after the original was ' +
      `forgotten (event times ${first} and ${second})`,
  ]);
  expect(guarantees.G2.findings[0]?.message).toContain('another event time');
});

test.each([
  ['alice', 'sender alice has records in two partitions (another partitioner, or another key)'],
  ['mallory', 'copies in two partitions, from senders alice and mallory'],
])('a copy in another partition, sent by %s', async (sender, condition) => {
  const owned = (partition: number) => ownershipOf(partition, { partitionCount: 2 });
  const first = faultless([record(0, event('p', 0))], { ownership: owned(0) });
  const second = faultless([record(0, event('p', 0, { sender_account_id: sender }))], { ownership: owned(1) });
  const { verdict, guarantees, conditions } = await verify(inputsOf(first, second));
  expect(verdict).toBe('FAIL');
  expect(guarantees.G2).toMatchObject({ holds: false, count: 1, findings: [{ kind: 'id_twice' }] });
  expect(guarantees.G2.findings[0]?.message).toContain(condition);
  expect(conditions).toContain(`p: accepted 2 times as the rules say, at 0/0, 1/0: ${condition}`);
  for (const guarantee of ['G1', 'G3', 'G4', 'G5', 'G6'] as const) expect(guarantees[guarantee].holds).toBe(true);
});

test('a repetition that the pipeline made names no condition', async () => {
  const history = faultless([record(0, event('p', 0)), record(1, event('q', 1))]);
  history.payment_transactions.push(history.payment_transactions[0]!);
  const { guarantees, conditions } = await verify(inputsOf(history));
  expect(guarantees.G2.findings).toMatchObject([{ message: 'transaction id with 2 rows in payment_transactions' }]);
  expect(conditions).toEqual([]);
});
