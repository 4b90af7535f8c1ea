/** A batch unpacked in pieces yields the same records as one unpacked at once, for any cut, in bounded memory. */
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashBytes, recordFingerprint } from '../../payments/event/hash.ts';
import { MAX_HEADER_BYTES } from '../../payments/event/record-headers.ts';
import { MAX_VALUE_BYTES, Rejection, validateRecord } from '../../payments/event/validation.ts';
import { rejectedRow } from '../../payments/exception-rows.ts';
import { compileSettings, DEFAULT_DECISION_SETTINGS } from '../../payments/settings.ts';
import type { LogRecord } from '../../payments/types.ts';
import { batch, type CodecName, headersOf, pack, record, varint } from '../testing/batch-bytes.ts';
import { scanBatches } from './batch-scan.ts';
import { memoryToUnpack } from './codecs.ts';
import { LargeBatch } from './large-batch.ts';
import { type AnswerLimits, AnswerReader, DEFAULT_ANSWER_LIMITS } from './record-batches.ts';

const IN_PIECES: AnswerLimits = { ...DEFAULT_ANSWER_LIMITS, maxAtOnceBytes: 1 };
const NO_LIMITS = { maxBytes: Number.POSITIVE_INFINITY, maxRecords: Number.POSITIVE_INFINITY };

async function readAll(bytes: Buffer, from: number, limits: AnswerLimits) {
  const reading = new AnswerReader(bytes, from, []);
  const records: LogRecord[] = [];
  const ends: number[] = [];
  for (;;) {
    const chunk = await reading.read(limits);
    expect(chunk.records.length).toBeLessThanOrEqual(limits.maxRecords);
    records.push(...chunk.records);
    ends.push(chunk.completeTo);
    if (chunk.isLast) return { records, ends, completeTo: chunk.completeTo, stoppedBy: chunk.stoppedBy };
  }
}

const told = (records: readonly LogRecord[]) =>
  records.map(({ offset, timestampMs, key, value }) => `${offset} ${timestampMs} ${String(key)} ${String(value)}`);

const aValue = fc.option(fc.string({ maxLength: 200 }), { nil: null });
const aHeader = fc.option(fc.constant(Buffer.concat([varint(1), varint(2), Buffer.from('hh'), varint(-1)])), {
  nil: undefined,
});

test('in pieces or at once, in chunks of any size, from any offset: the same records', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(aValue, { minLength: 1, maxLength: 60 }),
      fc.constantFrom('gzip', 'snappy', 'raw-snappy', 'lz4', 'zstd', 'none'),
      aHeader,
      fc.integer({ min: 1, max: 70 }),
      fc.nat({ max: 59 }),
      async (values, codec, headers, maxRecords, skipped) => {
        const bytes = batch({ baseOffset: 5, values, codec, ...(headers === undefined ? {} : { headers }) });
        const from = 5 + (skipped % values.length);
        const whole = await readAll(bytes, from, DEFAULT_ANSWER_LIMITS);
        expect(whole.records).toHaveLength(values.length - (skipped % values.length));
        for (const limits of [IN_PIECES, DEFAULT_ANSWER_LIMITS]) {
          const cut = await readAll(bytes, from, { ...limits, maxRecords });
          expect(told(cut.records)).toEqual(told(whole.records));
          expect([cut.completeTo, cut.stoppedBy]).toEqual([5 + values.length, undefined]);
          expect(cut.ends).toEqual(cut.ends.toSorted((a, b) => a - b));
        }
      },
    ),
    { numRuns: 150 },
  );
});

test('what can be read of a batch that ends in rubbish does not depend on how it is read, or from where', async () => {
  const good = Array.from({ length: 50 }, (_, i) => record(i, i, Buffer.from('k'), `value ${i}`));
  const broken = Buffer.concat([...good, varint(-3), Buffer.alloc(20)]);
  for (const packed of [gzipSync(broken), zstdCompressSync(broken)]) {
    const codec = packed[0] === 0x1f ? 'gzip' : 'zstd';
    const bytes = batch({ baseOffset: 0, codec, packed, count: 60, lastOffsetDelta: 59 });
    for (const from of [0, 49]) {
      for (const limits of [DEFAULT_ANSWER_LIMITS, IN_PIECES, { ...IN_PIECES, maxRecords: 7 }]) {
        const { records, completeTo, stoppedBy } = await readAll(bytes, from, limits);
        expect([records.length, completeTo]).toEqual([50 - from, 50]);
        expect(stoppedBy?.message).toMatch(/not a list of records at offset 50 \(batch of 0 to 59\)/);
      }
    }
  }
});

