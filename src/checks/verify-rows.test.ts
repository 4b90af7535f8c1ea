/** Rows that no run of the pipeline writes: outside every query by partition and epoch, and still found. */
import { describe, expect, test } from 'vitest';
import type { CheckedTable, TableCells } from './inputs/verify-inputs.ts';
import { faultless, inputsOf, inputsWith, ownershipOf, type PartitionHistory } from './testing/history.ts';
import { found, records } from './testing/judged.ts';
import { verify } from './verify.ts';

const TABLES = [
  ['payment_transactions', 'G1'],
  ['payment_transactions_fraud', 'G4'],
  ['payment_metrics_partials', 'G3'],
  ['payment_exceptions', 'G1'],
] as const;

function add<T extends CheckedTable>(history: PartitionHistory, table: T, changes: object): TableCells[T] {
  const rows = history[table] as TableCells[T][];
  const row = { ...rows[0]!, ...changes };
  rows.push(row);
  return row;
}

describe.each(TABLES)('%s', (table, guarantee) => {
  test('a row with writer_epoch -1 is named', async () => {
    const history = faultless(records());
    add(history, table, { writer_epoch: -1, kafka_offset: 3, transaction_id: 'phantom' });
    const { guarantees, verdict } = await verify(inputsOf(history));
    expect(verdict).toBe('FAIL');
    expect(guarantees[guarantee].findings).toMatchObject([{ kind: 'epoch_of_nobody', partition: 0, offsets: [3] }]);
  });

  test('a row with an epoch that no owner had is named', async () => {
    const history = faultless(records());
    add(history, table, { writer_epoch: 7, kafka_offset: 13 });
    expect((await found(history)).G5).toContain('epoch_unknown');
  });

  test.each(['kafka_partition', 'kafka_offset', 'writer_epoch'])('a row with NULL in %s is named', async (column) => {
    const history = faultless(records());
    const row = { ...history[table][0]!, ...(column === 'kafka_partition' ? {} : { [column]: null }) };
    const partition = column === 'kafka_partition' ? null : 0;
    const inputs = inputsWith([history], { rows: { [table]: [{ partition, row }] } });
    const { guarantees } = await verify(inputs);
    expect(guarantees[guarantee].findings).toMatchObject([{ kind: 'null_column', partition }]);
  });

  test('rows of a partition without an ownership row are named, of any epoch', async () => {
    for (const writer_epoch of [0, 1]) {
      const history = faultless(records());
      const row = { ...history[table][0]!, writer_epoch };
      const inputs = inputsWith([history], { rows: { [table]: [{ partition: 3, row }] } });
      const { guarantees } = await verify(inputs);
      expect(guarantees[guarantee].findings).toMatchObject([{ kind: 'phantom', partition: 3 }]);
    }
  });

  test('rows that were not read are missed: COUNT(*) tells', async () => {
    const inputs = inputsOf(faultless(records()));
    const short = {
      ...inputs,
      tables: async () => {
        const tables = await inputs.tables();
        const counts = tables.counts.map((each) =>
          each.table === table ? { ...each, rowCount: each.rowCount + 1 } : each,
        );
        return { ...tables, counts };
      },
    };
    expect((await verify(short)).guarantees.G5.findings).toMatchObject([{ kind: 'count_differs', partition: 0 }]);
  });
});

test.each([
  ['payment_transactions_fraud', 'G4'],
  ['payment_exceptions', 'G1'],
] as const)('writer_epoch 0 in %s, where a backfill writes nothing', async (table, guarantee) => {
  const history = faultless(records());
  add(history, table, { writer_epoch: 0 });
  expect((await found(history))[guarantee]).toEqual(['epoch_of_nobody']);
});

test.each([
  ['payment_transactions', 'amount'],
  ['payment_transactions', 'event_time'],
  ['payment_transactions', 'transaction_id'],
  ['payment_transactions_fraud', 'fraud_score'],
  ['payment_metrics_partials', 'window_start'],
  ['payment_exceptions', 'record_time'],
] as const)('NULL in %s.%s is a finding that names the row', async (table, column) => {
  const history = faultless(records());
  Object.assign(history[table], { 0: { ...history[table][0]!, [column]: null } });
  const { guarantees } = await verify(inputsOf(history));
  const findings = Object.values(guarantees).flatMap((result) => result.findings);
  expect(findings).toContainEqual(
    expect.objectContaining({ kind: 'null_column', message: `a row of ${table} has NULL in ${column}` }),
  );
});

test('a NULL in a checkpoint is a finding', async () => {
  const history = faultless(records(), { checkpointsAt: [5, 14] });
  Object.assign(history.checkpoints, { 0: { ...history.checkpoints[0]!, consumed: null } });
  expect((await found(history)).G6).toEqual(['null_column']);
});

test('a row below the start offset is not of this pipeline', async () => {
  const late = records().filter(({ offset }) => offset >= 4);
  const history = faultless(late, { ownership: ownershipOf(0, { startOffset: 4 }) });
  add(history, 'payment_transactions', { kafka_offset: 2, transaction_id: 'early' });
  expect((await found(history)).G1).toEqual(['phantom']);
});

test('a row of an exception that is none of the kinds there are is named', async () => {
  const history = faultless(records());
  const [row] = history.payment_exceptions;
  const { guarantees } = await verify(
    inputsOf({
      ...history,
      payment_exceptions: [{ ...row!, disposition: 'ignored' }, ...history.payment_exceptions.slice(1)],
    }),
  );
  expect(guarantees.G1.findings).toMatchObject([
    { kind: 'disposition_unknown', offsets: [row!.kafka_offset], message: 'disposition ignored' },
  ]);
});

test('a sample of which neither the offset nor the id is known is named without them', async () => {
  const samples = [{ kafka_offset: null, writer_epoch: 1, about: null }];
  const strays = [{ table: 'payment_transactions', partition: 0, rowCount: 1, why: 'null', samples } as const];
  const { guarantees } = await verify(inputsWith([faultless(records())], { foreign: strays }));
  expect(guarantees.G1.findings).toMatchObject([{ kind: 'null_column', offsets: [], transactionIds: [] }]);
});

test('rows of another topic are named', async () => {
  const foreign = ['checkpoint_log', 'partition_ownership'] as const;
  for (const table of foreign) {
    const samples = [{ kafka_offset: 5, writer_epoch: 1, about: 'other-topic' }];
    const strays = [{ table, partition: 0, rowCount: 2, why: 'topic', samples } as const];
    const { guarantees } = await verify(inputsWith([faultless(records())], { foreign: strays }));
    expect(guarantees.G6.findings).toMatchObject([{ kind: 'foreign_topic', transactionIds: ['other-topic'] }]);
  }
});
