import fc from 'fast-check';
import { expect, test } from 'vitest';
import { recordFingerprint } from '../../../payments/event/hash.ts';
import type { TopicRecord } from '../../inputs/verify-inputs.ts';
import { DamagedBytesError } from '../errors.ts';
import {
  type BatchSpec,
  batchBytes,
  bodyOf,
  CODEC_NUMBERS,
  type CodecName,
  pack,
  sealed,
  varint,
} from '../testing/log-bytes.ts';
import { findBatches } from './batch.ts';
import { recordsOf } from './batch-records.ts';

const MIB = 2 ** 20;
const CODECS = Object.keys(CODEC_NUMBERS) as CodecName[];

interface Read {
  readonly records: TopicRecord[];
  readonly damage: string | undefined;
}

/** What a reader from `from` on is shown before the first damage, and that. */
async function read(bytes: Buffer, from = 0, highWatermark = 1_000_000_000): Promise<Read> {
  const wanted = { fromOffset: from, toOffset: highWatermark, isBatchStart: false, highWatermark };
  const { batches, damage } = findBatches(bytes, wanted);
  const records: TopicRecord[] = [];
  for (const batch of batches) {
    try {
      for await (const chunk of recordsOf(batch, from, highWatermark)) records.push(...chunk);
    } catch (error) {
      if (!(error instanceof DamagedBytesError)) throw error;
      return { records, damage: error.message };
    }
  }
  return { records, damage: damage?.reason };
}

const values = (records: readonly TopicRecord[]) => records.map(({ value }) => value && Buffer.from(value).toString());
const text = (value: string) => ({ value: Buffer.from(value) });

test.for(CODECS)('records packed with %s carry offsets, times, keys, values and headers', async (codec) => {
  const records = [
    { timestampDelta: 0, key: Buffer.from('k'), value: Buffer.from('a') },
    { timestampDelta: -7, key: null, value: null, headers: [['h', null] as const, ['', Buffer.from('x')] as const] },
    { timestampDelta: 2n ** 40n, key: Buffer.alloc(0), value: Buffer.alloc(0) },
  ];
  const found = await read(batchBytes({ baseOffset: 5, records, codec, baseTimestampMs: 1_000 }), 5);
  expect(found.damage).toBeUndefined();
  expect(found.records).toEqual([
    { offset: 5, timestampMs: 1_000, key: Buffer.from('k'), value: Buffer.from('a') },
    {
      ...{ offset: 6, timestampMs: 993, key: null, value: null },
      headers: [
        { name: 'h', value: null },
        { name: '', value: Buffer.from('x') },
      ],
    },
    { offset: 7, timestampMs: 1_000 + 2 ** 40, key: Buffer.alloc(0), value: Buffer.alloc(0) },
  ]);
});

test('with LogAppendTime every record has the time of its batch', async () => {
  const { records } = await read(batchBytes({ baseOffset: 0, records: [text('a'), text('b')], appendTimeMs: 1_234 }));
  expect(records.map(({ timestampMs }) => timestampMs)).toEqual([1_234, 1_234]);
});

test('a reader in the middle of a batch is shown the rest of it, with the gaps that compaction left', async () => {
  const records = [
    { delta: 0, ...text('a') },
    { delta: 3, ...text('b') },
    { delta: 4, ...text('c') },
  ];
  const found = await read(batchBytes({ baseOffset: 10, records, lastDelta: 9, codec: 'zstd' }), 13);
  expect(found.damage).toBeUndefined();
  expect(found.records.map(({ offset }) => offset)).toEqual([13, 14]);
});

test('a batch of no records, as compaction leaves it, has none', async () => {
  expect(await read(batchBytes({ baseOffset: 10, records: [], lastDelta: 9 }), 10)).toEqual({
    records: [],
    damage: undefined,
  });
});

