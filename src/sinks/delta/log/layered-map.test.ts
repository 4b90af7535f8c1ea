import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LayeredMap } from './layered-map.ts';

test('a layered map is like one that is copied in every change, and older ones stay as they were', () => {
  const change = fc.array(fc.tuple(fc.nat(400), fc.option(fc.nat(9), { nil: undefined })), { maxLength: 60 });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      let map = LayeredMap.of(new Map([[7, 7]]));
      const plain = new Map([[7, 7]]);
      const older: [LayeredMap<number, number>, Map<number, number>][] = [];
      for (const entries of changes) {
        older.push([map, new Map(plain)]);
        map = map.with(new Map(entries));
        for (const [key, value] of new Map(entries)) {
          if (value === undefined) plain.delete(key);
          else plain.set(key, value);
        }
      }
      for (const [layered, copy] of [...older, [map, plain] as const]) {
        expect(layered.size).toBe(copy.size);
        expect(new Map(layered)).toEqual(copy);
        for (const key of [0, 7, 400])
          expect([layered.get(key), layered.has(key)]).toEqual([copy.get(key), copy.has(key)]);
      }
    }),
    { numRuns: 100 },
  );
});
