import fc from 'fast-check';
import { expect, it } from 'vitest';
import { settingText, spanText } from './span-text.ts';

it.each([
  [0, '0 ms'],
  [450, '450 ms'],
  [1_000, '1 s'],
  [59_400, '59 s'],
  [59_700, '1 min'],
  [90_000, '1 min 30 s'],
  [900_000, '15 min'],
  [3_599_900, '1 h'],
  [3_900_000, '1 h 5 min'],
  [86_399_999, '1 d'],
  [7 * 86_400_000, '7 d'],
  [187_200_000, '2 d 4 h'],
  [Number.POSITIVE_INFINITY, 'without end'],
])('%d ms are %s', (ms, text) => {
  expect(spanText(ms)).toBe(text);
});

const MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 };

it('says no other time than it was given, but for half of its smaller unit', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 90 * 86_400_000 }), (ms) => {
      const parts = [...spanText(ms).matchAll(/(\d+) (ms|s|min|h|d)/g)].map(([, n, unit]) => ({
        n: Number(n),
        unit: unit!,
      }));
      const said = parts.reduce((sum, { n, unit }) => sum + n * MS[unit]!, 0);
      const largest = parts[0]!.unit;
      const smaller = { ms: 1, s: 1_000, min: 1_000, h: 60_000, d: 3_600_000 }[largest]!;
      expect(Math.abs(said - ms)).toBeLessThanOrEqual(smaller / 2);
    }),
  );
});

it.each([
  [0, '0ms'],
  [1_500_001, '1500001ms'],
  [90_000, '90s'],
  [1_500_000, '25m'],
  [3_600_000, '1h'],
  [172_800_000, '2d'],
  [Number.POSITIVE_INFINITY, 'without a bound'],
])('%d ms as a setting are %s', (ms, text) => {
  expect(settingText(ms)).toBe(text);
});