test('a log with any one bit turned never shows another record: it is damaged from there', async () => {
  const good = Buffer.concat([
    batchBytes({ baseOffset: 0, records: ['aa', 'bb', 'cc'].map(text) }),
    batchBytes({ baseOffset: 3, records: ['dd', 'ee'].map(text), codec: 'zstd' }),
    batchBytes({ baseOffset: 5, records: ['ff'].map(text) }),
  ]);
  const all = ['aa', 'bb', 'cc', 'dd', 'ee', 'ff'].map((value, offset) => `${offset} ${value}`);
  for (let bit = 0; bit < good.length * 8; bit += 1) {
    const bytes = Buffer.from(good);
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    const { records, damage } = await read(bytes, 0, 6);
    const shown = records.map(({ offset, value }) => `${offset} ${Buffer.from(value!)}`);
    expect(shown, `bit ${bit}`).toEqual(all.slice(0, shown.length));
    // The leader's epoch is in no record; a length that grew is that of a batch that has not come whole yet.
    if (damage === undefined && shown.length === all.length) expect([12, 13, 14, 15]).toContain(placeInBatch(bit));
    else if (damage === undefined) expect([8, 9, 10, 11]).toContain(placeInBatch(bit));
  }
  function placeInBatch(bit: number): number {
    const byte = bit >> 3;
    const first = good.readInt32BE(8) + 12;
    const second = first + good.readInt32BE(first + 8) + 12;
    return byte - (byte >= second ? second : byte >= first ? first : 0);
  }
});

test.for([
  ['a count that was lowered', { count: 2 }, 'more bytes than the 2 records', 1],
  ['a count that was raised', { count: 4, lastDelta: 3 }, '3 records, and the batch says 4', 3],
  ['a count of none', { count: 0 }, 'more bytes than the 0 records', 0],
  ['a count below none', { count: -5 }, '-5 records in 3 offsets', 0],
  ['a count of more records than offsets', { count: 4 }, '4 records in 3 offsets', 0],
  ['a last offset before the first', { lastDelta: -1 }, 'offsets 0 to -1', 0],
  ['a last offset before the last record', { lastDelta: 1, count: 2 }, 'more bytes than the 2 records', 1],
] as const)('%s is damage, though the checksum agrees', async ([, change, reason, shown]) => {
  for (const codec of CODECS) {
    const records = ['a', 'b', 'c'].map(text);
    const found = await read(batchBytes({ baseOffset: 0, records, codec, ...change }));
    expect(values(found.records)).toEqual(['a', 'b', 'c'].slice(0, shown));
    expect(found.damage).toContain(reason);
  }
});

test.for([
  ['bytes behind the last record', Buffer.concat([bodyOf([text('a')]), Buffer.from([0])])],
  ['a record behind the last', bodyOf([text('a'), text('b')])],
  ['a record that is cut off', bodyOf([text('a')]).subarray(0, -1)],
  ['a record that is longer than what is in it', framed([0, 0, 0, 1, 1, 0, 0])],
  ['a value that runs past its record', framed([0, 0, 0, 1, 40, 65, 0])],
  ['a length below -1', framed([0, 0, 0, 3, 1, 0, 0])],
  ['headers that are not there', framed([0, 0, 0, 1, 1, 8, 0])],
  ['a number without end', framed([0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])],
  ['an offset out of the batch', bodyOf([{ delta: 1, ...text('a') }])],
] as const)('%s is damage, though the checksum agrees', async ([, body]) => {
  for (const codec of CODECS) {
    const found = await read(batchBytes({ baseOffset: 0, codec, packed: pack(codec, body), count: 1, lastDelta: 0 }));
    expect(found.records).toEqual([]);
    expect(found.damage).toBeDefined();
  }
});

test('two records at one offset, or in the wrong order, are damage', async () => {
  for (const deltas of [
    [0, 0],
    [1, 0],
  ]) {
    const records = deltas.map((delta) => ({ delta, ...text('a') }));
    const found = await read(batchBytes({ baseOffset: 0, records, lastDelta: 1 }));
    expect(found.records.length).toBe(1);
    expect(found.damage).toContain('out of its place');
  }
});

test('batches that overlap are damage, and so is one that may have been moved to a wrong offset', async () => {
  const at = (baseOffset: number) => batchBytes({ baseOffset, records: ['a', 'b'].map(text) });
  expect(await read(Buffer.concat([at(0), at(1)]))).toMatchObject({ records: [{ offset: 0 }, { offset: 1 }] });
  // The second claims 130; that it is not true shows in the third.
  const moved = await read(Buffer.concat([at(0), at(130), at(4)]));
  expect(moved.records.map(({ offset }) => offset)).toEqual([0, 1]);
  expect(moved.damage).toContain('do not follow');
});

