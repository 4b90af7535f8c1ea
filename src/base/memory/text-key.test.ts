import { expect, it } from 'vitest';
import { TextKey } from './text-key.ts';

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
