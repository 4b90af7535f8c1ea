/** The quick way through plain events against the way through any JSON, which a leading line break forces. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sourceMembers } from './json-source.ts';

const blank = fc.constantFrom('', '', '', ' ', '  ', '\t');
const number = fc.oneof(
  fc.nat().map(String),
  fc.constantFrom('0', '-1', '1.50', '0.1', '00', '01.5', '1.', '.5', '1e3', '1.5E-2', '-', '1.2.3', '1a'),
);
const text = fc.oneof(
  fc.string({ maxLength: 6 }).map((value) => JSON.stringify(value)),
  fc.string({ unit: 'binary', maxLength: 6 }).map((value) => `"${value}"`),
  fc.constantFrom('"', '"a', 'a"', '"\\u0041"', '"\\"', '""'),
);
const value = fc.oneof(
  { arbitrary: text, weight: 3 },
  { arbitrary: number, weight: 3 },
  fc.json(),
  fc.constant('null'),
);
const name = fc.oneof(fc.constantFrom('"amount"', '"region"', '"a"'), text);
const member = fc
  .tuple(blank, name, blank, blank, value, blank)
  .map(([before, key, colon, after, held, end]) => `${before}${key}${colon}:${after}${held}${end}`);
const object = fc
  .tuple(
    fc.array(member, { maxLength: 4 }),
    fc.constantFrom(',', ',', ',', ',,', ''),
    fc.constantFrom('', '', ' ', ',', '}', 'x'),
  )
  .map(([members, comma, tail]) => `{${members.join(comma)}}${tail}`);

test('a plain event has the members that it has as any JSON', () => {
  fc.assert(
    fc.property(object, (source) => {
      const general = sourceMembers(`\n${source}`);
      const expected = typeof general === 'string' ? general : general.map((each) => ({ ...each, at: each.at - 1 }));
      expect(sourceMembers(source)).toEqual(expected);
    }),
    { numRuns: 5_000 },
  );
});

test('members are given by their source, a text with its quotes, and by where it stands', () => {
  expect(sourceMembers('{"amount": 1.50,"region":"eu"}')).toEqual([
    { name: 'amount', source: '1.50', at: 11 },
    { name: 'region', source: '"eu"', at: 25 },
  ]);
  expect(sourceMembers('{"amount":01}')).toBe('not_json');
});
