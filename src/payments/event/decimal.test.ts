import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDecimal, parseDecimalNumber, parseDecimalString, requireDecimal } from './decimal.ts';

describe('amounts as JSON numbers', () => {
  it.each([
    [1.5, 1_500_000_000n],
    [100, 100_000_000_000n],
    [0.01, 10_000_000n],
    [1e-7, 100n],
    [1e-9, 1n],
    [1.000000001, 1_000_000_001n],
    [0, 0n],
    [-0, 0n],
    [-1, -1_000_000_000n],
    [8_999_999.99, 8_999_999_990_000_000n],
    [9_000_000.01, 9_000_000_010_000_000n],
    [1e15, 10n ** 24n],
    [1e21, 10n ** 30n],
    [1.5e22, 15n * 10n ** 30n],
    [123_456_789_012.345, 123_456_789_012_345_000_000n],
    [999_999_999_999_999, 999_999_999_999_999_000_000_000n],
  ])('%d is taken by its shortest form', (value, nanos) => {
    expect(parseDecimalNumber(value)).toBe(nanos);
  });

  it.each([
    0.1 + 0.2,
    1e-10,
    1.0000000001,
    1_234_567_890_123_456,
    2 ** 53 + 2,
    Number.MAX_VALUE,
    Number.POSITIVE_INFINITY,
    Number.NaN,
  ])('%d is not exact', (value) => {
    expect(parseDecimalNumber(value)).toBe('not_exact');
  });

  it('the arithmetic short cut agrees with the text form', () => {
    const fromText = (value: number): unknown => {
      const text = String(value);
      if (text.includes('e')) return undefined;
      return text.replace('.', '').replace(/^0+/, '').replace(/0+$/, '').length > 15
        ? 'not_exact'
        : parseDecimalString(text);
    };
    fc.assert(
      fc.property(
        fc.oneof(
          fc.double({ min: 0.001, max: 1e7, noNaN: true }),
          fc.integer({ min: 0, max: 1e9 }).map((hundredths) => hundredths / 100),
        ),
        (value) => {
          expect(parseDecimalNumber(value)).toBe(fromText(value));
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('amounts as strings', () => {
  it.each([
    ['1', 1_000_000_000n],
    ['1.50', 1_500_000_000n],
    ['007.5', 7_500_000_000n],
    ['0', 0n],
    ['0.000000001', 1n],
    ['9000000.999999999', 9_000_000_999_999_999n],
    ['1000000000000000.000000001', 10n ** 24n + 1n],
    ['1234567890123456789', 1_234_567_890_123_456_789_000_000_000n],
  ])('%s is exact', (text, nanos) => {
    expect(parseDecimalString(text)).toBe(nanos);
  });

  it.each(['', '.', '1.', '.5', '-1', '+1', '1e3', ' 1', '1 ', '1,5', '1.2.3', '0x10', '١', 'NaN', 'Infinity'])(
    '%j is malformed',
    (text) => {
      expect(parseDecimalString(text)).toBe('malformed');
    },
  );

  it('more than nine digits after the point are not exact, even zeros', () => {
    expect(parseDecimalString('1.0000000000')).toBe('not_exact');
  });

  it('settings that are no decimals are named', () => {
    expect(() => requireDecimal('5e3', 'maxAmount')).toThrow(/^maxAmount: "5e3" is not a decimal/);
  });
});

describe('formatting', () => {
  it.each([
    [0n, '0'],
    [1n, '0.000000001'],
    [1_500_000_000n, '1.5'],
    [-1_500_000_000n, '-1.5'],
    [9_007_199_254_740_991n, '9007199.254740991'],
    [9_007_199_999_999_999n, '9007199.999999999'],
    [10n ** 24n, '1000000000000000'],
  ])('%d nanos', (nanos, text) => {
    expect(formatDecimal(nanos)).toBe(text);
  });

  it('every amount survives the way to text and back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 30n }), (nanos) => {
        expect(parseDecimalString(formatDecimal(nanos))).toBe(nanos);
      }),
      { numRuns: 1_000 },
    );
  });
});
