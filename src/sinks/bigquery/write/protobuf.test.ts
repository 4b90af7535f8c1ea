import { expect, it } from 'vitest';
import { fieldsOf } from './protobuf.ts';

const key = (number: number, kind: number): number => number * 8 + kind;

it('fields of fixed width are passed over, each by its own; what is around them is read', () => {
  const message = Buffer.from([
    ...[key(1, 0), 5],
    ...[key(2, 1), 1, 2, 3, 4, 5, 6, 7, 8],
    ...[key(3, 2), 2, 0x61, 0x62],
    ...[key(4, 5), 1, 2, 3, 4],
    ...[key(5, 1), 8, 7, 6, 5, 4, 3, 2, 1],
    ...[key(6, 0), 0x96, 0x01],
  ]);
  expect([...fieldsOf(message)]).toEqual([
    { number: 1, value: 5n },
    { number: 3, value: Buffer.from('ab') },
    { number: 6, value: 150n },
  ]);
});

it.each([
  ['a varint', [key(1, 0), 0x80]],
  ['bytes', [key(1, 2), 3, 1, 2]],
  ['eight bytes', [key(1, 1), 1, 2, 3, 4, 5, 6, 7]],
  ['four bytes', [key(1, 5), 1, 2, 3]],
])('a message that is cut within %s is an error', (_, bytes) => {
  expect(() => [...fieldsOf(Buffer.from(bytes))]).toThrow(/cut short/);
});

it('a varint has up to ten bytes and is a signed number of 64 bits; a longer one is an error', () => {
  const ofBytes = (last: number[]): bigint[] =>
    [...fieldsOf(Buffer.from([key(1, 0), ...Array<number>(9).fill(0xff), ...last]))].map(
      ({ value }) => value as bigint,
    );
  expect(ofBytes([0x01])).toEqual([-1n]);
  expect([...fieldsOf(Buffer.from([key(1, 0), ...Array<number>(8).fill(0xff), 0x7f]))]).toEqual([
    { number: 1, value: 2n ** 63n - 1n },
  ]);
  expect(() => ofBytes([0x81, 0x01])).toThrow(/cut short/);
});
