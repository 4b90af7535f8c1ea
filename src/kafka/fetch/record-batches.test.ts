/** What is read of an answer: the committed records of sound batches, and a named stop at everything else. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BatchSpec, batch, record, sealed, varint } from '../testing/batch-bytes.ts';
import { BrokenBatchError } from './batch-scan.ts';
import { AnswerReader, DEFAULT_ANSWER_LIMITS, readBatches } from './record-batches.ts';

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
  const bytes = batch({ baseOffset: 10, values: ['a', 'b', 'c', 'd'] });
  const { records, completeTo } = readBatches(bytes, 12, []);
  expect(records.map(({ offset }) => offset)).toEqual([12, 13]);
  expect(completeTo).toBe(14);
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
  // In the order in which they ended, the broker's order.
  const aborted = [
    { producerId: 2n, firstOffset: 1 },
    { producerId: 1n, firstOffset: 0 },
  ];
  const { records, completeTo } = readBatches(log, 0, aborted);
  expect(records.map(({ value }) => value?.toString())).toEqual(['b1', 'plain']);
  expect(completeTo).toBe(9);
});

test.for(['gzip', 'snappy', 'raw-snappy', 'lz4', 'zstd'] as const)('%s is unpacked', (codec) => {
  const { records } = readBatches(batch({ baseOffset: 0, values: ['a', 'b'], codec }), 0, []);
  expect(records.map(({ value }) => value?.toString())).toEqual(['a', 'b']);
});

test('a missing codec ends the reading after what is before it, and is named', () => {
  const bytes = Buffer.concat([
    batch({ baseOffset: 0, values: ['a'] }),
    batch({ baseOffset: 1, values: ['b'], codec: 'unknown' }),
  ]);
  const { records, completeTo, stoppedBy } = readBatches(bytes, 0, []);
  expect([records.length, completeTo]).toEqual([1, 1]);
  expect(stoppedBy).toMatchObject({ name: 'CodecMissingError', codec: 'number 5' });
});

test('an aborted batch in a missing codec is no obstacle: nobody needs to read it', () => {
  const bytes = batch({ baseOffset: 0, values: ['a'], codec: 'unknown', producerId: 1n, kind: 'transactional' });
  const { completeTo, stoppedBy } = readBatches(bytes, 0, [{ producerId: 1n, firstOffset: 0 }]);
  expect([completeTo, stoppedBy]).toEqual([1, undefined]);
});

test('message formats before 2 are refused, not misread', () => {
  const { completeTo, stoppedBy } = readBatches(batch({ baseOffset: 3, values: ['a'], magic: 1 }), 3, []);
  expect(completeTo).toBe(3);
  expect(stoppedBy).toBeInstanceOf(BrokenBatchError);
});

/** One digit of an amount changes on a disk; the length and everything else stay. */
test('a byte that is not what the producer sent stops the reading at its batch, and says where', () => {
  const before = batch({ baseOffset: 0, values: ['a'] });
  const log = Buffer.concat([
    before,
    batch({ baseOffset: 1, values: ['{"amount":712.63}', 'b'] }),
    batch({ baseOffset: 3 }),
  ]);
  log[log.indexOf('712.63')] = '9'.charCodeAt(0);
  expect(readBatches(log, 0, [])).toMatchObject({ completeTo: 1, records: [{ offset: 0 }], stoppedBatchEnd: 3 });
  const { stoppedBy, completeTo, records } = readBatches(log.subarray(before.length), 1, []);
  expect([completeTo, records]).toEqual([1, []]);
  expect(stoppedBy).toBeInstanceOf(BrokenBatchError);
  expect(stoppedBy?.message).toMatch(/^its checksum is 0x[0-9a-f]{8}, that of its bytes is 0x[0-9a-f]{8}$/);
});

