import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PackedUuid, unpackUuid } from './id-bytes.ts';
import { TextKey } from './text-key.ts';

const keyOf = (text: string): TextKey => new TextKey().setText(text);

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
});
