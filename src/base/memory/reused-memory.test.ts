import { expect, test } from 'vitest';
import { BugError } from '../errors.ts';
import { ReusedMemory } from './reused-memory.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

test('what was given back is handed out again, by any view of it', () => {
  const memory = new ReusedMemory(16 * MIB);
  const first = memory.take(900 * KIB);
  expect(first.length).toBe(900 * KIB);
  memory.release(first.subarray(10, 20));
  const second = memory.take(950 * KIB);
  expect(second.length).toBe(950 * KIB);
  expect(second.buffer).toBe(first.buffer);
});

test('what is in use is never handed out', () => {
  const memory = new ReusedMemory(16 * MIB);
  const taken = Array.from({ length: 5 }, () => memory.take(MIB));
  expect(new Set(taken.map(({ buffer }) => buffer)).size).toBe(5);
});

test('of what is free the smallest that is large enough is taken', () => {
  const memory = new ReusedMemory(16 * MIB);
  const [large, small] = [memory.take(4 * MIB), memory.take(MIB)];
  memory.release(large);
  memory.release(small);
  expect(memory.take(700 * KIB).buffer).toBe(small.buffer);
  expect(memory.take(700 * KIB).buffer).toBe(large.buffer);
  expect(memory.take(700 * KIB).buffer).not.toBe(large.buffer);
});

test('no more than its bound is kept free', () => {
  const memory = new ReusedMemory(2 * MIB);
  const taken = Array.from({ length: 3 }, () => memory.take(MIB));
  for (const bytes of taken) memory.release(bytes);
  const again = Array.from({ length: 3 }, () => memory.take(MIB).buffer);
  expect(again.filter((buffer) => taken.some((bytes) => bytes.buffer === buffer))).toHaveLength(2);
});

test('what is small is left to the garbage collector, and so is what is not its own', () => {
  const memory = new ReusedMemory(MIB);
  const small = memory.take(100);
  memory.release(small);
  memory.release(Buffer.alloc(MIB));
  expect(memory.take(100).buffer).not.toBe(small.buffer);
});

test('giving back twice is a bug', () => {
  const memory = new ReusedMemory(16 * MIB);
  const bytes = memory.take(MIB);
  memory.release(bytes);
  expect(() => memory.release(bytes)).toThrow(BugError);
});
