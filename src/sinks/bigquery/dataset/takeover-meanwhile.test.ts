/** Rows are counted while partitions change hands: what was read a moment too early is no loss. */
import { expect, it } from 'vitest';
import type { StoredOwnership, StreamRef } from '../ports.ts';
import { neverSeen } from '../schema.ts';
import { DatasetInspector } from './inspect.ts';
import { ScriptedDataset } from './testing/scripted-dataset.ts';

const TOPIC = 'payments';

/** Reads of ownership after which nobody takes the partition over. */
const TAKEOVERS_MAX = 20;

/**
 * Right after each look at the ownership rows the next owner claims the partition, drops the streams of epochs before the one
 * that wrote the greatest checkpoint, and writes a row and a checkpoint.
 */
async function inspectorOf(readEpoch: (epoch: number) => number) {
  const service = await ScriptedDataset.whole();
  let epoch = 2;
  const write = (): void => {
    service.rows = [
      ['position', '0', '100', String(epoch), '0'],
      ['counters', '0', '60', '40', '0'],
      ['partials', '0', '0', '0', '0'],
      ['payment_transactions', '0', '60', '61', String(epoch)],
      ['payment_transactions_fraud', '0', '60', '61', String(epoch)],
      ['payment_exceptions', '0', '40', '40', String(epoch)],
    ];
  };
  write();
  const queries = {
    topics: async () => [TOPIC],
    readOwnership: async (): Promise<StoredOwnership[]> => {
      const row = ownedAt(readEpoch(epoch));
      if (epoch < TAKEOVERS_MAX) epoch++;
      write();
      return [row];
    },
  };
  return new DatasetInspector({ ...service.parts(), queries, seen: neverSeen() });
}

function ownedAt(epoch: number): StoredOwnership {
  const streams = [epoch - 1, epoch].map(
    (each): StreamRef => ({ epoch: each, table: 'payment_transactions', name: `s${each}`, createdAtMs: 0 }),
  );
  return { topic: TOPIC, partition: 0, epoch, streams, skipped: [], history: [] } as unknown as StoredOwnership;
}

it('rows of an owner that claimed after the ownership rows were read are no lost ownership row', async () => {
  const { findings } = await (await inspectorOf((epoch) => epoch)).assess(true);
  expect(findings).toEqual([]);
});

it('an ownership row of an earlier moment is found all the same', async () => {
  const { findings } = await (await inspectorOf((epoch) => epoch - 1)).assess(true);
  expect(findings).toMatchObject([{ code: 'rows_lost', table: 'partition_ownership' }]);
});
