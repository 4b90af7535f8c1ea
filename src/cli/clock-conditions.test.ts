import { expect, test } from 'vitest';
import { DEFAULT_DECISION_SETTINGS } from '../payments/settings.ts';
import type { Ownership, TopicFacts } from '../processor/ports.ts';
import { clockConditionsFrom } from './clock-conditions.ts';

const facts = (timestampAfterMaxMs: number) => async (): Promise<TopicFacts> => ({
  topic: 'payment-events',
  partitionCount: 2,
  compacted: false,
  logAppendTime: false,
  timestampAfterMaxMs,
});
const rows = async (): Promise<Ownership[]> =>
  [0, 1].map(
    () =>
      ({ history: [{ fromOffset: 0, foldVersion: 1, decision: DEFAULT_DECISION_SETTINGS }] }) as unknown as Ownership,
  );

test('verify lists an accepted clock risk as one condition, from the settings of topic and partitions', async () => {
  expect(await clockConditionsFrom(facts(3_600_000), rows)).toEqual([
    'topic payment-events: one fast clock can make good payments of others late: message.timestamp.after.max.ms (1h) and ' +
      'ALLOWED_SKEW (5m) together must not be over half of WATERMARK_DELAY (1h). Good payments may have been called late.',
  ]);
  expect(await clockConditionsFrom(facts(1_200_000), rows)).toEqual([]);
});

test('what cannot be read is a condition too', async () => {
  const away = () => Promise.reject(new Error('no right to read it'));
  expect(await clockConditionsFrom(away, rows)).toEqual([
    'whether one fast clock can make good payments late is not known: no right to read it',
  ]);
});
