/** The exact decimals of the checkers, short ones and long ones, against plain arithmetic. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { billionths, decimalText, limitBillionths, literalBillionths } from './money.ts';

const digits = (min: number, max: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: min, maxLength: max }).map((each) => each.join(''));
const decimal = fc.tuple(digits(1, 20), digits(1, 9));

test('a decimal is as many billionths as its digits say, at any length', () => {
  fc.assert(
    fc.property(decimal, ([whole, fraction]) => {
      const size = BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
      expect(billionths(`${whole}.${fraction}`)).toBe(size);
      expect(billionths(`-${whole}.${fraction}`)).toBe(-size);
      expect(literalBillionths(`${BigInt(whole)}.${fraction}`)).toBe(size);
      expect(billionths(whole)).toBe(BigInt(whole) * 1_000_000_000n);
      expect(limitBillionths(`${whole}.${fraction}`)).toBe(size);
    }),
  );
});

test('the shortest text of a count gives that count again, and ends with no zero', () => {
  const count = fc.oneof(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.bigInt({ min: 0n, max: 10n ** 16n }));
  const round = fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 8n }), fc.nat({ max: 12 }));
  fc.assert(
    fc.property(
      fc.oneof(
        count,
        round.map(([size, zeros]) => size * 10n ** BigInt(zeros)),
      ),
      (size) => {
        const text = decimalText(size);
        expect(billionths(text)).toBe(size);
        expect(text).toMatch(/^-?(0|[1-9]\d*)(\.\d*[1-9])?$/);
      },
    ),
  );
});

test.each(['', '.', '.5', '1.', '1.2.3', '1e3', '+1', '1 ', '1.0000000001', '\u0661'])('%j is no decimal', (text) => {
  expect(billionths(text)).toBeNull();
});
