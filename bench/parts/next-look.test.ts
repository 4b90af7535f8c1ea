import { expect, it } from 'vitest';
import { nextLookInMs } from './next-look.ts';

const START = { atMs: 0, durable: 0 };

it('looks again after half of the time that is left at the speed of late', () => {
  expect(nextLookInMs(1_500, { atMs: 1_000, durable: 1_000 }, START)).toBe(250);
});

it('looks at least once a second however far the end is', () => {
  expect(nextLookInMs(1_000_000, { atMs: 1_000, durable: 1_000 }, START)).toBe(1_000);
});

it('leaves 20 ms between looks however near the end is', () => {
  expect(nextLookInMs(1_001, { atMs: 1_000, durable: 1_000 }, START)).toBe(20);
});

it('looks again soon where nothing is known of the speed', () => {
  expect(nextLookInMs(1_000, START, undefined)).toBe(100);
  expect(nextLookInMs(1_000, { atMs: 500, durable: 400 }, { atMs: 400, durable: 400 })).toBe(100);
});
