import { expect, test } from 'vitest';
import { UnreachableError } from '../base/errors.ts';
import { kafkaError } from './testing/kafka-errors.ts';
import { untilKnown } from './topic-known.ts';

const UNKNOWN = kafkaError('UNKNOWN_TOPIC_OR_PARTITION', 'This server does not host this topic-partition');
const NO_LEADER = kafkaError('LEADER_NOT_AVAILABLE', 'There is no leader');

/** Queries brokers with given answers, repeating the last one. */
function asked(...answers: readonly (readonly number[] | Error)[]) {
  let nowMs = 0;
  let times = 0;
  const waiting = untilKnown(
    't',
    2,
    async () => {
      const answer = answers[Math.min(times++, answers.length - 1)]!;
      if (answer instanceof Error) throw answer;
      return answer;
    },
    { timeoutMs: 1_000, pollMs: 100 },
    {
      nowMs: () => nowMs,
      sleep: async (ms) => {
        nowMs += ms;
      },
    },
  );
  return waiting.then(() => ({ times, nowMs }));
}

test('a topic that its broker does not know yet is waited for, until every partition has a leader', async () => {
  expect(await asked(UNKNOWN, NO_LEADER, [0, -1], [0], [0, 1])).toEqual({ times: 7, nowMs: 400 });
});

test('one broker that knows it is not enough: the next may be behind', async () => {
  expect((await asked([0, 1], UNKNOWN, [0, 1])).times).toBe(5);
});

test('the waiting ends, and says how far it came', async () => {
  await expect(asked(UNKNOWN)).rejects.toThrow(UnreachableError);
  await expect(asked([0, -1])).rejects.toThrow('topic t was made, and after 1 s 1 of 2 partitions have a leader');
});

test('any other error is reported at once', async () => {
  const refused = kafkaError('TOPIC_AUTHORIZATION_FAILED', 'no');
  await expect(asked(refused)).rejects.toBe(refused);
});
