/** Hostile blocks of snappy and lz4: an error, and no memory for data that the packed bytes cannot fill. */
import { expect, test } from 'vitest';
import { pack } from '../testing/batch-bytes.ts';
import { largestSnappyBlock, lz4Blocks, MAX_BLOCK_BYTES, snappyBlocks } from './packed-blocks.ts';

const BODY = Buffer.alloc(200_000, 'payments ');
const FRAME = pack('lz4', BODY);
/** Of a frame with blocks of 64 KiB at most. */
const SMALL_HEAD = Buffer.from('04224d18604082', 'hex');
const JAVA = pack('snappy', BODY);

const changed = (bytes: Buffer, change: (copy: Buffer) => void): Buffer => {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
};
/** 7 bits a byte, the lowest first. */
function announcing(byteLength: number): Buffer {
  const bytes: number[] = [];
  for (let left = byteLength; ; left = Math.floor(left / 128)) {
    bytes.push(left < 128 ? left : (left % 128) | 0x80);
    if (left < 128) return Buffer.from(bytes);
  }
}

test('blocks give the bytes that were packed', () => {
  expect(Buffer.concat([...lz4Blocks(FRAME)])).toEqual(BODY);
  expect(Buffer.concat([...snappyBlocks(JAVA)])).toEqual(BODY);
  expect(Buffer.concat([...snappyBlocks(pack('raw-snappy', BODY))])).toEqual(BODY);
});

test('a block of lz4 that did not shrink stands in its frame as it is', () => {
  const plain = Buffer.concat([
    FRAME.subarray(0, 7),
    Buffer.from([3, 0, 0, 0x80]),
    Buffer.from('abc'),
    Buffer.alloc(4),
  ]);
  expect(Buffer.concat([...lz4Blocks(plain)]).toString()).toBe('abc');
});

test.for([
  ['nothing', Buffer.alloc(0), 'no lz4 frame'],
  ['other bytes', Buffer.from('rubbish, rubbish'), 'no lz4 frame'],
  ['another version', changed(FRAME, (b) => b.writeUInt8(0x80, 4)), 'unknown kind'],
  ['a block size that is none', changed(FRAME, (b) => b.writeUInt8(0x10, 5)), 'unknown kind'],
  ['blocks that depend on each other', changed(FRAME, (b) => b.writeUInt8(b[4]! & ~0x20, 4)), 'depend'],
  ['a block past the end', changed(FRAME, (b) => b.writeUInt32LE(0x00ff_ffff, 7)), 'cut off'],
  ['no end', FRAME.subarray(0, -4), 'cut off'],
  ['bytes behind the end', Buffer.concat([FRAME, Buffer.from('x')]), 'does not end'],
  [
    "a plain block past its frame's limit",
    Buffer.concat([SMALL_HEAD, Buffer.from([1, 0, 1, 0x80]), Buffer.alloc(65_537), Buffer.alloc(4)]),
    'larger than its frame',
  ],
] as const)('lz4: %s is refused', ([, bytes, why]) => {
  expect(() => [...lz4Blocks(Buffer.from(bytes))]).toThrow(why);
});

test('a block of lz4 cannot unpack past what its frame allows', () => {
  // 0x1f: one literal, then a match that continues for as long as 255s follow.
  const bomb = Buffer.concat([
    Buffer.from([0x1f, 0x61, 1, 0]),
    Buffer.alloc(500, 255),
    Buffer.from([0, 0x50]),
    Buffer.from('abcde'),
  ]);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(bomb.length);
  const framed = (head: Buffer): Buffer => Buffer.concat([head, size, bomb, Buffer.alloc(4)]);
  // The block itself is sound: a frame with blocks of 256 KiB takes it.
  const largerHead = changed(SMALL_HEAD, (b) => b.writeUInt8(0x50, 5));
  expect([...lz4Blocks(framed(largerHead))].map(({ length }) => length)).toEqual([1 + 15 + 4 + 500 * 255 + 5]);
  expect(() => [...lz4Blocks(framed(SMALL_HEAD))]).toThrow();
});

test.for([
  ['nothing', Buffer.alloc(0), 'without a length'],
  ['a length that does not end', Buffer.alloc(9, 0xff), 'without a length'],
  ['more than its bytes can hold', Buffer.concat([announcing(1_000_000), Buffer.alloc(100)]), 'announces'],
  ['more than is unpacked at once', Buffer.concat([announcing(MAX_BLOCK_BYTES + 1), Buffer.alloc(100)]), 'the maximum'],
  ['a stream that is cut off', JAVA.subarray(0, 12), 'cut off'],
  ['a block that is cut off', JAVA.subarray(0, -2), 'cut off'],
] as const)('snappy: %s is refused', ([, bytes, why]) => {
  expect(() => [...snappyBlocks(Buffer.from(bytes))]).toThrow(why);
});

test('the largest block of snappy is known before anything is unpacked', () => {
  expect(largestSnappyBlock(JAVA)).toBe(32_768);
  expect(largestSnappyBlock(pack('raw-snappy', BODY))).toBe(200_000);
  expect(largestSnappyBlock(Buffer.concat([announcing(2 ** 31), Buffer.alloc(9)]))).toBe(MAX_BLOCK_BYTES);
  expect(largestSnappyBlock(Buffer.alloc(0))).toBe(0);
});