const NOT_SOUND: Readonly<Record<string, Omit<BatchSpec, 'baseOffset'>>> = {
  'fewer records claimed than there are offsets': { values: ['a', 'b', 'c'], count: 2 },
  'no records claimed': { values: ['a', 'b', 'c'], count: 0 },
  'a number of records below nothing': { values: ['a'], count: -5 },
  'no records, and no offsets': { values: [], count: 0, lastOffsetDelta: -1 },
  'fewer records and offsets than bytes': { values: ['a', 'b', 'c'], count: 2, lastOffsetDelta: 1 },
  'more records and offsets than bytes': { values: ['a', 'b', 'c'], count: 4, lastOffsetDelta: 3 },
  'bytes behind the last record': { values: ['a'], trailing: Buffer.from([0]) },
  'offsets that skip one': { values: ['a', 'b'], deltas: [0, 2], count: 2 },
  'the same offset twice': { values: ['a', 'b'], deltas: [0, 0] },
  'offsets that fall': { values: ['a', 'b'], deltas: [1, 0] },
  'a record longer than its parts': {
    packed: Buffer.concat([varint(9), record(0, 0, null, null).subarray(1), Buffer.alloc(3)]),
  },
  'a header without a name': { values: ['a'], headers: Buffer.concat([varint(1), varint(-1), varint(-1)]) },
  'headers below nothing': { values: ['a'], headers: varint(-1) },
  'headers that are not there': { values: ['a'], headers: varint(1_000_000) },
  'a value of a length below nothing': {
    packed: Buffer.concat([varint(6), Buffer.from([0, 0, 0]), varint(-1), varint(-2), varint(0)]),
  },
  'broken gzip': { codec: 'gzip', packed: Buffer.from('no gzip') },
  'broken zstd': { codec: 'zstd', packed: Buffer.from('no zstd') },
};

test.for(Object.entries(NOT_SOUND))(
  'a batch with %s, though its checksum is right, is stopped at',
  async ([, spec]) => {
    const bytes = Buffer.concat([batch({ baseOffset: 4, ...spec }), batch({ baseOffset: 5 })]);
    const reading = new AnswerReader(bytes, 4, []);
    const chunk = await reading.read(DEFAULT_ANSWER_LIMITS);
    expect(chunk.stoppedBy).toBeInstanceOf(BrokenBatchError);
    expect(chunk.completeTo).toBeLessThan(8);
    expect(chunk.records.length).toBe(chunk.completeTo - 4);
    expect(chunk.records.every(({ offset }, i) => offset === 4 + i)).toBe(true);
  },
);

test.for([
  ['leaves offsets out', 3],
  ['overlaps the one before', 1],
  ['lies before it', 0],
] as const)('a batch that %s is stopped at: no checksum covers where it begins', ([, baseOffset]) => {
  const bytes = Buffer.concat([batch({ baseOffset: 0, values: ['a', 'b'] }), batch({ baseOffset })]);
  expect(readBatches(bytes, 0, [])).toMatchObject({ completeTo: 2, stoppedBy: { name: 'BrokenBatchError' } });
});

test('an answer that begins past the offset asked for is no answer', () => {
  expect(readBatches(batch({ baseOffset: 9 }), 7, [])).toMatchObject({
    completeTo: 7,
    stoppedBy: { message: 'it claims to begin at offset 9; offset 7 comes next' },
  });
});

test('a first batch that does not come whole is named: a size limit never cuts it, and asking again would not end', () => {
  const bytes = batch({ baseOffset: 0, values: ['abc'] });
  for (let length = 1; length < bytes.length; length += 1) {
    const { completeTo, stoppedBy } = readBatches(bytes.subarray(0, length), 0, []);
    expect([completeTo, stoppedBy?.name], `${length} bytes`).toEqual([0, 'BrokenBatchError']);
  }
});

test.for(['commit', 'abort'] as const)(
  'a list of aborted transactions that a marker (%s) contradicts is not believed, and nothing of the transaction is read',
  (kind) => {
    const log = Buffer.concat([
      batch({ baseOffset: 0, values: ['before'] }),
      batch({ baseOffset: 1, values: ['x'], producerId: 7n, kind: 'transactional' }),
      batch({ baseOffset: 2, producerId: 7n, kind }),
    ]);
    const right = kind === 'abort' ? [{ producerId: 7n, firstOffset: 1 }] : [];
    const wrong = kind === 'abort' ? [{ producerId: 8n, firstOffset: 1 }] : [{ producerId: 7n, firstOffset: 1 }];
    expect(readBatches(log, 0, right)).toMatchObject({ completeTo: 3, stoppedBy: undefined });
    const { records, completeTo, stoppedBy } = readBatches(log, 0, wrong);
    expect([records.map(({ value }) => value?.toString()), completeTo]).toEqual([['before'], 1]);
    expect(stoppedBy?.message).toContain('the marker at offset 2 says');
  },
);

