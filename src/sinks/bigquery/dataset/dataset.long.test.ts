/** Columns of somebody else, a dataset of an older release, and losses that are accepted, on the service. Dropped tables: src/lab/contract. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { ContractSink } from '../testing/contract-endpoints.ts';
import { acceptedRow, appendRows, exceptionRow, partialRow } from '../testing/sample-rows.ts';
import { TABLES } from './names.ts';
import { changeByHand, filledDataset, TOPIC } from './testing/filled-dataset.ts';

const TIMEOUT_MS = 300_000;

let sink: ContractSink;

describe('a dataset of rows', () => {
  beforeAll(async () => {
    sink = await filledDataset();
    return () => sink.close();
  }, TIMEOUT_MS);

  it('takes rows, and answers, with a column that somebody added and that may be null', {
    timeout: TIMEOUT_MS,
  }, async () => {
    for (const table of TABLES) await changeByHand(sink, `ALTER TABLE ${sink.table(table)} ADD COLUMN note STRING`);
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
    await changeByHand(sink, `DELETE FROM ${sink.table('payment_metrics_partials')} WHERE kafka_offset < 5`);
    await expect(sink.ensureSchema(['currency'])).rejects.toMatchObject({ code: 'rows_lost' });
    await appendRows(sink, 'payment_metrics_partials', [partialRow(2)]);
    await sink.ensureSchema(['currency']);
  });

  it('can have the loss of a table accepted, which is listed ever after', { timeout: TIMEOUT_MS }, async () => {
    const accepting = { restored: new Set<string>(), lost: new Set(['payment_exceptions']) };
    const order = { accepting, by: 'ann', reason: "somebody's mistake" };
    await changeByHand(sink, `DROP TABLE ${sink.table('payment_exceptions')}`);
    const dry = await sink.applySchema(undefined, { ...order, dryRun: true });
    expect(dry.madeTables).toEqual(['payment_exceptions']);
    await expect(sink.applySchema()).rejects.toMatchObject({ code: 'table_missing' });
    await sink.applySchema(undefined, order);
    await sink.applySchema();
    const { findings } = await sink.inspector.requireTables(true);
    expect(findings).toEqual([]);
    const loss = { table: 'payment_exceptions', partition: 0, rows: 2, belowOffset: 5, by: 'ann' };
    expect(await sink.inspector.acceptedLosses()).toMatchObject([{ ...loss, reason: "somebody's mistake" }]);

    await changeByHand(sink, `DROP TABLE ${sink.table('accepted_losses')}`);
    await expect(sink.inspector.requireTables()).rejects.toMatchObject({ code: 'table_missing' });
  });
});
