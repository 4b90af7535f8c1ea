/** A member that finds no broker logs it, waits longer and longer, and stops with a named error at its limit. */
import { setImmediate as later } from 'node:timers/promises';
import getPort from 'get-port';
import { expect, it } from 'vitest';
import { UnreachableError } from '../../base/errors.ts';
import { DEFAULT_KAFKA_LIMITS } from '../source-options.ts';
import { GroupMember } from './group-member.ts';

const LIMIT_MS = 30_000;

it('a group that cannot be joined is waited for, and after the limit it is unreachable', async () => {
  let nowMs = 0;
  const pauses: number[] = [];
  const runtime = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    random: () => 0.5,
    uuid: () => 'id',
    sleep: async (ms: number, signal?: AbortSignal) => {
      pauses.push(ms);
      nowMs += ms;
      await later();
      signal?.throwIfAborted();
    },
  };
  const waits: number[] = [];
  const port = await getPort();
  const fatal = await new Promise<Error>((onFatal) => {
    const member = new GroupMember({
      connection: { brokers: [`127.0.0.1:${port}`], clientId: 'test', retries: 0 },
      topic: 't',
      groupId: 'g',
      runtime,
      limits: { ...DEFAULT_KAFKA_LIMITS, unreachableAfterMs: LIMIT_MS },
      onJoined: () => {},
      onWaiting: ({ what, waitedMs }) => {
        expect(what).toBe('group g of topic t');
        waits.push(waitedMs);
        // Otherwise it would never end.
        if (waits.length > 500) onFatal(new Error('it does not give up'));
      },
      onRecovered: () => {},
      onSessionLost: () => {},
      onFatal,
    });
    member.start();
  });
  expect(fatal).toBeInstanceOf(UnreachableError);
  expect(fatal.message).toMatch(/^Kafka: group g could not be joined for \d+ s: /);
  expect(nowMs).toBeGreaterThanOrEqual(LIMIT_MS);
  expect(waits).toEqual(waits.toSorted((a, b) => a - b));
  expect(Math.max(...pauses)).toBeGreaterThan(pauses[0]!);
});
