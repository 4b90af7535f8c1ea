import { expect, test } from 'vitest';
import { SessionWatch } from './session-watch.ts';

function watch(sessionTimeoutMs: number) {
  const clock = { nowMs: 500 };
  const session = new SessionWatch({ monotonicMs: () => clock.nowMs }, sessionTimeoutMs);
  const pass = (ms: number): void => {
    clock.nowMs += ms;
  };
  return { session, pass };
}

test('a session that never began is not lost', () => {
  const { session, pass } = watch(10_000);
  pass(60_000);
  expect(session.lostAfterMs()).toBeUndefined();
});

test('it is lost after a silence of its length, and that is reported once', () => {
  const { session, pass } = watch(10_000);
  session.heard();
  pass(9_999);
  expect(session.lostAfterMs()).toBeUndefined();
  pass(1);
  expect(session.lostAfterMs()).toBe(10_000);
  pass(5_000);
  expect(session.lostAfterMs()).toBeUndefined();
});

test('a heartbeat that comes in time keeps it, and a new session can be lost again', () => {
  const { session, pass } = watch(10_000);
  session.heard();
  pass(9_000);
  session.heard();
  pass(9_000);
  expect(session.lostAfterMs()).toBeUndefined();
  pass(2_000);
  expect(session.lostAfterMs()).toBe(11_000);
  session.heard();
  pass(10_000);
  expect(session.lostAfterMs()).toBe(10_000);
});
