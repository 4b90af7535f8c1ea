import { expect, test } from 'vitest';
import { ConfigurationError } from '../../base/errors.ts';
import { resolveLimits } from '../source-options.ts';
import { connectionRefused, kafkaError } from '../testing/kafka-errors.ts';
import { Patience } from './away-limit.ts';
import { isUnknownTopic, messageOf, refusalOf } from './errors.ts';

const options = { connection: { brokers: ['127.0.0.1:1'], clientId: 'c' }, topic: 't', groupId: 'g' };

test('what waiting does not mend is a wrong configuration that says what to do', () => {
  const wrapped = new Error('retries exceeded', {
    cause: kafkaError('GROUP_AUTHORIZATION_FAILED', 'Not authorized to access group'),
  });
  expect(refusalOf(wrapped, 'group g')).toBeInstanceOf(ConfigurationError);
  expect(refusalOf(wrapped, 'group g')?.message).toBe(
    'group g: Not authorized to access group: allow this user to Read and Describe the topic, to Describe its ' +
      'configuration and to Read the group',
  );
  expect(refusalOf(kafkaError('INCONSISTENT_GROUP_PROTOCOL', 'x'), 'g')?.message).toContain(
    'set another KAFKA_GROUP_ID',
  );
});

test('what may pass is no refusal', () => {
  for (const error of [
    connectionRefused,
    kafkaError('REBALANCE_IN_PROGRESS', 'x'),
    kafkaError('COORDINATOR_LOAD_IN_PROGRESS', 'x'),
  ]) {
    expect(refusalOf(error, 'g')).toBeUndefined();
  }
});

test('an unknown topic is found below the errors around it', () => {
  const inner = kafkaError('UNKNOWN_TOPIC_OR_PARTITION', 'This server does not host this topic-partition');
  expect(isUnknownTopic(new Error('crash', { cause: inner }))).toBe(true);
  expect(isUnknownTopic(connectionRefused)).toBe(false);
});

test('a message tells every cause once', () => {
  expect(messageOf(new Error('a', { cause: new Error('b', { cause: new Error('a') }) }))).toBe('a: b');
});

test('patience is counted from the first failure in a row', () => {
  let nowMs = 1_000;
  const patience = new Patience(
    { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: async () => undefined, random: () => 0, uuid: () => '' },
    100,
  );
  expect(patience.failed()).toEqual({ waitedMs: 0, isOver: false });
  nowMs += 99;
  expect(patience.failed()).toEqual({ waitedMs: 99, isOver: false });
  patience.succeeded();
  nowMs += 500;
  expect(patience.failed()).toEqual({ waitedMs: 0, isOver: false });
  nowMs += 100;
  expect(patience.failed()).toEqual({ waitedMs: 100, isOver: true });
});

test('limits that contradict each other are refused, one line each', () => {
  const wrong = { ...options, sessionTimeoutMs: 3_000, maxBufferedBytesPerPartition: 2 ** 30, maxWaitMs: 0 };
  expect(() => resolveLimits(wrong)).toThrow(
    [
      'maxWaitMs: must be a whole number above 0, is 0',
      'heartbeatIntervalMs 3000: at most a third of sessionTimeoutMs 3000',
      'maxBufferedBytesPerPartition 1073741824 is over maxBufferedBytes 67108864',
    ].join('\n'),
  );
  expect(resolveLimits(options).maxWaitMs).toBe(200);
});
