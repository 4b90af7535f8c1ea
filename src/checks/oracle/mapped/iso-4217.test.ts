import { code, codes } from 'currency-codes';
import { expect, test } from 'vitest';
import { listedCurrencies, minorUnitsOf } from './iso-4217.ts';

test('the list that was typed in is the one that a library has, exponents included', () => {
  expect(listedCurrencies()).toEqual(codes().sort());
  for (const currency of listedCurrencies()) {
    // The library gives 0 where the standard has no exponent.
    const digits = minorUnitsOf(currency) ?? 0;
    expect({ currency, digits }).toEqual({ currency, digits: code(currency)!.digits });
  }
});

test('metals, funds and what is not listed have no minor unit', () => {
  for (const currency of ['XAU', 'XXX', 'XTS', 'XDR', 'DEM', 'ZZZ', 'eur']) expect(minorUnitsOf(currency)).toBeNull();
  expect(['JPY', 'EUR', 'KWD', 'CLF'].map(minorUnitsOf)).toEqual([0, 2, 3, 4]);
});