test('a batch packed in two frames is read as one', async () => {
  const records = Array.from({ length: 40 }, (_, i) => record(i, i, null, `v${i}`));
  for (const [codec, pack] of [['gzip', gzipSync] as const, ['zstd', zstdCompressSync] as const]) {
    const packed = Buffer.concat([
      pack(Buffer.concat(records.slice(0, 15))),
      pack(Buffer.concat(records.slice(15, 30))),
      pack(Buffer.concat(records.slice(30))),
    ]);
    const bytes = batch({ baseOffset: 0, codec, packed, count: 40, lastOffsetDelta: 39 });
    for (const limits of [DEFAULT_ANSWER_LIMITS, IN_PIECES]) {
      expect(await readAll(bytes, 0, limits)).toMatchObject({ completeTo: 40, stoppedBy: undefined });
    }
  }
});

test('packed bytes that end too early, or continue behind their end, are no batch', async () => {
  const body = Buffer.concat(Array.from({ length: 500 }, (_, i) => record(i, i, null, `v${i}`)));
  const of = (packed: Buffer, codec: CodecName) =>
    batch({ baseOffset: 0, codec, packed, count: 500, lastOffsetDelta: 499 });
  for (const codec of ['gzip', 'snappy', 'raw-snappy', 'lz4', 'zstd'] as const) {
    const packed = pack(codec, body);
    for (const bytes of [packed.subarray(0, -3), Buffer.concat([packed, Buffer.from('more')])]) {
      for (const limits of [DEFAULT_ANSWER_LIMITS, IN_PIECES]) {
        const { records, stoppedBy } = await readAll(of(bytes, codec), 0, limits);
        expect(records.length).toBeLessThan(500);
        expect(stoppedBy?.name).toBe('BrokenBatchError');
      }
    }
  }
});

const CARD = '4111111111111111';

test.for([
  ['a value', null, Buffer.alloc(3 * MAX_VALUE_BYTES, `x ${CARD} `)],
  ['a value, behind a key that is held', Buffer.from('k-1'), Buffer.alloc(3 * MAX_VALUE_BYTES, 'y')],
  ['a key, and its value is none', Buffer.alloc(3 * MAX_VALUE_BYTES, 'k'), null],
  ['a key', Buffer.alloc(3 * MAX_VALUE_BYTES, 'k'), Buffer.from('{}')],
  ['key and value', Buffer.alloc(70_000, 'k'), Buffer.alloc(2 * MAX_VALUE_BYTES, 'y')],
] as const)(
  'of a record too large to be held (%s) its row and fingerprint are those of the whole',
  async ([, key, value]) => {
    const body = Buffer.concat([record(3, 0, null, 'before'), record(7, 1, key, value), record(9, 2, null, 'behind')]);
    const bytes = batch({
      baseOffset: 0,
      codec: 'zstd',
      packed: zstdCompressSync(body),
      count: 3,
      lastOffsetDelta: 2,
    });
    const { records, completeTo } = await readAll(bytes, 0, IN_PIECES);
    expect([records.length, completeTo]).toEqual([3, 3]);
    const [before, large, behind] = records as [LogRecord, LogRecord, LogRecord];
    expect(String(before.value) + String(behind.value)).toBe('beforebehind');
    const whole: LogRecord = { offset: 1, timestampMs: 1_007, key, value };
    expect((large.key?.length ?? 0) + (large.value?.length ?? 0)).toBeLessThan(MAX_VALUE_BYTES);
    for (const [held, all] of [
      [large.key, key],
      [large.value, value],
    ] as const) {
      expect(held?.equals(all!.subarray(0, held.length)) ?? null).toBe(all === null ? null : true);
      if (all !== null) expect(held?.length).toBeGreaterThan(0);
    }
    expect(recordFingerprint(large)).toBe(recordFingerprint(whole));
    const judged = [whole, large].map((each) => {
      const rejection = validateRecord(each, compileSettings(DEFAULT_DECISION_SETTINGS), {
        partition: 0,
        partitionCount: 1,
        minEventTimeMs: 0,
      });
      expect(rejection).toBeInstanceOf(Rejection);
      return rejectedRow(each, rejection as Rejection);
    });
    expect(judged[1]).toEqual(judged[0]);
    if (value !== null) {
      expect(large.oversized).toMatchObject({ valueByteLength: value.length, valueHash: hashBytes(value) });
      if (value.length > MAX_VALUE_BYTES) expect(judged[1]?.reason).toBe('value_too_large');
    }
    // It starts behind the batch, whose content is skipped.
    expect(told((await readAll(bytes, 2, IN_PIECES)).records)).toEqual(told([behind]));
  },
);

