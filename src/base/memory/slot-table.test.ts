/** The index against a plain Map. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_REFERENCE, SlotTable } from './slot-table.ts';

/** References with this hash, in any order. */
function referencesOf(table: SlotTable, hash: number): number[] {
  const found: number[] = [];
  for (let slot = table.first(hash); table.at(slot) !== NO_REFERENCE; slot = table.next(slot, hash)) {
    found.push(table.at(slot));
  }
  return found.sort((left, right) => left - right);
}

describe('the index', () => {
  it('holds what was added and not removed, with collisions, wrap-around and closed gaps', () => {
    // Hashes that share their low bits, and equal ones.
    const hash = fc.oneof(fc.nat({ max: 3 }), fc.integer({ min: 12, max: 18 }), fc.constantFrom(-1, 31, 47, -17));
    const step = fc.tuple(fc.boolean(), hash, fc.nat({ max: 40 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const table = new SlotTable();
        const model = new Map<number, number>();
        for (const [adds, hashed, reference] of steps) {
          const held = model.get(reference);
          if (adds && held === undefined) {
            table.add(hashed, reference);
            model.set(reference, hashed);
          } else if (!adds) {
            table.remove(held ?? hashed, reference);
            model.delete(reference);
          }
        }
        expect(table.size).toBe(model.size);
        for (const hashed of [0, 1, 2, 3, 12, 13, 14, 15, 16, 17, 18, -1, 31, 47, -17, 99]) {
          const expected = [...model].filter(([, value]) => value === hashed).map(([reference]) => reference);
          expect(referencesOf(table, hashed)).toEqual(expected.sort((left, right) => left - right));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('gives back the memory of what has gone', () => {
    const table = new SlotTable();
    const empty = table.byteLength;
    for (let index = 0; index < 10_000; index += 1) table.add(Math.imul(index, 0x9e3779b1), index);
    expect(table.byteLength).toBeLessThanOrEqual(10_000 * 8 * 2.5);
    for (let index = 0; index < 10_000; index += 1) table.remove(Math.imul(index, 0x9e3779b1), index);
    expect([table.size, table.byteLength]).toEqual([0, empty]);
  });
});