test('message formats before 2 are named, not misread', async () => {
  const bytes = batchBytes({ baseOffset: 0, records: [text('a')] });
  bytes.writeInt8(1, 16);
  expect(await read(bytes)).toMatchObject({ records: [], damage: 'message format 1; only format 2 is read' });
});

test('values up to a MiB are whole; of larger ones the head, the length and the hashes of the whole are there', async () => {
  const timestampMs = 1_700_000_000_000;
  const specs: BatchSpec['records'] = [MIB - 20, MIB, MIB + 1, 3 * MIB, 9 * MIB].map((length, index) => ({
    key: index === 3 ? null : Buffer.from(`key ${index}`),
    value: Buffer.from(`${index} `.repeat(length / 2 + 1)).subarray(0, length),
    headers: [['h', Buffer.alloc(100_000)] as const, ['none', null] as const, ['', Buffer.from('x')] as const],
  }));
  for (const codec of CODECS) {
    const { records, damage } = await read(batchBytes({ baseOffset: 7, records: specs, codec }), 7);
    expect(damage).toBeUndefined();
    expect(records.map(({ oversized }) => oversized?.valueByteLength)).toEqual([
      undefined,
      undefined,
      MIB + 1,
      3 * MIB,
      9 * MIB,
    ]);
    for (const [index, { value, key, oversized, offset }] of records.entries()) {
      const spec = specs[index]!;
      expect(key).toEqual(spec.key);
      expect(Buffer.from(spec.value!).subarray(0, value!.length).equals(value!)).toBe(true);
      expect(value!.length).toBe(oversized === undefined ? spec.value!.length : 128 * 1024);
      if (oversized === undefined) continue;
      const whole = { offset, timestampMs, key: spec.key as Buffer | null, value: spec.value as Buffer };
      expect(oversized.fingerprint).toBe(recordFingerprint(whole));
    }
  }
});

test('a key that is too long is cut, and said', async () => {
  const record = { key: Buffer.alloc(17 * MIB, 65), value: Buffer.from('v') };
  const { records } = await read(batchBytes({ baseOffset: 0, records: [record], codec: 'gzip' }));
  expect(records[0]).toMatchObject({ value: Buffer.from('v'), oversized: { valueByteLength: 1, fingerprint: null } });
  expect(records[0]!.key!.length).toBeLessThan(MIB);
});

test.for([
  ['zstd', 300],
  ['gzip', 200],
  ['lz4', 200],
] as const)('in a small batch of %s one record of %i MiB costs a part of that', async ([codec, mebibytes]) => {
  const length = mebibytes * MIB;
  const head = Buffer.concat([Buffer.from([0]), varint(0), varint(0), varint(-1), varint(length)]);
  const recordBytes = head.length + length + 1;
  const start = Buffer.concat([varint(recordBytes), head]);
  const body = Buffer.alloc(start.length + length + 1, 32);
  start.copy(body);
  body[body.length - 1] = 0;
  const packed = pack(codec, body);
  const bytes = batchBytes({ baseOffset: 0, codec, packed, count: 1, lastDelta: 0 });
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const sampler = setInterval(() => {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }, 5);
  const { records, damage } = await read(bytes).finally(() => clearInterval(sampler));
  expect(damage).toBeUndefined();
  expect(records).toMatchObject([{ offset: 0, oversized: { valueByteLength: length } }]);
  // Pieces that are no longer held stay in memory until they are collected.
  expect(most).toBeLessThan(130 * MIB);
});

test('a million records of a batch of a few KiB come in bounded chunks', async () => {
  const count = 1_000_000;
  // The same record every time but for its offset: all but the deltas packs to nothing.
  const body = Buffer.alloc(count * 11);
  let size = 0;
  for (let delta = 0; delta < count; delta += 1) {
    const offset = varint(delta);
    const fields = [0, 0, ...offset, 1, 1, 0];
    body[size++] = fields.length * 2;
    for (const byte of fields) body[size++] = byte;
  }
  const packed = pack('zstd', body.subarray(0, size));
  const bytes = batchBytes({ baseOffset: 0, codec: 'zstd', packed, count, lastDelta: count - 1 });
  const { batches } = findBatches(bytes, {
    fromOffset: 0,
    toOffset: count,
    isBatchStart: true,
    highWatermark: count,
  });
  let next = 0;
  let largest = 0;
  for await (const chunk of recordsOf(batches[0]!, 0, count)) {
    largest = Math.max(largest, chunk.length);
    expect(chunk[0]?.offset).toBe(next);
    next += chunk.length;
  }
  expect(next).toBe(count);
  expect(largest).toBeLessThan(50_000);
});

