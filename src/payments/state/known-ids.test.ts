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

describe('ids in memory', () => {
  it('known ids agree with a Map, ids of all kinds, over many minutes and replacements', () => {
    const id = fc.oneof(
      fc.constantFrom('a', 'b', 'é', '123e4567-e89b-12d3-a456-426614174000', '123E4567-e89b-12d3-a456-426614174000'),
      fc.constantFrom('x'.repeat(256), '\u20ac'.repeat(256), `${'x'.repeat(255)}y`),
      fc.nat({ max: 500 }).map(String),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(id, fc.nat({ max: 2_000 })), { minLength: 50, maxLength: 800 }), (drawn) => {
        const ids = new KnownIds(new PaymentRows(), KNOWN_INDEX_KEY);
        const model = new Map<string, { offset: number; eventTimeMs: number; hashLow: number }>();
        let nowMs = 0;
        for (const [index, [transactionId, stepMs]] of drawn.entries()) {
          nowMs += stepMs;
          // Offsets past 32 bits; some event times go back.
          const offset = 2 ** 33 * (index + 1) + index;
          const entry = { offset, eventTimeMs: nowMs - (index % 3) * 20_000, hashLow: index };
          const liveFromMs = Math.floor(nowMs / MINUTE_MS - 3) * MINUTE_MS;
          ids.evictBelow(liveFromMs);
          for (const [held, { eventTimeMs }] of model) if (eventTimeMs < liveFromMs) model.delete(held);
          ids.put(key(transactionId), entry.offset, entry.eventTimeMs, 0xffff_ffff, index);
          // Of two entries with one id the one with the later event time stays, in either order.
          if ((model.get(transactionId)?.eventTimeMs ?? -Infinity) < entry.eventTimeMs) model.set(transactionId, entry);
          expect(ids.get(key(transactionId))).toEqual({ ...model.get(transactionId), hashHigh: 0xffff_ffff });
        }
        expect(ids.size).toBe(model.size);
        const held = [...ids.entries()].map(({ transactionId, offset, eventTimeMs, hashLow }) => [
          transactionId,
          { offset, eventTimeMs, hashLow },
        ]);
        expect(new Map(held as [string, object][])).toEqual(model);
        expect(held.length).toBe(model.size);
      }),
      { numRuns: 60 },
    );
  });

  it('ids whose hashes are equal are distinguished by their bytes', () => {
    const ids = new KnownIds(new PaymentRows(), KNOWN_INDEX_KEY);
    const keys = ['one', 'two', '123e4567-e89b-12d3-a456-426614174000', '123e4567-e89b-12d3-a456-426614174001'].map(
      key,
    );
    for (const each of keys) {
      each.high = 5;
      each.low = 5;
      each.slotOf = () => 5;
    }
    keys.forEach((each, index) => {
      ids.put(each, index, index * MINUTE_MS, 0, 0);
    });
    expect(keys.map((each) => ids.get(each)?.offset)).toEqual([0, 1, 2, 3]);
    ids.evictBelow(2 * MINUTE_MS);
    expect(keys.map((each) => ids.get(each)?.offset)).toEqual([undefined, undefined, 2, 3]);
  });

  it('a minute may hold more than a chunk of entries, and its memory goes with it', () => {
    const rows = new PaymentRows();
    const ids = new KnownIds(rows, KNOWN_INDEX_KEY);
    const anyKey = new TextKey();
    for (let index = 0; index < 20_000; index += 1)
      ids.put(anyKey.setText(`t${index}`), index, index % MINUTE_MS, 1, 2);
    expect(ids.get(key('t19999'))?.offset).toBe(19_999);
    expect((rows.byteLength + ids.byteLength) / ids.size).toBeLessThan(80);
    ids.evictBelow(MINUTE_MS);
    expect([ids.size, ids.get(key('t0')), rows.byteLength, ids.byteLength < 20_000]).toEqual([0, undefined, 0, true]);
  });
});
