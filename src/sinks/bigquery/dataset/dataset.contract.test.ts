/** Rows against counters, losses that are accepted, and columns of somebody else, on the service. Dropped tables: src/lab/contract. */
import { beforeAll, describe, expect, it } from 'vitest';
import { APPEND_TABLES } from '../../../payments/types.ts';
import { type ContractSink, contractSink } from '../testing/contract-endpoints.ts';
import {
  acceptedRow,
  appendRows,
  checkpoint,
  exceptionRow,
  FIXED,
  partialRow,
  settings,
} from '../testing/sample-rows.ts';
import { TABLES } from './names.ts';

const TIMEOUT_MS = 300_000;
const TOPIC = 'payments';

let sink: ContractSink;

async function change(sql: string): Promise<void> {
  await sink.jobs.change({ what: sql.slice(0, 40), sql });
}

/** Three payments and two exceptions below a checkpoint of an owner's first epoch. */
async function fill(): Promise<void> {
  const seed = { partition: 0, partitionCount: 1, startOffset: 0, fixed: FIXED, history: [settings(0)] };
  await sink.queries.seed(TOPIC, [seed]);
  await sink.queries.claim(TOPIC, [{ partition: 0, expectedEpoch: 0, claimId: 'c', owner: 'o', streams: [] }]);
  await appendRows(
    sink,
    'payment_transactions',
    [0, 1, 2].map((offset) => acceptedRow(offset)),
  );
  await appendRows(
    sink,
    'payment_transactions_fraud',
    [0, 1, 2].map((offset) => acceptedRow(offset)),
  );
  await appendRows(sink, 'payment_exceptions', [exceptionRow(3), exceptionRow(4, { disposition: 'late' })]);
  await appendRows(sink, 'payment_metrics_partials', [partialRow(2)]);
  const counters = { consumed: 5, accepted: 3, duplicates: 1, late: 1, rejected: 0 };
  const streamOffsets = {
    payment_transactions: 3,
    payment_transactions_fraud: 3,
    payment_exceptions: 2,
    payment_metrics_partials: 1,
  };
  await appendRows(sink, 'checkpoint_log', [checkpoint(5, { counters, streamOffsets })]);
}

async function health(): Promise<Record<string, unknown>> {
  const [row] = await sink.queries.runQuery(`SELECT * FROM ${sink.table('pipeline_health')}`);
  return row!;
}

describe('a dataset of rows', () => {
  beforeAll(async () => {
    sink = await contractSink();
    await fill();
    return () => sink.close();
  }, TIMEOUT_MS);

  it('has as many as its counters say', { timeout: TIMEOUT_MS }, async () => {
    const { findings, counts } = await sink.inspector.assess(true);
    expect(findings).toEqual([]);
    expect(counts?.partitions).toMatchObject([{ partition: 0, nextOffset: 5, rows: 9, lastEpoch: 1 }]);
    expect(await sink.inspector.lostInBulk()).toBeUndefined();
    expect(await health()).toMatchObject({ payment_rows: 3, fraud_rows: 3, exception_rows: 2, rows_match: true });
  });

  it('takes rows, and answers, with a column that somebody added and that may be null', {
    timeout: TIMEOUT_MS,
  }, async () => {
    for (const table of TABLES) await change(`ALTER TABLE ${sink.table(table)} ADD COLUMN note STRING`);
    await appendRows(sink, 'payment_transactions', [acceptedRow(5)]);
    await appendRows(sink, 'payment_transactions_fraud', [acceptedRow(5)]);
    await appendRows(sink, 'payment_exceptions', [exceptionRow(6)]);
    await appendRows(sink, 'payment_metrics_partials', [partialRow(6)]);
    expect(await sink.queries.rowsFrom('payment_transactions', 0, 5)).toHaveLength(1);
    expect(await sink.queries.rowsFrom('payment_exceptions', 0, 5)).toHaveLength(1);
    expect(await sink.queries.readOwnership(TOPIC)).toHaveLength(1);
    expect((await sink.queries.latestCheckpoint(TOPIC, 0))?.nextOffset).toBe(5);
    expect((await sink.inspector.assess(true)).findings).toEqual([]);
    await sink.applySchema();
  });

  it('of the release before is taken over if its rows match, and not if some are gone', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const unmark = async (): Promise<void> => {
      for (const table of TABLES) await sink.unmark(table);
    };
    await unmark();
    expect((await sink.ensureSchema(['currency'])).markedTables).toEqual([...TABLES]);
    await unmark();
    await change(`DELETE FROM ${sink.table('payment_metrics_partials')} WHERE kafka_offset < 5`);
    await expect(sink.ensureSchema(['currency'])).rejects.toMatchObject({ code: 'rows_lost' });
    await appendRows(sink, 'payment_metrics_partials', [partialRow(2)]);
    await sink.ensureSchema(['currency']);
  });

  it('that has fewer than its counters say has lost some, wherever it is asked', { timeout: TIMEOUT_MS }, async () => {
    await change(`DELETE FROM ${sink.table('payment_transactions')} WHERE TRUE`);
    const lost = { code: 'rows_lost', message: expect.stringMatching(/^payment_transactions: /) };
    expect(await sink.inspector.lostInBulk()).toMatchObject(lost);
    await expect(sink.applySchema()).rejects.toMatchObject(lost);
    expect(await health()).toMatchObject({ payment_rows: 0, rows_match: false });
    await appendRows(
      sink,
      'payment_transactions',
      [0, 1, 2].map((offset) => acceptedRow(offset)),
    );
    await sink.applySchema();
  });

  it('whose ownership row is gone is not seeded again', { timeout: TIMEOUT_MS }, async () => {
    await change(`CREATE TABLE ${sink.table('kept')} AS SELECT * FROM ${sink.table('partition_ownership')}`);
    await change(`DELETE FROM ${sink.table('partition_ownership')} WHERE TRUE`);
    const lost = { code: 'rows_lost', message: expect.stringMatching(/^partition_ownership: /) };
    await expect(sink.applySchema()).rejects.toMatchObject(lost);
    await change(`INSERT INTO ${sink.table('partition_ownership')} SELECT * FROM ${sink.table('kept')}`);
  });

  it('can have the loss of a table accepted, which is listed ever after', { timeout: TIMEOUT_MS }, async () => {
    const accepting = { restored: new Set<string>(), lost: new Set(['payment_exceptions']) };
    const order = { accepting, by: 'ann', reason: "somebody's mistake" };
    await change(`DROP TABLE ${sink.table('payment_exceptions')}`);
    const dry = await sink.applySchema(undefined, { ...order, dryRun: true });
    expect(dry.madeTables).toEqual(['payment_exceptions']);
    await expect(sink.applySchema()).rejects.toMatchObject({ code: 'table_missing' });
    await sink.applySchema(undefined, order);
    await sink.applySchema();
    const { findings } = await sink.inspector.requireTables(true);
    expect(findings).toEqual([]);
    const loss = { table: 'payment_exceptions', partition: 0, rows: 2, belowOffset: 5, by: 'ann' };
    expect(await sink.inspector.acceptedLosses()).toMatchObject([{ ...loss, reason: "somebody's mistake" }]);

    await change(`DROP TABLE ${sink.table('accepted_losses')}`);
    await expect(sink.inspector.requireTables()).rejects.toMatchObject({ code: 'table_missing' });
  });
});

it('every table that is appended to is one of those that are inspected', () => {
  expect(APPEND_TABLES.every((table) => (TABLES as readonly string[]).includes(table))).toBe(true);
});
