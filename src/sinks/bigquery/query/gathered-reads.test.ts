import { expect, test } from 'vitest';
import { GatheredReads } from './gathered-reads.ts';

interface Query {
  readonly questions: readonly number[];
  answer(): void;
  fail(error: Error): void;
}

function gathered(limits: { maxTogether: number; maxUnderWay: number }) {
  const queries: Query[] = [];
  const reads = new GatheredReads<number, string>({
    ...limits,
    ask: (questions) =>
      new Promise((resolve, reject) => {
        queries.push({ questions, answer: () => resolve(questions.map((q) => `answer ${q}`)), fail: reject });
      }),
  });
  return { reads, queries };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('what is asked in one turn is asked together, and each gets its own answer', async () => {
  const { reads, queries } = gathered({ maxTogether: 10, maxUnderWay: 1 });
  const asked = [1, 2, 3].map((question) => reads.ask(question));
  await turn();
  expect(queries.map(({ questions }) => questions)).toEqual([[1, 2, 3]]);
  queries[0]!.answer();
  expect(await Promise.all(asked)).toEqual(['answer 1', 'answer 2', 'answer 3']);
});

test('a question that comes while a query is in flight waits for the next one', async () => {
  const { reads, queries } = gathered({ maxTogether: 10, maxUnderWay: 1 });
  const first = reads.ask(1);
  await turn();
  const later = [reads.ask(2), reads.ask(3)];
  await turn();
  expect(queries.length).toBe(1);
  queries[0]!.answer();
  expect(await first).toBe('answer 1');
  await turn();
  expect(queries.map(({ questions }) => questions)).toEqual([[1], [2, 3]]);
  queries[1]!.answer();
  expect(await Promise.all(later)).toEqual(['answer 2', 'answer 3']);
});

test('neither more questions in a query nor more queries at a time than allowed', async () => {
  const { reads, queries } = gathered({ maxTogether: 2, maxUnderWay: 2 });
  const asked = [1, 2, 3, 4, 5].map((question) => reads.ask(question));
  await turn();
  expect(queries.map(({ questions }) => questions)).toEqual([
    [1, 2],
    [3, 4],
  ]);
  for (let i = 0; i < 3; i += 1) {
    queries[i]!.answer();
    await turn();
  }
  expect(await Promise.all(asked)).toHaveLength(5);
});

test('a query that fails concerns those who asked it, and nobody after them', async () => {
  const { reads, queries } = gathered({ maxTogether: 10, maxUnderWay: 1 });
  const asked = Promise.allSettled([reads.ask(1), reads.ask(2)]);
  await turn();
  const later = reads.ask(3);
  queries[0]!.fail(new Error('away'));
  expect((await asked).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await turn();
  queries[1]!.answer();
  expect(await later).toBe('answer 3');
});
