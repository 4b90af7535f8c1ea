import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BrokenBatchError, readBatches } from './record-batches.ts';

interface BatchSpec {
  readonly baseOffset: number;
  readonly values?: readonly (string | null)[];
  /** Offset deltas, where compaction left gaps. */
  readonly deltas?: readonly number[];
  readonly lastOffsetDelta?: number;
  readonly producerId?: bigint;
  readonly kind?: 'plain' | 'transactional' | 'abort' | 'commit';
  readonly codec?: 'none' | 'gzip' | 'snappy' | 'zstd';
  readonly timestampMs?: number;
  readonly appendTimeMs?: number;
  readonly leaderEpoch?: number;
  readonly magic?: number;
  readonly key?: Buffer;
}

const CODECS = { none: 0, gzip: 1, snappy: 2, zstd: 4 } as const;

test('records carry offsets, timestamps, keys and values; null stays null', () => {
  const bytes = batch({
    baseOffset: 5,
    values: ['a', null, ''],
    key: Buffer.from('k'),
    timestampMs: 1_700_000_000_000,
  });
  const { records, completeTo, stoppedBy } = readBatches(bytes, 5, []);
  expect(records.map(({ value }) => value?.toString() ?? null)).toEqual(['a', null, '']);
  expect(records.map(({ offset }) => offset)).toEqual([5, 6, 7]);
  expect(records.map(({ timestampMs }) => timestampMs)).toEqual([
    1_700_000_000_000, 1_700_000_000_001, 1_700_000_000_002,
  ]);
  expect(records[0]?.key?.toString()).toBe('k');
  expect([completeTo, stoppedBy]).toEqual([8, undefined]);
});

test('with LogAppendTime every record has the time of its batch', () => {
  const bytes = batch({ baseOffset: 0, values: ['a', 'b'], timestampMs: 5, appendTimeMs: 1_234 });
  expect(readBatches(bytes, 0, []).records.map(({ timestampMs }) => timestampMs)).toEqual([1_234, 1_234]);
});

test('what lies before the offset asked for is left out, and completeness reaches the end of the batch', () => {
  const bytes = batch({ baseOffset: 10, values: ['a', 'b'], deltas: [0, 3], lastOffsetDelta: 9 });
  const { records, completeTo } = readBatches(bytes, 12, []);
  expect(records.map(({ offset }) => offset)).toEqual([13]);
  expect(completeTo).toBe(20);
});

test('a last batch that was cut short is left for the next fetch, wherever it was cut', () => {
  const whole = Buffer.concat([batch({ baseOffset: 0, values: ['a'] }), batch({ baseOffset: 1, values: ['b'] })]);
  const first = batch({ baseOffset: 0, values: ['a'] }).length;
  for (let length = first; length < whole.length; length += 1) {
    const { records, completeTo, stoppedBy } = readBatches(whole.subarray(0, length), 0, []);
    expect([records.length, completeTo, stoppedBy], `${length} bytes`).toEqual([1, 1, undefined]);
  }
});

test('transactions that end in another order than they began: only what was committed is read', () => {
  const log = Buffer.concat([
    batch({ baseOffset: 0, values: ['a0'], producerId: 1n, kind: 'transactional' }),
    batch({ baseOffset: 1, values: ['b0'], producerId: 2n, kind: 'transactional' }),
    batch({ baseOffset: 2, values: ['a1'], producerId: 1n, kind: 'transactional', key: Buffer.alloc(4) }),
    batch({ baseOffset: 3, producerId: 2n, kind: 'abort' }),
    batch({ baseOffset: 4, values: ['b1'], producerId: 2n, kind: 'transactional' }),
    batch({ baseOffset: 5, values: ['a2'], producerId: 1n, kind: 'transactional' }),
    batch({ baseOffset: 6, producerId: 1n, kind: 'abort' }),
    batch({ baseOffset: 7, values: ['plain'], producerId: 1n }),
    batch({ baseOffset: 8, producerId: 2n, kind: 'commit' }),
  ]);
  // In the order in which they ended, as the broker lists them.
  const aborted = [
    { producerId: 2n, firstOffset: 1 },
    { producerId: 1n, firstOffset: 0 },
  ];
  const { records, completeTo } = readBatches(log, 0, aborted);
  expect(records.map(({ value }) => value?.toString())).toEqual(['b1', 'plain']);
  expect(completeTo).toBe(9);
});

test.for(['gzip', 'zstd'] as const)('%s is unpacked', (codec) => {
  const { records } = readBatches(batch({ baseOffset: 0, values: ['a', 'b'], codec }), 0, []);
  expect(records.map(({ value }) => value?.toString())).toEqual(['a', 'b']);
});

