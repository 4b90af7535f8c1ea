/** The checks by SQL against a topic of four records; the answers of the queries are given. */
import { expect, test } from 'vitest';
import type { TopicRecord } from '../inputs/verify-inputs.ts';
import { event, ownershipOf, record } from '../testing/history.ts';
import { PrefixCheck, PrefixMismatch } from './prefix-check.ts';

const RECORDS: readonly TopicRecord[] = [
  record(0, event('a', 0, { amount: '10.5' })),
  record(1, event('b', 0, { amount: '0.000000001' })),
  record(2, event('a', 0, { amount: '10.5' })),
  record(3, event('c', 1, { amount: '7', currency: 'USD' })),
];

interface Answers {
  readonly nextOffset: number;
  readonly rows?: number;
  readonly ids?: number;
  /** By currency. */
  readonly sums: Readonly<Record<string, readonly [payments: number, total: string]>>;
}

/** What is asked of the topic, and a check whose answers can be changed on the way. */
function world(first: Answers) {
  let answers = first;
  const read: [from: number, to: number][] = [];
  const runQuery = async (sql: string) => {
    if (sql.includes('COUNT(DISTINCT')) return [{ total_rows: answers.rows ?? 3, ids: answers.ids ?? 3 }];
    if (sql.includes('checkpoint_log')) return [{ kafka_partition: 0, next_offset: answers.nextOffset }];
    expect(sql).toContain(`kafka_partition = 0 AND kafka_offset < ${answers.nextOffset}`);
    return Object.entries(answers.sums).map(([currency, [payments, total]]) => ({
      kafka_partition: 0,
      currency,
      payments,
      total,
    }));
  };
  const check = new PrefixCheck(
    {
      topic: 'payments',
      ownership: async () => [ownershipOf(0)],
      async *records(_partition, from, to) {
        read.push([from, to]);
        yield RECORDS.filter(({ offset }) => offset >= from && offset < to);
      },
    },
    { dataset: { projectId: 'project', dataset: 'data' }, queries: { runQuery } },
  );
  const answer = (next: Answers): void => {
    answers = next;
  };
  return { check, read, answer };
}

const BELOW_TWO: Answers = { nextOffset: 2, sums: { EUR: [2, '10.500000001'] } };
const ALL: Answers = { nextOffset: 4, sums: { EUR: [2, '10.500000001'], USD: [1, '7'] } };

test('what is below the checkpoints is compared, and recomputed once, from check to check', async () => {
  const { check, read, answer } = world(BELOW_TWO);
  expect(await check.check()).toEqual({ records: 2, payments: 2 });
  answer(ALL);
  expect(await check.check()).toEqual({ records: 4, payments: 3 });
  expect(read).toEqual([
    [0, 2],
    [2, 4],
  ]);
});

const wrong: readonly (readonly [string, Answers, string, RegExp])[] = [
  ['an id that is there twice', { ...ALL, rows: 4 }, 'G2', /4 rows, 3 distinct ids/],
  [
    'a payment that is missing',
    { ...ALL, sums: { EUR: ALL.sums.EUR! } },
    'G3',
    /USD: the topic has 1 payments, 7; .* 0 payments, 0/,
  ],
  [
    'the last decimal',
    { ...ALL, sums: { ...ALL.sums, EUR: [2, '10.5'] } },
    'G3',
    /2 payments, 10\.500000001; .* 2 payments, 10\.5$/,
  ],
  [
    'a row that nothing explains',
    { ...ALL, sums: { ...ALL.sums, GBP: [1, '1'] } },
    'G3',
    /GBP: the topic has 0 payments/,
  ],
];
test.each(wrong)('%s is found', async (_, answers, guarantee, message) => {
  const found = await world(answers)
    .check.check()
    .catch((error: unknown) => error);
  expect(found).toBeInstanceOf(PrefixMismatch);
  expect(found).toMatchObject({ guarantee, message: expect.stringMatching(message) });
});

test('a greatest checkpoint that goes back is found', async () => {
  const { check, answer } = world(ALL);
  await check.check();
  answer(BELOW_TWO);
  await expect(check.check()).rejects.toMatchObject({ guarantee: 'G6', kind: 'sql_checkpoint_went_back' });
});
