import { expect, test } from 'vitest';
import { type CodecName, pack } from '../testing/batch-bytes.ts';
import { CodecMissingError, unpackAtOnce } from './codecs.ts';

/** More than one block of snappy-java (32 KiB) and of lz4 (64 KiB). */
const BODY = Buffer.alloc(200_000, 'payments ');
const IDS: Readonly<Partial<Record<CodecName, number>>> = { gzip: 1, snappy: 2, 'raw-snappy': 2, lz4: 3, zstd: 4 };

test.each(Object.entries(IDS) as [CodecName, number][])(
  '%s: all of it at once, if it is no more than may be unpacked',
  (codec, id) => {
    const packed = pack(codec, BODY);
    expect(unpackAtOnce(id, packed, BODY.length)?.equals(BODY)).toBe(true);
    expect(unpackAtOnce(id, packed, BODY.length - 1)).toBeUndefined();
    // Less than the first block.
    expect(unpackAtOnce(id, packed, 100)).toBeUndefined();
  },
);

test('what is not packed is what it is, and a codec that is not there is named', () => {
  expect(unpackAtOnce(0, BODY, 1)).toBe(BODY);
  expect(() => unpackAtOnce(5, BODY, 1)).toThrow(CodecMissingError);
  expect(() => unpackAtOnce(5, BODY, 1)).toThrow('codec number 5 is not available');
});
