import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packColumn, unpackColumn } from './model/columns.ts';

const cell = fc.oneof(fc.integer(), fc.constant(null), fc.string(), fc.boolean(), fc.double({ noNaN: true }));

test('a column comes back as it was, through JSON', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(cell),
        fc.array(fc.option(fc.maxSafeInteger())),
        fc.array(fc.constantFrom('accepted', 'late', 'a"b')),
        fc.array(fc.nat(10 ** 9).map((each) => `txn-7-${String(each).padStart(9, '0')}`)),
        fc.array(fc.stringMatching(/^[a-z]{0,3}-?\d{0,18}$/)),
        fc.array(fc.array(fc.nat(5))),
      ),
      (values) => {
        const wire = JSON.parse(JSON.stringify(packColumn(values)));
        expect(unpackColumn(wire)).toEqual(JSON.parse(JSON.stringify(values)));
      },
    ),
  );
});

test('ids in sequence cost little', () => {
  const ids = Array.from({ length: 10_000 }, (_, row) => `txn-12-${String(row).padStart(9, '0')}`);
  const packed = packColumn(ids);
  expect(packed.kind).toBe('numbered');
  expect(JSON.stringify(packed).length).toBeLessThan(50_000);
});

test.each([
  ['times', [1, 2, 5, 9], 'int'],
  ['times with gaps', [1, null, 5], 'int'],
  ['few words', ['a', 'b', 'a', 'b', 'a', null], 'word'],
  ['one value', ['x', 'x', 'x'], 'same'],
  ['lists', [[1], [2]], 'plain'],
])('%s are packed as %s', (_, values, kind) => {
  expect(packColumn(values as unknown[]).kind).toBe(kind);
});