const GOOD = [
  batch({
    baseOffset: 0,
    values: ['aa', 'bb', 'cc'],
    headers: Buffer.concat([varint(1), varint(1), Buffer.from('h'), varint(-1)]),
  }),
  batch({ baseOffset: 3, values: ['committed'], producerId: 1n, kind: 'transactional' }),
  batch({ baseOffset: 4, values: ['aborted'], producerId: 2n, kind: 'transactional' }),
  batch({ baseOffset: 5, producerId: 2n, kind: 'abort' }),
  batch({ baseOffset: 6, producerId: 1n, kind: 'commit' }),
  batch({ baseOffset: 7, values: ['dd', null], codec: 'zstd' }),
  batch({ baseOffset: 9, values: ['ee'.repeat(50), 'ff'], codec: 'gzip', key: Buffer.from('key') }),
];
const ABORTED = [{ producerId: 2n, firstOffset: 4 }];
const told = (records: readonly { offset: number; timestampMs: number; key: Buffer | null; value: Buffer | null }[]) =>
  records.map(({ offset, timestampMs, key, value }) => `${offset} ${timestampMs} ${String(key)} ${String(value)}`);

test('with any byte of an answer changed, reading yields true records from the first one on, then a named stop', async () => {
  const good = Buffer.concat(GOOD);
  const truth = told(readBatches(good, 0, ABORTED).records);
  expect(truth).toHaveLength(8);
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: good.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, bits) => {
      const bytes = Buffer.from(good);
      bytes[at] = bytes[at]! ^ bits;
      await expectTrueOrStopped(bytes, truth);
    }),
    { numRuns: 3_000 },
  );
});

const OF_ALL_CODECS = [
  ...GOOD,
  batch({ baseOffset: 11, values: ['gg'.repeat(50), 'hh'], codec: 'snappy' }),
  batch({ baseOffset: 13, values: ['ii'.repeat(50), 'jj'], codec: 'raw-snappy' }),
  batch({ baseOffset: 15, values: ['kk'.repeat(50), 'll'], codec: 'lz4' }),
];

test('any change with a matching checksum leads to records and named stops only', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: OF_ALL_CODECS.length - 1 }),
      fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 }),
      async (which, changes) => {
        const bytes = Buffer.from(OF_ALL_CODECS[which]!);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        const reading = new AnswerReader(sealed(bytes), Number(OF_ALL_CODECS[which]!.readBigInt64BE(0)), []);
        for (let chunks = 0; chunks < 100; chunks += 1) {
          const { records, completeTo, stoppedBy, isLast } = await reading.read(DEFAULT_ANSWER_LIMITS);
          expect(records.every(({ offset }) => offset < completeTo)).toBe(true);
          expect([undefined, 'BrokenBatchError', 'CodecMissingError']).toContain(stoppedBy?.name);
          if (isLast) return;
        }
        throw new Error('it does not end');
      },
    ),
    { numRuns: 3_000 },
  );
});

async function expectTrueOrStopped(bytes: Buffer, truth: readonly string[]): Promise<void> {
  const reading = new AnswerReader(bytes, 0, ABORTED);
  const { records, stoppedBy, completeTo, isLast } = await reading.read(DEFAULT_ANSWER_LIMITS);
  const seen = told(records);
  expect(seen).toEqual(truth.slice(0, seen.length));
  expect(isLast).toBe(true);
  // What is cut off behind a whole batch is fetched again, and is then a first batch.
  if (stoppedBy === undefined && completeTo < 11) expect(completeTo).toBeGreaterThan(0);
  else if (stoppedBy === undefined) expect(seen).toEqual(truth);
  else expect(['BrokenBatchError', 'CodecMissingError']).toContain(stoppedBy.name);
}

test.each([
  ['without a key', Buffer.alloc(0)],
  ['with half a key', Buffer.from([0, 0])],
])('a control batch %s ends no transaction: its key says which', (_, key) => {
  const marker = batch({ baseOffset: 1, kind: 'commit', producerId: 7n, packed: record(0, 0, key, null) });
  const bytes = Buffer.concat([batch({ baseOffset: 0, kind: 'transactional', producerId: 7n, values: ['a'] }), marker]);
  const { records, completeTo } = readBatches(bytes, 0, []);
  expect([records.map(({ offset }) => offset), completeTo]).toEqual([[0], 2]);
});
