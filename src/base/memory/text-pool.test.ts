import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KNOWN_INDEX_KEY } from './slot-hash.ts';
import { TextKey } from './text-key.ts';
import { TextPool } from './text-pool.ts';

const keyOf = (text: string): TextKey => new TextKey().setText(text);

describe('shared texts', () => {
  it('are held once, while they are used, under a number that comes back', () => {
    const pool = new TextPool(KNOWN_INDEX_KEY);
    const text = fc.constantFrom(
      'a',
      'b',
      'ab',
      'é',
      '\u{1f600}',
      'device-1',
      'x'.repeat(44),
      'x'.repeat(45),
      '€'.repeat(100),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), text), { maxLength: 100 }), (steps) => {
        const uses = new Map<string, number[]>();
        for (const [adds, drawn] of steps) {
          const held = uses.get(drawn) ?? [];
          if (adds) {
            const number = pool.use(keyOf(drawn));
            expect(held.every((one) => one === number)).toBe(true);
            uses.set(drawn, [...held, number]);
          } else if (held.length > 0) {
            expect(pool.release(held[0] as number)).toBe(held.length === 1);
            uses.set(drawn, held.slice(1));
          }
        }
        const live = [...uses].filter(([, numbers]) => numbers.length > 0);
        expect(pool.size).toBe(live.length);
        for (const [held, numbers] of live) {
          expect([pool.textOf(numbers[0] as number), pool.usesOf(numbers[0] as number)]).toEqual([
            held,
            numbers.length,
          ]);
          for (const number of numbers) pool.release(number);
        }
        expect(pool.size).toBe(0);
      }),
    );
  });
});
