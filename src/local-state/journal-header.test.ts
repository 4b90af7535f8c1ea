import { expect, it } from 'vitest';
import { decodeHeader, encodeHeader, HEADER_BYTES } from './journal-header.ts';

it('a header has room for any name that Kafka takes, and refuses one that would be cut', () => {
  const longest = { topic: 't'.repeat(249), partition: 2 ** 31 - 1 };
  const header = encodeHeader(longest, 12_345);
  expect(header).toHaveLength(HEADER_BYTES);
  expect(decodeHeader(header, longest)).toBe(12_345);
  expect(() => encodeHeader({ topic: 't'.repeat(HEADER_BYTES), partition: 0 }, 0)).toThrow(/longer than one of Kafka/);
});
