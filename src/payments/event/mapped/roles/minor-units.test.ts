import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { expect, test } from 'vitest';
import { minorUnitDecimals, WITHOUT_MINOR_UNIT } from './minor-units.ts';

const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const ALL_CODES = LETTERS.flatMap((a) => LETTERS.flatMap((b) => LETTERS.map((c) => a + b + c)));
const decimalsOf = (code: string): number => minorUnitDecimals(Buffer.from(code), 0);
const LIST_ONE = readFileSync(
  path.join(path.dirname(createRequire(import.meta.url).resolve('currency-codes')), 'iso-4217-list-one.xml'),
  'utf8',
);

test('decimals are those of ISO 4217 list one', () => {
  const listed = new Map<string, string>();
  for (const [, code, units] of LIST_ONE.matchAll(/<Ccy>(\w{3})<\/Ccy>[\s\S]*?<CcyMnrUnts>([^<]+)</g))
    listed.set(code!, units!);
  expect(listed.size).toBeGreaterThan(150);
  const notMinor = [...listed].filter(([, units]) => units === 'N.A.').map(([code]) => code);
  expect([...WITHOUT_MINOR_UNIT].sort()).toEqual(notMinor.sort());
  for (const [code, units] of listed)
    expect([code, decimalsOf(code)]).toEqual([code, units === 'N.A.' ? -1 : Number(units)]);
});

test('the whole table is the one of this fold version: another one needs a new version', () => {
  const table = ALL_CODES.map((code) => `${code} ${decimalsOf(code)}`).join('\n');
  expect(createHash('sha256').update(table).digest('hex')).toBe(
    '4f15f738328590d6a0f071930244b977286dec78fbab8d175ea9523c1cabd9a8',
  );
});

test.each([
  ['EUR', 2],
  ['JPY', 0],
  ['KWD', 3],
  ['CLF', 4],
  ['XAU', -1],
  ['ABC', -1],
  ['AAA', -1],
  ['ZZZ', -1],
])('%s has %i', (code, decimals) => {
  expect(decimalsOf(code)).toBe(decimals);
});
