import { expect, test } from 'vitest';
import { Patience } from './away-limit.ts';

function patienceOf(limitMs: number) {
  const clock = { wallMs: 1_000, monotonicMs: 0 };
  const unused = { sleep: async () => {}, random: () => 0.5, uuid: () => '' };
  const runtime = { nowMs: () => clock.wallMs, monotonicMs: () => clock.monotonicMs, ...unused };
  const pass = (ms: number): void => {
    clock.wallMs += ms;
    clock.monotonicMs += ms;
  };
  return { patience: new Patience(runtime, limitMs), clock, pass };
}

test('it is over when the limit has passed since the first failure in a row', () => {
  const { patience, pass } = patienceOf(10_000);
  patience.failed();
  pass(9_999);
  expect(patience.failed()).toEqual({ waitedMs: 9_999, isOver: false });
  pass(1);
  expect(patience.failed()).toEqual({ waitedMs: 10_000, isOver: true });
});

test('a success starts the count again', () => {
  const { patience, pass } = patienceOf(10_000);
  patience.failed();
  pass(9_999);
  expect(patience.succeeded()).toBe(9_999);
  expect(patience.succeeded()).toBe(0);
  pass(9_999);
  expect(patience.failed()).toEqual({ waitedMs: 0, isOver: false });
});

test('a clock that is set between two failures ends nothing', () => {
  const { patience, clock, pass } = patienceOf(10_000);
  patience.failed();
  pass(200);
  clock.wallMs += 7_200_000;
  expect(patience.failed()).toEqual({ waitedMs: 200, isOver: false });
});
