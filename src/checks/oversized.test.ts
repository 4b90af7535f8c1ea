import { expect, test } from 'vitest';
import type { TopicRecord } from './inputs/verify-inputs.ts';
import { maskedVersion1, maskedVersion2 } from './oracle/kept-payload.ts';
import { PartitionOracle } from './oracle/recompute.ts';
import { BASE_MS, event, ownershipOf } from './testing/history.ts';
import { findBatches } from './topic/batches/batch.ts';
import { recordsOf } from './topic/batches/batch-records.ts';
import { batchBytes } from './topic/testing/log-bytes.ts';

async function read(value: Buffer): Promise<TopicRecord> {
  const records = [{ key: Buffer.from('alice'), value }];
  const bytes = batchBytes({ baseOffset: 0, records, codec: 'zstd', baseTimestampMs: BASE_MS });
  const wanted = { fromOffset: 0, toOffset: 1, isBatchStart: true, highWatermark: 1 };
  const [batch] = findBatches(bytes, wanted).batches;
  return (await Array.fromAsync(recordsOf(batch!, 0, 1))).flat()[0]!;
}

test('a record of which only the head is held is judged by its whole length, and its payload is what the whole would give', async () => {
  const text = JSON.stringify({ ...event('a', 0), filler: '4111 1111 1111 1111 é'.repeat(60_000) });
  const value = Buffer.from(text);
  const record = await read(value);
  expect(record.value!.length).toBeLessThan(value.length);
  const outcome = new PartitionOracle(ownershipOf(0)).take(record);
  expect(outcome.disposition).toBe('rejected');
  if (outcome.disposition === 'rejected') expect([...outcome.must.reasons]).toEqual(['value_too_large']);
  expect(maskedVersion1(record.value!)).toBe(maskedVersion1(value));
  expect(maskedVersion2(record.value!, null)).toBe(maskedVersion2(value, null));
});

test('a value of a MiB to the byte is held whole, and judged by what it says', async () => {
  const start = JSON.stringify(event('a', 0));
  const value = Buffer.alloc(1024 * 1024, ' ');
  value.write(start);
  const record = await read(value);
  expect(record.oversized).toBeUndefined();
  expect(new PartitionOracle(ownershipOf(0)).take(record).disposition).toBe('accepted');
});