test('a missing codec ends the reading after what is before it, and is named', () => {
  const bytes = Buffer.concat([
    batch({ baseOffset: 0, values: ['a'] }),
    batch({ baseOffset: 1, values: ['b'], codec: 'snappy' }),
  ]);
  const { records, completeTo, stoppedBy } = readBatches(bytes, 0, []);
  expect([records.length, completeTo]).toEqual([1, 1]);
  expect(stoppedBy).toMatchObject({ name: 'CodecMissingError', codec: 'snappy' });
});

test('an aborted batch in a missing codec is no obstacle: nobody needs to read it', () => {
  const bytes = batch({ baseOffset: 0, values: ['a'], codec: 'snappy', producerId: 1n, kind: 'transactional' });
  const { completeTo, stoppedBy } = readBatches(bytes, 0, [{ producerId: 1n, firstOffset: 0 }]);
  expect([completeTo, stoppedBy]).toEqual([1, undefined]);
});

test('message formats before 2 are refused, not misread', () => {
  const { completeTo, stoppedBy } = readBatches(batch({ baseOffset: 3, values: ['a'], magic: 1 }), 3, []);
  expect(completeTo).toBe(3);
  expect(stoppedBy).toBeInstanceOf(BrokenBatchError);
});

test('damaged bytes never throw, never yield half a batch, and never lead backwards', () => {
  const good = Buffer.concat([
    batch({ baseOffset: 0, values: ['aa', 'bb', 'cc'] }),
    batch({ baseOffset: 3, values: ['dd'], codec: 'zstd' }),
  ]);
  fc.assert(
    fc.property(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
      const bytes = Buffer.from(good);
      bytes[at] = byte;
      const { records, completeTo } = readBatches(bytes, 0, []);
      expect(completeTo).toBeGreaterThanOrEqual(0);
      expect(records.every(({ offset }) => offset >= 0)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

function batch(spec: BatchSpec): Buffer {
  const kind = spec.kind ?? 'plain';
  const isMarker = kind === 'abort' || kind === 'commit';
  const values = spec.values ?? [isMarker ? 'marker' : 'v'];
  const key = isMarker ? Buffer.from([0, 0, 0, kind === 'commit' ? 1 : 0]) : (spec.key ?? null);
  const body = Buffer.concat(values.map((value, i) => record(i, spec.deltas?.[i] ?? i, key, value)));
  const packed = { none: body, gzip: gzipSync(body), zstd: zstdCompressSync(body), snappy: body }[spec.codec ?? 'none'];
  const head = Buffer.alloc(61);
  head.writeBigInt64BE(BigInt(spec.baseOffset), 0);
  head.writeInt32BE(49 + packed.length, 8);
  head.writeInt32BE(spec.leaderEpoch ?? 0, 12);
  head.writeInt8(spec.magic ?? 2, 16);
  const isAppendTime = spec.appendTimeMs !== undefined;
  head.writeInt16BE(
    CODECS[spec.codec ?? 'none'] | (isAppendTime ? 8 : 0) | (kind === 'plain' ? 0 : 16) | (isMarker ? 32 : 0),
    21,
  );
  head.writeInt32BE(spec.lastOffsetDelta ?? values.length - 1, 23);
  head.writeBigInt64BE(BigInt(spec.timestampMs ?? 1_000), 27);
  head.writeBigInt64BE(BigInt(spec.appendTimeMs ?? (spec.timestampMs ?? 1_000) + values.length - 1), 35);
  head.writeBigInt64BE(spec.producerId ?? -1n, 43);
  head.writeInt32BE(values.length, 57);
  return Buffer.concat([head, packed]);
}

function record(timestampDelta: number, offsetDelta: number, key: Buffer | null, value: string | null): Buffer {
  const bytes = (b: Buffer | null) => (b === null ? varint(-1) : Buffer.concat([varint(b.length), b]));
  const content = Buffer.concat([
    Buffer.from([0]),
    varint(timestampDelta),
    varint(offsetDelta),
    bytes(key),
    bytes(value === null ? null : Buffer.from(value)),
    varint(0),
  ]);
  return Buffer.concat([varint(content.length), content]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let zigzag = value < 0 ? -value * 2 - 1 : value * 2;
  for (; zigzag >= 0x80; zigzag = Math.floor(zigzag / 128)) bytes.push((zigzag % 128) | 0x80);
  bytes.push(zigzag);
  return Buffer.from(bytes);
}
