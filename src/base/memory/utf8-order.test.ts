import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareUtf8 } from './utf8-order.ts';

describe('order by UTF-8 bytes', () => {
  it('puts characters past U+FFFF behind U+FFFD, which < does not', () => {
    expect('\u{1f600}' < '\ufffd').toBe(true);
    expect(compareUtf8('\u{1f600}', '\ufffd')).toBeGreaterThan(0);
  });

  it('agrees with Buffer.compare on any well-formed text', () => {
    const text = fc.string({
      unit: fc.constantFrom('', 'a', 'b', '\u00e9', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}'),
    });
    fc.assert(
      fc.property(text, text, (left, right) => {
        expect(Math.sign(compareUtf8(left, right))).toBe(Buffer.compare(Buffer.from(left), Buffer.from(right)));
      }),
    );
  });
});
