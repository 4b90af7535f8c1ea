import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KNOWN_INDEX_KEY } from '../../base/memory/slot-hash.ts';
import { TextKey } from '../../base/memory/text-key.ts';
import type { IdEntry } from './digest.ts';
import { KnownIds } from './known-ids.ts';
import { MINUTE_MS } from './liveness.ts';
import { PaymentRows } from './payment-rows.ts';

function id(offset: number, transactionId: string, eventTimeMs = 0): IdEntry {
  return { offset, transactionId, eventTimeMs, hashHigh: 7, hashLow: offset };
}

const key = (transactionId: string): TextKey => new TextKey().setText(transactionId);

describe('known ids', () => {
  it('a greater offset replaces, a smaller one does not', () => {
    const table = new KnownIds(new PaymentRows(), KNOWN_INDEX_KEY);
    table.restore(id(5, 'a'));
    table.restore(id(9, 'a', MINUTE_MS));
    table.restore(id(7, 'a'));
    expect([table.size, table.get(key('a'))?.offset]).toEqual([1, 9]);
  });

  it('a replaced entry does not take its successor with it when its minute is dropped', () => {
    const table = new KnownIds(new PaymentRows(), KNOWN_INDEX_KEY);
    table.restore(id(1, 'a', 0));
    table.restore(id(2, 'a', MINUTE_MS));
    table.evictBelow(MINUTE_MS);
    expect(table.get(key('a'))?.offset).toBe(2);
    table.evictBelow(2 * MINUTE_MS);
    expect([table.get(key('a')), table.size, table.lanes.toHex()]).toEqual([undefined, 0, '0'.repeat(32)]);
  });

  it('what is dead is not taken in', () => {
    const table = new KnownIds(new PaymentRows(), KNOWN_INDEX_KEY);
    table.evictBelow(MINUTE_MS);
    table.restore(id(1, 'a', MINUTE_MS - 1));
    table.restore(id(2, 'b', MINUTE_MS));
    expect([...table.entries()].map((entry) => entry.transactionId)).toEqual(['b']);
  });

  it('the order of entries does not matter, to the digest either', () => {
    // An id is only accepted again once the first is past the horizon, so its time rises with its offset.
    const entries = fc
      .array(fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 5 })), { maxLength: 40 })
      .map((drawn) => drawn.map(([name, more], offset) => id(offset, `t${name}`, offset * 5_000 + more * 100)));
    fc.assert(
      fc.property(entries, fc.infiniteStream(fc.nat()), fc.nat({ max: 4 }), (ordered, ranks, minutes) => {
        const shuffled = ordered
          .map((entry) => ({ entry, rank: ranks.next().value as number }))
          .sort((left, right) => left.rank - right.rank)
          .map(({ entry }) => entry);
        const states = [ordered, shuffled].map((list, index) => {
          const table = new KnownIds(new PaymentRows(), KNOWN_INDEX_KEY);
          if (index === 1) table.evictBelow(minutes * MINUTE_MS);
          for (const entry of list) table.restore(entry);
          table.evictBelow(minutes * MINUTE_MS);
          return {
            size: table.size,
            digest: table.lanes.toHex(),
            ids: [...table.entries()].map((entry) => entry.offset).sort(),
          };
        });
        expect(states[1]).toEqual(states[0]);
      }),
    );
  });
});
