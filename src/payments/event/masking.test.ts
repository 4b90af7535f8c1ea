import { describe, expect, it } from 'vitest';
import { MAX_PAYLOAD_BYTES, maskPayload } from './masking.ts';

const mask = (text: string): string => maskPayload(Buffer.from(text));

describe('masking of rejected payloads', () => {
  it.each([
    ['{"card":"4111111111111111"}', '{"card":"************1111"}'],
    ['4111 1111 1111 1111', '**** **** **** 1111'],
    ['4111-1111-1111-1111.', '****-****-****-1111.'],
    ['4111 - 1111 - 1111 - 1112', '**** - **** - **** - 1112'],
    ['1234567890123', '*********0123'],
    ['4111 1111 1111 1111 12 29', '**** **** **** **** 12 29'],
    ['\u00e9411111111111111\u00e9 4111111111111111', '\u00e9***********1111\u00e9 ************1111'],
  ])('%j', (text, expected) => {
    expect(mask(text)).toBe(expected);
  });

  it.each(['123456789012', '10.0.0.1 2024-01-02', '12345678 and 12345678', '1234567    8901234'])(
    '%j is kept',
    (text) => {
      expect(mask(text)).toBe(text);
    },
  );

  it('cuts at 64 KiB, before the character that would be split', () => {
    const cut = mask(`${'x'.repeat(MAX_PAYLOAD_BYTES - 1)}\u00e9tail`);
    expect(cut).toBe('x'.repeat(MAX_PAYLOAD_BYTES - 1));
    expect(mask('\u{1f600}'.repeat(40_000))).toBe('\u{1f600}'.repeat(MAX_PAYLOAD_BYTES / 4));
  });

  it('masks a number that lies across the cut', () => {
    const text = mask(`${'x'.repeat(MAX_PAYLOAD_BYTES - 8)}4111111111111111`);
    expect(text.slice(-8)).toBe('********');
  });

  it('decodes what is not UTF-8 with replacement characters, still within the limit', () => {
    expect(maskPayload(Buffer.from([0x61, 0xff, 0x62]))).toBe('a\ufffdb');
    expect(Buffer.byteLength(maskPayload(Buffer.alloc(100_000, 0xff)))).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES);
  });
});
