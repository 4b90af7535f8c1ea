/** The tables that known ids and activity are made of, against plain Maps. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PackedUuid, unpackUuid } from '../../base/memory/id-bytes.ts';
import { KNOWN_INDEX_KEY } from '../../base/memory/slot-hash.ts';
import { NO_REFERENCE, SlotTable } from '../../base/memory/slot-table.ts';
import { TextKey } from '../../base/memory/text-key.ts';
import { TextPool } from '../../base/memory/text-pool.ts';
import { KnownIds } from './known-ids.ts';
import { MINUTE_MS } from './liveness.ts';
import { PaymentRows } from './payment-rows.ts';

const keyOf = (text: string): TextKey => new TextKey().setText(text);

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

describe('the hash of a text', () => {
  it('depends on every byte and on the length', () => {
    const texts = [
      '',
      'a',
      'b',
      'aa',
      'ab',
      'aaaa',
      'aaab',
      'baaa',
      'aaaaa',
      'aaaaaaaa',
      'aaaaaaab',
      'é',
      '\0',
      '\0\0',
    ];
    expect(new Set(texts.map(keyOf).map(({ high, low }) => `${high},${low}`)).size).toBe(texts.length);
  });

  it('is spread over its words, also for texts that count up', () => {
    const [highs, lows] = [new Set<number>(), new Set<number>()];
    const key = new TextKey();
    for (let index = 0; index < 100_000; index += 1) {
      key.setText(`txn-1-${String(index).padStart(9, '0')}`);
      highs.add(key.high);
      lows.add(key.low);
    }
    // Of 100,000 random words of 32 bits, 1 or 2 would meet another.
    expect(Math.min(highs.size, lows.size)).toBeGreaterThan(99_980);
  });
});

describe('ids in memory', () => {
  const uuid = fc.uuid();

  it('a UUID takes 16 bytes and comes back as it was', () => {
    fc.assert(
      fc.property(uuid, uuid, (text, other) => {
        const words = new Int32Array(6);
        const packed = new PackedUuid();
        expect(packed.pack(keyOf(text))).toBe(true);
        packed.copyTo(words, 1);
        expect(unpackUuid(Buffer.from(words.buffer), 4)).toBe(text);
        expect(Buffer.from(words.buffer, 4, 16).toString('hex')).toBe(text.replaceAll('-', ''));
        expect(packed.equals(words, 1)).toBe(true);
        expect(packed.pack(keyOf(other)) && packed.equals(words, 1)).toBe(other === text);
      }),
    );
  });

  it.each([
    ['', 'empty'],
    ['123E4567-e89b-12d3-a456-426614174000', 'upper case'],
    ['123e4567e89b12d3a456426614174000----', 'other dashes'],
    ['123e4567-e89b-12d3-a456-42661417400g', 'another digit'],
    ['123e4567-e89b-12d3-a456-42661417400', 'too short'],
    ['123e4567-e89b-12d3-a456-42661417400é', 'not ASCII'],
  ])('%s (%s) is none', (text) => {
    expect(new PackedUuid().pack(keyOf(text))).toBe(false);
  });

  it('no byte but a lower-case hex digit is taken for one', () => {
    const uuid = '123e4567-e89b-12d3-a456-426614174000';
    const packed = new PackedUuid();
    for (let at = 0; at < uuid.length; at += 1) {
      for (let byte = 0; byte < 256; byte += 1) {
        const bytes = Buffer.from(uuid);
        bytes[at] = byte;
        const key = keyOf(uuid);
        key.bytes[at] = byte;
        const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(bytes.toString('latin1'));
        expect(packed.pack(key), `byte ${byte} at ${at}`).toBe(isUuid);
      }
    }
  });

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
          ids.put(keyOf(transactionId), entry.offset, entry.eventTimeMs, 0xffff_ffff, index);
          // Of two entries with one id the one with the later event time stays, in either order.
          if ((model.get(transactionId)?.eventTimeMs ?? -Infinity) < entry.eventTimeMs) model.set(transactionId, entry);
          expect(ids.get(keyOf(transactionId))).toEqual({ ...model.get(transactionId), hashHigh: 0xffff_ffff });
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
      keyOf,
    );
    for (const key of keys) {
      key.high = 5;
      key.low = 5;
      key.slotOf = () => 5;
    }
    keys.forEach((key, index) => {
      ids.put(key, index, index * MINUTE_MS, 0, 0);
    });
    expect(keys.map((key) => ids.get(key)?.offset)).toEqual([0, 1, 2, 3]);
    ids.evictBelow(2 * MINUTE_MS);
    expect(keys.map((key) => ids.get(key)?.offset)).toEqual([undefined, undefined, 2, 3]);
  });

  it('a minute may hold more than a chunk of entries, and its memory goes with it', () => {
    const rows = new PaymentRows();
    const ids = new KnownIds(rows, KNOWN_INDEX_KEY);
    const key = new TextKey();
    for (let index = 0; index < 20_000; index += 1) ids.put(key.setText(`t${index}`), index, index % MINUTE_MS, 1, 2);
    expect(ids.get(keyOf('t19999'))?.offset).toBe(19_999);
    expect((rows.byteLength + ids.byteLength) / ids.size).toBeLessThan(80);
    ids.evictBelow(MINUTE_MS);
    expect([ids.size, ids.get(keyOf('t0')), rows.byteLength, ids.byteLength < 20_000]).toEqual([0, undefined, 0, true]);
  });
});

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
