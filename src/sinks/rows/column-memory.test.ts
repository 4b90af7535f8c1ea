import { expect, test } from 'vitest';
import { Scratch } from './column-memory.ts';

test('columns that live at the same time do not overlap, whether they fit or not', () => {
  const scratch = new Scratch();
  for (let round = 0; round < 3; round += 1) {
    scratch.reset();
    const columns = Array.from({ length: 9 }, (_, index) => scratch.int32(3_001 + index).fill(index));
    const bits = scratch.bytes(1_001).fill(0xff);
    for (const [index, column] of columns.entries()) expect(column.every((value) => value === index)).toBe(true);
    expect(bits.every((value) => value === 0xff)).toBe(true);
  }
});

test('after a reset the same memory is used, all of it once it is known what is wanted', () => {
  const scratch = new Scratch();
  const both = () => [scratch.int32(50_000).buffer, scratch.int32(50_000).buffer];
  both();
  scratch.reset();
  const [first, second] = both();
  expect(second).toBe(first);
  scratch.reset();
  for (const again of both()) expect(again).toBe(first);
});
