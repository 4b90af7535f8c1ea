/** Rows against counters, on the service. Columns of somebody else, and losses that are accepted: dataset.long.test.ts. */
import { beforeAll, describe, expect, it } from 'vitest';
import { APPEND_TABLES } from '../../../payments/types.ts';
import type { ContractSink } from '../testing/contract-endpoints.ts';
import { acceptedRow, appendRows } from '../testing/sample-rows.ts';
import { TABLES } from './names.ts';
import { changeByHand, filledDataset, healthOf } from './testing/filled-dataset.ts';

const TIMEOUT_MS = 300_000;

let sink: ContractSink;

describe('a dataset of rows', () => {
  beforeAll(async () => {
    sink = await filledDataset();
    return () => sink.close();
  }, TIMEOUT_MS);

  it('has as many as its counters say', { timeout: TIMEOUT_MS }, async () => {
    const { findings, counts } = await sink.inspector.assess(true);
    expect(findings).toEqual([]);
    expect(counts?.partitions).toMatchObject([{ partition: 0, nextOffset: 5, rows: 9, lastEpoch: 1 }]);
    expect(await sink.inspector.lostInBulk()).toBeUndefined();
    expect(await healthOf(sink)).toMatchObject({ payment_rows: 3, fraud_rows: 3, exception_rows: 2, rows_match: true });
  });

  it('that has fewer than its counters say has lost some, wherever it is asked', { timeout: TIMEOUT_MS }, async () => {
    await changeByHand(sink, `DELETE FROM ${sink.table('payment_transactions')} WHERE TRUE`);
    const lost = { code: 'rows_lost', message: expect.stringMatching(/^payment_transactions: /) };
    expect(await sink.inspector.lostInBulk()).toMatchObject(lost);
    await expect(sink.applySchema()).rejects.toMatchObject(lost);
    expect(await healthOf(sink)).toMatchObject({ payment_rows: 0, rows_match: false });
    await appendRows(
      sink,
      'payment_transactions',
      [0, 1, 2].map((offset) => acceptedRow(offset)),
    );
    await sink.applySchema();
  });

  it('whose ownership row is gone is not seeded again', { timeout: TIMEOUT_MS }, async () => {
    await changeByHand(
      sink,
      `CREATE TABLE ${sink.table('kept')} AS SELECT * FROM ${sink.table('partition_ownership')}`,
    );
    await changeByHand(sink, `DELETE FROM ${sink.table('partition_ownership')} WHERE TRUE`);
    const lost = { code: 'rows_lost', message: expect.stringMatching(/^partition_ownership: /) };
    await expect(sink.applySchema()).rejects.toMatchObject(lost);
    await changeByHand(sink, `INSERT INTO ${sink.table('partition_ownership')} SELECT * FROM ${sink.table('kept')}`);
  });
});

it('every table that is appended to is one of those that are inspected', () => {
  expect(APPEND_TABLES.every((table) => (TABLES as readonly string[]).includes(table))).toBe(true);
});
