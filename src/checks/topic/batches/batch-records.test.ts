/** Batches of very many records, and records of very many bytes: read in pieces, all of them. */
import { expect, test } from 'vitest';
import { batchBytes } from '../testing/log-bytes.ts';
import { findBatches } from './batch.ts';
import { recordsOf } from './batch-records.ts';

const MIB = 2 ** 20;

async function read(bytes: Buffer) {
  const wanted = { fromOffset: 0, toOffset: 1_000_000, isBatchStart: true, highWatermark: 1_000_000 };
  const [batch] = findBatches(bytes, wanted).batches;
  return (await Array.fromAsync(recordsOf(batch!, 0, 1_000_000))).flat();
}

test('a batch of more records than are taken at once is read piece by piece, all of it', async () => {
  const count = 20_001;
  const records = Array.from({ length: count }, (_, index) => ({ value: Buffer.from(`v${index}`) }));
  const found = await read(batchBytes({ baseOffset: 0, records, codec: 'none' }));
  expect([found.length, String(found.at(-1)!.value)]).toEqual([count, `v${count - 1}`]);
});

test('headers of a record that is too long to be held whole are passed over, those without a value too', async () => {
  const headers = [['h', null] as const, ['', Buffer.alloc(200)] as const, ['i', null] as const];
  const records = [{ value: Buffer.alloc(3 * MIB, 'x'), headers }, { value: Buffer.from('behind') }];
  const found = await read(batchBytes({ baseOffset: 0, records, codec: 'none' }));
  expect(found.map(({ offset, oversized }) => [offset, oversized?.valueByteLength])).toEqual([
    [0, 3 * MIB],
    [1, undefined],
  ]);
});

test.each([0, 3 * MIB])(
  'a header whose name is not UTF-8 has no name that a path can ask for: %i bytes',
  async (size) => {
    const headers = [[Buffer.of(0xff), Buffer.from('x')] as const, ['\ufffd', Buffer.from('y')] as const];
    const [found] = await read(
      batchBytes({ baseOffset: 0, records: [{ value: Buffer.alloc(size), headers }], codec: 'none' }),
    );
    expect(found!.headers?.map(({ name, value }) => [name, String(value)])).toEqual([['\ufffd', 'y']]);
  },
);
