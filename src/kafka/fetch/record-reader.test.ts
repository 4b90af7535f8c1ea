/** A record is read to the end that it claims, and is broken where it ends elsewhere. */
import { expect, test } from 'vitest';
import { headersOf, record, varint } from '../testing/batch-bytes.ts';
import { MOST_VARINT_BYTES, MOST_VARLONG_BYTES, RecordReader, readVarint } from './record-reader.ts';

/** A record that claims the bytes behind it as well. */
function claiming(first: Buffer, behind: Buffer): Buffer {
  const length = readVarint(first, 0, MOST_VARINT_BYTES);
  return Buffer.concat([varint(length.value + behind.length), first.subarray(length.bytes), behind]);
}

/** A record of attributes, two deltas of zero and these bytes, which claims just them. */
function behindDeltas(...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat([Buffer.alloc(3), ...parts]);
  return Buffer.concat([varint(content.length), content]);
}

test('a record that claims more than its fields take is broken, even where a whole record lies behind them', () => {
  const second = record(1, 1, null, 'b');
  const reader = new RecordReader(claiming(record(0, 0, null, 'a'), second));
  expect(() => reader.next()).toThrow(`a record ends ${second.length} bytes before the end that it claims`);
  expect(reader.at).toBe(0);
});

test('a record that claims fewer bytes than its fields take is broken', () => {
  const whole = record(0, 0, Buffer.from('k'), 'value');
  const length = readVarint(whole, 0, MOST_VARINT_BYTES);
  for (let claimed = 0; claimed < length.value; claimed += 1) {
    const reader = new RecordReader(Buffer.concat([varint(claimed), whole.subarray(length.bytes)]));
    expect(() => reader.next(), `${claimed} of ${length.value}`).toThrow(RangeError);
    expect(reader.at).toBe(0);
  }
});

test.each([
  ['fewer bytes than none', varint(-1), 'a record claims -1 bytes, and 0 are left'],
  ['more bytes than there are', Buffer.concat([varint(9), Buffer.alloc(8)]), 'a record claims 9 bytes, and 8 are left'],
  ['a key past its end', behindDeltas(varint(9), Buffer.from('k')), 'claims 9 bytes, and 1 are left'],
  ['a key of no length that there is', behindDeltas(varint(-2), Buffer.from('k')), 'claims -2 bytes, and 1 are left'],
  ['a value past its end', behindDeltas(varint(-1), varint(5), Buffer.from('v')), 'claims 5 bytes, and 1 are left'],
  ['fewer headers than none', behindDeltas(varint(-1), varint(-1), varint(-1)), 'a record claims -1 headers'],
  ['no header', behindDeltas(varint(-1), varint(-1)), 'runs past the end'],
])('a record that claims %s is broken', (_, bytes, words) => {
  const reader = new RecordReader(bytes);
  expect(() => reader.next()).toThrow(words);
  expect(reader.at).toBe(0);
});

test('headers are walked over, all of them and nothing else', () => {
  const headers = headersOf(['a', '1'], ['b', null], ['', ''], ['d', '4']);
  const reader = new RecordReader(record(0, 0, null, 'v', headers));
  reader.next();
  expect(reader.at).toBe(reader.bytes.length);
  const read = (bytes: Buffer) => () => new RecordReader(bytes).readHeaders();
  expect(read(headers)).not.toThrow();
  expect(read(Buffer.concat([headers, Buffer.from('rest')]))).toThrow('ends 4 bytes before the end');
  expect(read(headers.subarray(0, -1))).toThrow('claims 1 bytes, and 0 are left');
  expect(read(varint(-1))).toThrow('claims -1 headers');
  expect(read(Buffer.concat([varint(1), varint(-1), varint(-1)]))).toThrow('a header without a name');
  expect(read(Buffer.alloc(0))).toThrow('runs past the end');
});

