import { expect, test } from 'vitest';
import { columns, trimmedDecimal, windowWidth, wrapped } from './text-layout.ts';

test.for([
  ['65318487.844832350', '65318487.84483235'],
  ['1.000000000', '1'],
  ['100', '100'],
  ['0.5', '0.5'],
  ['10.0', '10'],
])('%s is shown as %s', ([exact, shown]) => {
  expect(trimmedDecimal(exact!)).toBe(shown);
});

test('text is wrapped between words, every line indented; a word is never cut', () => {
  expect(wrapped('aa bb cc dd', 2, 7)).toEqual(['  aa bb', '  cc dd']);
  expect(wrapped('a wwwwwwwwww b', 1, 6)).toEqual([' a', ' wwwwwwwwww', ' b']);
});

test('columns are as wide as their widest cell, numbers to the right', () => {
  expect(
    columns(
      ['day', 'n'],
      [
        ['2026-01-01', '5'],
        ['x', '1,000'],
      ],
    ),
  ).toEqual(['  day             n', '  2026-01-01      5', '  x           1,000']);
});

test('the window is at most 120 wide, and 100 where there is none', () => {
  expect([windowWidth({ columns: 80 }), windowWidth({ columns: 300 }), windowWidth({})]).toEqual([80, 120, 100]);
});