test('of the key of such a record one byte more is kept than a key may have that is read as a text', async () => {
  const mostOfText = 64 * 1024;
  const value = Buffer.alloc(3 * MAX_VALUE_BYTES, 'y');
  for (const [length, kept] of [
    [mostOfText, mostOfText],
    [mostOfText + 1, mostOfText + 1],
    [mostOfText + 2, mostOfText + 1],
  ] as const) {
    const packed = zstdCompressSync(record(0, 0, Buffer.alloc(length, 'k'), value));
    const bytes = batch({ baseOffset: 0, codec: 'zstd', packed, count: 1, lastOffsetDelta: 0 });
    const { records } = await readAll(bytes, 0, IN_PIECES);
    expect(records.map(({ key }) => key?.length)).toEqual([kept]);
  }
});

const LONG = 'l'.repeat(64);
/** More than the pieces in which a batch is unpacked: headers end in another piece than they begin in. */
const MANY = Array.from({ length: 40_000 }, (_, at) => [`n${at}`, at % 3 === 0 ? null : `v${at}`] as const);
/** More headers than a record may keep: they are walked over piece by piece. */
const TOO_MANY = [['pad', 'p'.repeat(MAX_HEADER_BYTES)] as const, ['a', '1'] as const];

test.each([
  ['of short names and values', headersOf(['a', '1'], ['', ''], ['b', '22'], ['c', null])],
  ['longer than one byte says', headersOf(['a', '1'], [LONG, LONG], ['b', LONG], [LONG, null], ['c', '3'])],
  ['more than one piece has', headersOf(...MANY)],
  ['more than are kept', headersOf(...TOO_MANY)],
  ['more than are kept, and many', headersOf(...TOO_MANY, ...MANY)],
])('headers of a record too large to be held are walked over: %s', async (_, headers) => {
  const value = Buffer.alloc(3 * MAX_VALUE_BYTES, 'y');
  const records = [record(0, 0, null, value, headers), record(1, 1, null, 'behind', headers)];
  const packed = zstdCompressSync(Buffer.concat(records));
  const bytes = batch({ baseOffset: 0, codec: 'zstd', packed, count: 2, lastOffsetDelta: 1 });
  const { records: read, stoppedBy } = await readAll(bytes, 0, IN_PIECES);
  expect(stoppedBy).toBeUndefined();
  expect(read.map(({ oversized, value: held }) => oversized?.valueByteLength ?? String(held))).toEqual([
    value.length,
    'behind',
  ]);
});

const BROKEN_HEADERS: readonly (readonly [string, Buffer, RegExp])[] = [
  ['that say they are fewer than none', varint(-1), /claims -1 headers/],
  ['of which one has no name', Buffer.concat([varint(1), varint(-1), varint(-1)]), /a header without a name/],
  ['fewer than they say', Buffer.concat([varint(2), varint(1), Buffer.from('a'), varint(-1)]), /past the end/],
  ['more than they say', Buffer.concat([headersOf(['a', '1']), Buffer.from('rest')]), /ends 4 bytes before the end/],
  [
    'past the end',
    Buffer.concat([varint(1), varint(1), Buffer.from('a'), varint(9)]),
    /claims 9 bytes, and 0 are left/,
  ],
];
const PAD = headersOf(['pad', 'p'.repeat(MAX_HEADER_BYTES)]).subarray(1);
const BROKEN_BEHIND_A_PAD: typeof BROKEN_HEADERS = [
  ['of which one has no name', Buffer.concat([varint(2), PAD, varint(-1), varint(-1)]), /a header without a name/],
  ['fewer than they say', Buffer.concat([varint(3), PAD, varint(1), Buffer.from('a'), varint(-1)]), /past the end/],
  ['more than they say', Buffer.concat([varint(1), PAD, Buffer.from('rest')]), /ends 4 bytes before the end/],
  [
    'past the end',
    Buffer.concat([varint(2), PAD, varint(1), Buffer.from('a'), varint(9)]),
    /claims 9 bytes, and 0 are left/,
  ],
  ['that say they are fewer than none', Buffer.concat([varint(-1), PAD]), /claims -1 headers/],
];

