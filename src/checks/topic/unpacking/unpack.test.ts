import { gzipSync, zstdCompressSync } from 'node:zlib';
import { compressionsAlgorithms } from '@platformatic/kafka';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DamagedBytesError } from '../errors.ts';
import { type CodecName, pack } from '../testing/log-bytes.ts';
import { codecOf, unpackInPieces, unpackWhole } from './unpack.ts';

const PACKED = ['gzip', 'snappy', 'lz4', 'zstd'] as const satisfies readonly CodecName[];
const MAX = 8 * 1024 * 1024;

/** Bytes that repeat themselves in some places, near and far. */
const repetitive = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 6_000 })), {
    minLength: 1,
    maxLength: 8,
  })
  .map((parts) =>
    Buffer.concat(parts.flatMap(([bytes, times]) => Array.from({ length: times }, () => Buffer.from(bytes)))),
  );

async function inPieces(codec: CodecName, packed: Buffer): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(unpackInPieces(codec, packed)));
}

test.for(PACKED)('%s gives back what was packed, whole and in pieces', async (codec) => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(repetitive, fc.uint8Array({ minLength: 1 }).map(Buffer.from)), async (body) => {
      const packed = pack(codec, body);
      expect(unpackWhole(codec, packed, MAX)?.equals(body)).toBe(true);
      expect((await inPieces(codec, packed)).equals(body)).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test('snappy without the frames of snappy-java, and zstd and gzip in several frames, are unpacked', () => {
  const [one, two] = [Buffer.from('one and one and one'), Buffer.from('two')];
  const raw = compressionsAlgorithms.snappy.compressSync(one);
  expect(unpackWhole('snappy', raw, MAX)).toEqual(one);
  const both = Buffer.concat([one, two]);
  expect(unpackWhole('zstd', Buffer.concat([zstdCompressSync(one), zstdCompressSync(two)]), MAX)).toEqual(both);
  expect(unpackWhole('gzip', Buffer.concat([gzipSync(one), gzipSync(two)]), MAX)).toEqual(both);
});

test('a block of snappy that announces more than its bytes can hold is refused before there is memory for it', () => {
  const body = Buffer.from([0, 0x61, 0, 0x61, 0, 0x61]);
  const announcing = (size: number) => Buffer.concat([Buffer.from([(size & 0x7f) | 0x80, size >> 7]), body]);
  const bytes = body.length + 2;
  expect(() => unpackWhole('snappy', announcing(22 * bytes), MAX)).toThrow(/were announced/);
  expect(() => unpackWhole('snappy', announcing(22 * bytes + 1), MAX)).toThrow(/^snappy: 177 bytes of 8$/);
});

test('a block of snappy-java that ends before it says is damaged, also where its content is whole', () => {
  const packed = pack('snappy', Buffer.from('abcabcabc'));
  const longer = Buffer.from(packed);
  // Behind the header of the stream, the length of the first block.
  longer.writeUInt32BE(packed.readUInt32BE(16) + 1, 16);
  expect(() => unpackWhole('snappy', longer, MAX)).toThrow(DamagedBytesError);
});

test.for(PACKED)('%s that is cut off anywhere, or has bytes behind its end, is damaged', async (codec) => {
  const packed = pack(codec, Buffer.from('abcabcabcabcabcabc-0123456789'.repeat(5)));
  for (let length = codec === 'snappy' ? 17 : 1; length < packed.length; length += 1) {
    const cut = packed.subarray(0, length);
    expect(() => unpackWhole(codec, cut, MAX), `${length} bytes`).toThrow(DamagedBytesError);
    await expect(inPieces(codec, cut), `${length} bytes`).rejects.toThrow(DamagedBytesError);
  }
  const longer = Buffer.concat([packed, Buffer.from([0, 0, 0, 9])]);
  expect(() => unpackWhole(codec, longer, MAX)).toThrow(DamagedBytesError);
  await expect(inPieces(codec, longer)).rejects.toThrow(DamagedBytesError);
});

test.for(PACKED)('any bytes at all for %s end in bytes or in a named error, the same both ways', async (codec) => {
  const good = pack(codec, Buffer.from('abcabcabcabcabcabc-0123456789'.repeat(5)));
  await fc.assert(
    fc.asyncProperty(fc.nat(good.length - 1), fc.nat(255), async (at, byte) => {
      const bytes = Buffer.from(good);
      bytes[at] = byte;
      const outcome = async (unpack: () => Buffer | undefined | Promise<Buffer>) => {
        try {
          return await unpack();
        } catch (error) {
          expect(error).toBeInstanceOf(DamagedBytesError);
          return 'damaged';
        }
      };
      const whole = await outcome(() => unpackWhole(codec, bytes, MAX));
      expect(await outcome(() => inPieces(codec, bytes))).toEqual(whole);
    }),
    { numRuns: 60 },
  );
});

test.for(PACKED)('%s that unpacks to more than the limit is left to be taken in pieces', (codec) => {
  const packed = pack(codec, Buffer.alloc(300_000, 32));
  expect(unpackWhole(codec, packed, 299_999)).toBeUndefined();
  expect(unpackWhole(codec, packed, 300_000)?.length).toBe(300_000);
});

test('a codec that there is not is named', () => {
  expect(() => codecOf(6)).toThrow('codec 6');
});
