/** Bytes and statements of a fixed set of rows: a refactoring changes none of them. */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { APPEND_TABLES, type AppendTable, DATA_TABLES } from '../../../payments/types.ts';
import { TABLES } from '../dataset/names.ts';
import { datasetStatements } from '../dataset/statements.ts';
import type { AppendRows } from '../ports.ts';
import { acceptedRow, checkpoint, exceptionRow, partialRow, STAMP } from '../testing/sample-rows.ts';
import { type ArrowPayload, ArrowRowEncoder } from './arrow-encoder.ts';
import { batchOf } from './batch-of.ts';
import { ROW_READERS } from './row-readers.ts';

const ACCEPTED = [0, 1, 2 ** 40].map((offset, index) =>
  acceptedRow(
    offset,
    { transactionId: 'é'.repeat(index), amount: [7n, 2n ** 64n, 10n ** 38n - 1n][index]!, region: `r${index}` },
    { riskAmount: (['LOW', 'MEDIUM', 'HIGH'] as const)[index]!, fraudScore: -index, isHighRisk: index === 1 },
  ),
);
const ROWS: { readonly [T in AppendTable]: readonly AppendRows[T][] } = {
  payment_transactions: ACCEPTED,
  payment_transactions_fraud: ACCEPTED,
  payment_metrics_partials: [partialRow(1), partialRow(2, { region: '€', totalAmount: 2n ** 70n })],
  payment_exceptions: [
    exceptionRow(1, { payload: '€"', payloadHash: '00ff', firstKafkaOffset: 0, conflict: true }),
    exceptionRow(2, { disposition: 'rejected', reason: 'no_value', transactionId: null, eventTimeMs: null }),
  ],
  checkpoint_log: [checkpoint(1), checkpoint(2 ** 41, { recordFingerprint: null })],
};

const hashOf = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex').slice(0, 32);

it.each(APPEND_TABLES)('%s: the schema and the rows that are sent', (table) => {
  const { payload, byteLength } = new ArrowRowEncoder().encode(table, batchOf(table, ROWS[table]), STAMP);
  const { schemaBytes, recordBatchBytes } = payload as ArrowPayload;
  expect([byteLength, hashOf(schemaBytes), hashOf(recordBatchBytes)]).toMatchSnapshot();
});

it.each(DATA_TABLES)('%s: the columns that are read back, and how', (table) => {
  const { asText, order } = ROW_READERS[table];
  expect([asText.join(', '), order]).toMatchSnapshot();
});

it('the statements that make the tables', async () => {
  const { tables } = await datasetStatements({ dataset: { projectId: 'p-1', dataset: 'd' } });
  expect(TABLES.map((table) => [table, hashOf(tables.get(table)!)])).toMatchSnapshot();
});
