import { expect, test } from 'vitest';
import { readFetchAnswer } from './fetch-answer.ts';

const RECORDS = Buffer.from('abc');

/** An answer of version 11, correlation id in front, for these numbers of topics and partitions. */
function answer({ topics = 1, partitions = 1, length = RECORDS.length } = {}): Buffer {
  const bytes = Buffer.alloc(14 + 2 + 1 + 4 + 4 + 2 + 8 + 8 + 8 + 4 + 4 + 4);
  let at = bytes.writeInt32BE(topics, 10);
  at = bytes.writeInt16BE(1, at);
  at += bytes.write('t', at);
  at = bytes.writeInt32BE(partitions, at);
  at = bytes.writeInt32BE(3, at);
  at = bytes.writeInt16BE(0, at);
  at = bytes.writeBigInt64BE(9n, at);
  at = bytes.writeBigInt64BE(8n, at);
  at = bytes.writeBigInt64BE(2n, at);
  at = bytes.writeInt32BE(0, at);
  at = bytes.writeInt32BE(-1, at);
  bytes.writeInt32BE(length, at);
  return Buffer.concat([bytes, RECORDS]);
}

test('an answer for one partition is taken apart', () => {
  expect(readFetchAnswer(answer())).toMatchObject({ errorCode: 0, highWatermark: 9, logStartOffset: 2 });
  expect(String(readFetchAnswer(answer()).bytes)).toBe('abc');
});

test.each([
  [{ topics: 2 }, /2 topics and 1 partitions/],
  [{ partitions: 2 }, /1 topics and 2 partitions/],
  [{ partitions: 0 }, /1 topics and 0 partitions/],
  [{ length: 4 }, /3 of 4 bytes/],
])('an answer of another size than was asked for is refused: %o', (change, words) => {
  expect(() => readFetchAnswer(answer(change))).toThrow(words);
});