test.each([63, 64, 127, 128, 8_191, 8_192, 70_000])('a value of %d bytes is found behind a key as long', (length) => {
  const [key, value] = [Buffer.alloc(length, 'k'), Buffer.alloc(length, 'v')];
  const reader = new RecordReader(record(1_000_000, 70, key, value, headersOf(['name', 'h'.repeat(length)])));
  reader.next();
  const { bytes, keyStart, keyEnd, valueStart, valueEnd } = reader;
  expect([reader.timestampDelta, reader.offsetDelta, reader.at]).toEqual([1_000_000, 70, bytes.length]);
  expect(bytes.subarray(keyStart, keyEnd).equals(key)).toBe(true);
  expect(bytes.subarray(valueStart, valueEnd).equals(value)).toBe(true);
});

test('no field is read from the bytes of the record behind', () => {
  const withoutHeaders = behindDeltas(varint(-1), varint(-1));
  const reader = new RecordReader(Buffer.concat([withoutHeaders, record(0, 1, null, 'b')]));
  expect(() => reader.next()).toThrow('runs past the end');
});

test('records of one list are read one after the other, with the places of key and value', () => {
  const [first, second] = [record(3, 0, Buffer.from('key'), 'value'), record(-4, 1, null, null)];
  const reader = new RecordReader(Buffer.concat([first, second]));
  reader.next();
  const { bytes, keyStart, keyEnd, valueStart, valueEnd } = reader;
  expect([reader.timestampDelta, reader.offsetDelta, reader.at]).toEqual([3, 0, first.length]);
  expect([bytes.toString('utf8', keyStart, keyEnd), bytes.toString('utf8', valueStart, valueEnd)]).toEqual([
    'key',
    'value',
  ]);
  reader.next();
  expect([reader.timestampDelta, reader.offsetDelta, reader.at]).toEqual([-4, 1, bytes.length]);
  expect([reader.keyStart, reader.valueStart]).toEqual([-1, -1]);
  expect(() => reader.next()).toThrow('runs past the end');
});

test('the length of the next record is known once its bytes are here, and not before', () => {
  for (const whole of [record(0, 0, null, 'x'.repeat(300)), record(0, 0, null, null)]) {
    for (let length = 0; length <= whole.length; length += 1) {
      const reader = new RecordReader(whole.subarray(0, length));
      expect(reader.peekLength(), `${length} bytes`).toBe(length === whole.length ? length : undefined);
    }
  }
  // Two bytes, and the first says that one follows: no record, but its length is known.
  expect(new RecordReader(Buffer.from([2, 0])).peekLength()).toBe(2);
  expect(new RecordReader(Buffer.from([0x80, 0x80])).peekLength()).toBeUndefined();
  const whole = record(0, 0, null, 'x');
  const behind = new RecordReader(Buffer.concat([Buffer.from([9, 9]), whole]), 2);
  expect(behind.peekLength()).toBe(whole.length);
});

test.each([0, -1, 1, 63, 64, -64, -65, 2 ** 31 - 1, -(2 ** 31)])('%d is read as it was written', (value) => {
  const bytes = varint(value);
  expect(readVarint(bytes, 0, MOST_VARINT_BYTES)).toEqual({ value, bytes: bytes.length });
  expect(readVarint(Buffer.concat([Buffer.from([7]), bytes]), 1, MOST_VARLONG_BYTES)).toEqual({
    value,
    bytes: bytes.length,
  });
  expect(() => readVarint(bytes, 0, MOST_VARINT_BYTES, bytes.length - 1)).toThrow('runs past the end');
});

test.each([
  [2 ** 31, MOST_VARINT_BYTES, 'more than 32 bits'],
  [-(2 ** 31) - 1, MOST_VARINT_BYTES, 'more than 32 bits'],
  [2 ** 35, MOST_VARINT_BYTES, 'more than 5 bytes'],
])('%d is too large for a number of %d bytes', (value, mostBytes, words) => {
  expect(() => readVarint(varint(value), 0, mostBytes)).toThrow(words);
  expect(readVarint(varint(value), 0, MOST_VARLONG_BYTES).value).toBe(value);
});
