import { describe, expect, it, test } from 'vitest';
import { drawIndexKey, KNOWN_INDEX_KEY, slotHash } from './slot-hash.ts';
import { TextKey } from './text-key.ts';

const KEY = drawIndexKey(() => 0.371);
const OTHER_KEY = drawIndexKey(() => 0.618);

test('a key is drawn from all words of 32 bits, each half by a draw of its own', () => {
  const draws = [0, 1 - 2 ** -32, 0.5, 0.25];
  const random = (): number => draws.shift()!;
  expect(drawIndexKey(random)).toEqual({ k0: 0, k1: -1 });
  expect(drawIndexKey(random)).toEqual({ k0: -(2 ** 31), k1: 2 ** 30 });
});

describe('the hash under a key', () => {
  /** Of the bytes 0, 1, 2 ... under the key 0, 1 ... 7: hsiphash with 32-bit words, as published with Linux's tests of it. */
  const PUBLISHED = [
    0x5814c896, 0xe7e864ca, 0xbc4b0e30, 0x01539939, 0x7e059ea6, 0x88e3d89b, 0xa0080b65, 0x9d38d9d6, 0x577999b1,
    0xc839caed, 0xe4fa32cf, 0x959246ee, 0x6b28096c, 0x66dd9cd6, 0x16658a7c, 0xd0257b04, 0x8b31d501, 0x2b1cd04b,
    0x06712339, 0x522aca67, 0x911bb605, 0x90a65f0e, 0xf826ef7b, 0x62512deb,
  ];

  it('is HalfSipHash-1-3', () => {
    const bytes = Buffer.from(Array.from({ length: PUBLISHED.length + 4 }, (_, n) => n));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const hashes = PUBLISHED.map((_, end) => slotHash({ view, start: 0, end }, KNOWN_INDEX_KEY) >>> 0);
    expect(hashes).toEqual(PUBLISHED);
    // Where the bytes lie makes no difference.
    const [from, to] = [5, 20].map((start) => {
      const moved = Buffer.concat([Buffer.alloc(start), bytes]);
      const range = { view: new DataView(moved.buffer, moved.byteOffset, moved.length), start, end: start + 10 };
      return slotHash(range, KNOWN_INDEX_KEY) >>> 0;
    });
    expect([from, to]).toEqual([PUBLISHED[10], PUBLISHED[10]]);
  });

  it('is kept by a key for as long as its text and the index key stay', () => {
    const key = new TextKey();
    const first = key.setText('one').slotOf(KEY);
    expect([key.slotOf(KEY), key.slotOf(OTHER_KEY) === first]).toEqual([first, false]);
    expect([key.setText('two').slotOf(KEY) === first, key.setText('one').slotOf(KEY)]).toEqual([false, first]);
  });

  it('is spread: of 100,000 texts that count up, hardly two meet', () => {
    const key = new TextKey();
    const hashes = new Set<number>();
    for (let n = 0; n < 100_000; n += 1) hashes.add(key.setText(`txn-1-${String(n).padStart(9, '0')}`).slotOf(KEY));
    expect(hashes.size).toBeGreaterThan(99_980);
  });
});