test.each([
  ...BROKEN_HEADERS,
  ...BROKEN_BEHIND_A_PAD.map(([name, headers, words]) => [`${name}, more than are kept`, headers, words] as const),
])('a record too large to be held with headers %s is broken', async (_, headers, words) => {
  const large = record(0, 0, null, Buffer.alloc(3 * MAX_VALUE_BYTES, 'y'), headers);
  const packed = zstdCompressSync(Buffer.concat([large, record(1, 1, null, 'behind')]));
  const bytes = batch({ baseOffset: 0, codec: 'zstd', packed, count: 2, lastOffsetDelta: 1 });
  const { records, stoppedBy } = await readAll(bytes, 0, IN_PIECES);
  expect(records).toEqual([]);
  expect(stoppedBy?.message).toMatch(words);
});

test.each([
  ['a small record', 'v', MAX_HEADER_BYTES],
  ['a record too large to be held', Buffer.alloc(3 * MAX_VALUE_BYTES, 'y'), MAX_HEADER_BYTES],
])('the last header of a name is read, up to a limit for all headers: %s', async (_, value, limit) => {
  const some = headersOf(['a', '1'], ['b', ''], ['\u00e9', 'x'], ['a', '2'], ['c', '3'], ['c', null], ['', 'none']);
  const padded = (padBytes: number) => headersOf(['a', '1'], ['pad', 'p'.repeat(padBytes)]);
  const overhead = padded(limit - 100).length - (limit - 100);
  const asked = ['a', 'b', '\u00e9', 'c', '', 'A', 'none'] as const;
  for (const limits of [DEFAULT_ANSWER_LIMITS, IN_PIECES]) {
    for (const [headers, names, found] of [
      [undefined, ['a'], [null]],
      [some, asked, ['2', '', 'x', null, 'none', null, null]],
      [padded(limit - overhead), ['a'], ['1']],
      [padded(limit - overhead + 1), ['a'], [null]],
    ] as const) {
      const packed = zstdCompressSync(record(0, 0, null, value, headers));
      const bytes = batch({ baseOffset: 0, codec: 'zstd', packed, count: 1, lastOffsetDelta: 0 });
      const { records } = await readAll(bytes, 0, limits);
      expect(names.map((name) => records[0]!.header!(name)?.toString() ?? null)).toEqual(found);
    }
  }
});

test('more than may be unpacked of one batch ends the reading, by a limit and not by time', async () => {
  const body = record(0, 0, null, Buffer.alloc(40 * MAX_VALUE_BYTES, ' '));
  const bytes = batch({ baseOffset: 0, codec: 'zstd', packed: zstdCompressSync(body), count: 1, lastOffsetDelta: 0 });
  const [place] = scanBatches(bytes, 0, []).batches;
  const large = new LargeBatch(bytes, place!, 0, 30 * MAX_VALUE_BYTES);
  await expect(large.read(NO_LIMITS, [])).rejects.toThrow('it unpacks to more than 31457280 bytes');
});

test('a reading that is closed ends, also while it waits', async () => {
  const body = record(0, 0, null, Buffer.alloc(40 * MAX_VALUE_BYTES, ' '));
  const bytes = batch({ baseOffset: 0, codec: 'zstd', packed: zstdCompressSync(body), count: 1, lastOffsetDelta: 0 });
  const reading = new AnswerReader(bytes, 0, []);
  const waiting = reading.read(DEFAULT_ANSWER_LIMITS);
  reading.close();
  await expect(waiting).rejects.toThrow('read no further');
});

test('the memory that unpacking takes is what the frame says, within what the Java client takes', () => {
  const body = Buffer.alloc(10_000_000, 'abc');
  const frame = (level: number) => zstdCompressSync(body, { params: { [constants.ZSTD_c_compressionLevel]: level } });
  expect(memoryToUnpack(1, gzipSync(body))).toBe(2 ** 23);
  expect(memoryToUnpack(4, frame(3))).toBe(2 ** 23);
  expect(memoryToUnpack(4, frame(22))).toBeGreaterThan(2 ** 23);
  expect(memoryToUnpack(4, frame(22))).toBeLessThanOrEqual(2 ** 27);
  expect(memoryToUnpack(2, pack('snappy', body))).toBe(2 ** 23);
  expect(memoryToUnpack(2, pack('raw-snappy', body))).toBe(10_000_000);
});
