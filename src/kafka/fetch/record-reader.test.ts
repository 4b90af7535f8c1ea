/** A record is read to the end that it claims, and is broken where it ends elsewhere. */
import { expect, test } from 'vitest';
import { record, varint } from '../testing/batch-bytes.ts';
import { MOST_VARINT_BYTES, MOST_VARLONG_BYTES, RecordReader, readVarint } from './record-reader.ts';

/** A record that claims the bytes behind it as well. */
function claiming(first: Buffer, behind: Buffer): Buffer {
  const length = readVarint(first, 0, MOST_VARINT_BYTES);
  return Buffer.concat([varint(length.value + behind.length), first.subarray(length.bytes), behind]);
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
  const whole = record(0, 0, null, 'x'.repeat(300));
  for (let length = 0; length <= whole.length; length += 1) {
    const reader = new RecordReader(whole.subarray(0, length));
    expect(reader.peekLength(), `${length} bytes`).toBe(length === whole.length ? length : undefined);
  }
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
