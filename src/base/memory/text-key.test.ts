import { describe, expect, it } from 'vitest';
import { TextKey } from './text-key.ts';

const keyOf = (text: string): TextKey => new TextKey().setText(text);

it.each(['', 'a', 'é'.repeat(3), '€'.repeat(40_000), 'x'.repeat(300_000)])(
  'a key holds a text of any length as it is, in memory that it grows for it',
  (text) => {
    const key = new TextKey();
    expect(key.setText('short').toText()).toBe('short');
    expect(key.setText(text).toText()).toBe(text);
    expect(key.byteLength).toBe(Buffer.byteLength(text));
    expect(key.setText('short').toText()).toBe('short');
  },
);

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
