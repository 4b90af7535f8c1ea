import { expect, test } from 'vitest';
import { columns, stepText, trimmedDecimal, windowWidth, wrapped } from './text-layout.ts';

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
  const terminal = (columns: number) => windowWidth({ isTTY: true, columns }, {});
  expect([terminal(60), terminal(80), terminal(300), windowWidth({}, {})]).toEqual([60, 80, 120, 100]);
  expect(windowWidth({}, { COLUMNS: '72' })).toBe(72);
});

test('a table that is too wide becomes a block per row', () => {
  const rows = [['2026-01-01', '1,000']];
  expect(columns(['day', 'distinct ids'], rows, 26)).toEqual([
    '  day         distinct ids',
    '  2026-01-01         1,000',
  ]);
  expect(columns(['day', 'distinct ids'], rows, 25)).toEqual(['  day: 2026-01-01', '    distinct ids: 1,000']);
});

test('a step is wrapped at words within its list', () => {
  expect(stepText('50,000 payments; kill -9 in mid-batch; drain', 34)).toBe(
    '50,000 payments; kill -9\nin mid-batch; drain',
  );
});
