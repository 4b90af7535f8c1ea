import { expect, it } from 'vitest';
import { EntryBatch } from './entry-batch.ts';

/** The bytes of an entry in a fresh batch in which only the seal is written. */
function bytesOf(batch: EntryBatch, fillByte: number | undefined): Buffer {
  batch.put(Buffer.from('key'), 21, (value) => {
    if (fillByte !== undefined) value.fill(fillByte);
  });
  return Buffer.from(batch.bytes);
}

it('an entry begins as zeros, also where the memory held another before: what is not filled, and what is padded', () => {
  const fresh = bytesOf(new EntryBatch(7), undefined);
  const used = new EntryBatch(7);
  bytesOf(used, 0xff);
  used.clear();
  expect(bytesOf(used, undefined).equals(fresh)).toBe(true);
  // Of the value only the seal is non-zero; of the rest the two lengths and the key.
  expect(fresh.filter((byte) => byte !== 0).length).toBeLessThanOrEqual(4 + 2 + 3);
});