test('of a large batch the records before its damage are shown, and the first offset that cannot be read is named', async () => {
  const count = 50_000;
  const body = bodyOf(Array.from({ length: count }, () => text('a')));
  for (const codec of ['none', 'zstd'] as const) {
    const packed = pack(codec, body.subarray(0, -1));
    const bytes = batchBytes({ baseOffset: 7, codec, packed, count, lastDelta: count - 1 });
    const wanted = { fromOffset: 7, toOffset: count, isBatchStart: true, highWatermark: 1e6 };
    const [batch] = findBatches(bytes, wanted).batches;
    const seen: number[] = [];
    const reading = async (to: number) => {
      for await (const chunk of recordsOf(batch!, 100, to)) seen.push(...chunk.map(({ offset }) => offset));
    };
    await expect(reading(1e6)).rejects.toMatchObject({ name: 'DamagedBytesError', offset: 7 + count - 1 });
    expect([seen[0], seen.at(-1), seen.length]).toEqual([100, 7 + count - 2, count - 1 - 93]);
    // A caller that needs none of what is damaged gets no error.
    seen.length = 0;
    await reading(7 + count - 1);
    expect(seen.at(-1)).toBe(7 + count - 2);
  }
});

test('a frame that breaks off shows the records before that, in each way of unpacking', async () => {
  const records = Array.from({ length: 400 }, (_, i) => ({ value: Buffer.alloc(1_000, String(i * 7_919)) }));
  const body = bodyOf(records);
  const packed = pack('gzip', body);
  const cut = packed.subarray(0, Math.floor(packed.length * 0.9));
  const found = await read(batchBytes({ baseOffset: 0, codec: 'gzip', packed: cut, count: 400, lastDelta: 399 }));
  expect(found.damage).toContain('gzip');
  expect(found.records.length).toBeGreaterThan(100);
  expect(found.records.map(({ value }) => value)).toEqual(
    records.slice(0, found.records.length).map(({ value }) => value),
  );
});

test('any records in any cut of batches and codecs come back as they were', async () => {
  const bytes = fc.option(fc.uint8Array({ maxLength: 30 }).map((array) => Buffer.from(array)));
  const record = fc.record({ key: bytes, value: bytes, timestampDelta: fc.integer({ min: -1_000, max: 10_000_000 }) });
  const batch = fc.record({
    records: fc.array(record, { minLength: 1, maxLength: 6 }),
    codec: fc.constantFrom(...CODECS),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(batch, { maxLength: 5 }), async (batches) => {
      let baseOffset = 0;
      const log = batches.map((spec) => {
        const made = batchBytes({ ...spec, baseOffset });
        baseOffset += spec.records.length;
        return made;
      });
      const found = await read(Buffer.concat(log));
      expect(found.damage).toBeUndefined();
      const sent = batches.flatMap(({ records }) => records);
      expect(found.records.map(({ key, value }) => ({ key, value }))).toEqual(
        sent.map(({ key, value }) => ({ key, value })),
      );
      expect(found.records.map(({ offset }) => offset)).toEqual(sent.map((_, offset) => offset));
      expect(values(found.records).length).toBe(sent.length);
    }),
  );
});

test('a batch whose last bytes are cut off is left for the next answer', async () => {
  const [one, two] = [0, 1].map((baseOffset) => batchBytes({ baseOffset, records: [text('a')] })) as [Buffer, Buffer];
  for (let length = one.length; length < one.length + two.length; length += 1) {
    const found = await read(Buffer.concat([one, two]).subarray(0, length));
    expect([found.records.length, found.damage], `${length} bytes`).toEqual([1, undefined]);
  }
  expect(sealed(Buffer.from(one))).toEqual(one);
});

function framed(fields: readonly number[]): Buffer {
  return Buffer.concat([varint(fields.length), Buffer.from(fields)]);
}
