import { describe, expect, test } from 'vitest';
import { wantedTables } from './dataset/statements.ts';
import { checkClustering, clusteringProblems, PAYMENT_COLUMNS } from './identifiers.ts';

const DATASET = { projectId: 'p-1', dataset: 'd' };

describe('what payments may be clustered by', () => {
  test('are the columns that both of their tables have', async () => {
    const tables = await wantedTables({ dataset: DATASET });
    const columnsOf = (table: string): string[] =>
      tables.find(({ name }) => name === table)!.columns.map(({ name }) => name);
    expect(columnsOf('payment_transactions')).toEqual(PAYMENT_COLUMNS);
    expect(columnsOf('payment_transactions_fraud').slice(0, PAYMENT_COLUMNS.length)).toEqual(PAYMENT_COLUMNS);
  });

  test.each([...PAYMENT_COLUMNS])('%s is one', (column) => {
    expect(clusteringProblems([column])).toEqual([]);
  });

  test.each([
    [['nope'], /"nope" is no column of the payments; there are kafka_partition, .*, payment_method/],
    [['sender_account_id', 'fraud_score'], /"fraud_score" is no column/],
    [['region', 'region'], /names a column twice/],
    [[], /1 to 4/],
    [['region', 'currency', 'amount', 'device_id', 'event_time'], /1 to 4/],
  ])('%j is refused before a statement is made of it', (columns, why) => {
    expect(() => checkClustering(columns)).toThrow(why);
  });
});
