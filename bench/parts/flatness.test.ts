import { expect, it } from 'vitest';
import { judgeLoad, type LoadLook } from './flatness.ts';

const RATE = 1_000;
const LENGTH_MS = 100_000;

/** A look a second of a load of 1,000 a second. */
function looksOf(of: (second: number) => Partial<LoadLook>): LoadLook[] {
  return Array.from({ length: 100 }, (_, second) => {
    const offered = RATE * second;
    const usual = { atMs: 1_000 * second, offered, lag: 200, durable: offered - 200, stateIds: 60_000 };
    return { ...usual, stateBytes: 0, residentMb: 0, anonymousMb: 0, emulatorMb: 0, ...of(second) };
  });
}

it('a load that is offered in time and processed as fast is sustained', () => {
  const verdict = judgeLoad(
    looksOf((second) => ({ stateIds: Math.min(30, second) * RATE })),
    RATE,
    LENGTH_MS,
  );
  expect(verdict).toMatchObject({ offeredInTime: true, lagFlat: true, sustainedPerSecond: RATE, statePercent: 100 });
});

it('a lag that grows is what was processed, not the rate', () => {
  const growing = looksOf((second) => ({ lag: 50 * second, durable: 950 * second }));
  expect(judgeLoad(growing, RATE, LENGTH_MS)).toMatchObject({ lagFlat: false, sustainedPerSecond: 950 });
});

it('a load that was not offered is not sustained, though all of it was processed', () => {
  const slow = looksOf((second) => ({ offered: 900 * second, lag: 0, durable: 900 * second }));
  expect(judgeLoad(slow, RATE, LENGTH_MS)).toMatchObject({ offeredInTime: false, sustainedPerSecond: 900 });
});

it('a state that grows is reported', () => {
  expect(
    judgeLoad(
      looksOf((second) => ({ stateIds: second * RATE })),
      RATE,
      LENGTH_MS,
    ).statePercent,
  ).toBeGreaterThan(130);
});

it('what grew before the last three fifths does not count', () => {
  const settled = looksOf((second) => ({ lag: Math.min(second, 40) * 1_000 }));
  expect(judgeLoad(settled, RATE, LENGTH_MS).lagFlat).toBe(true);
});

it('too few looks say nothing', () => {
  expect(() => judgeLoad(looksOf(() => ({})).slice(0, 50), RATE, LENGTH_MS)).toThrow('too few');
});
