import { describe, expect, it } from 'vitest';
import { TABLE_COLUMNS } from '../../payments/columns.ts';
import { TABLES, VIEWS } from './schema.ts';
import { contractSink } from './testing/contract-endpoints.ts';
import { acceptedRow, appendRows, FIXED, settings } from './testing/sample-rows.ts';

describe('the schema on the service', () => {
  it('applies from several processes at once, and again, without touching rows', async () => {
    await using sink = await contractSink({ withoutSchema: true });
    await using other = await contractSink({ withoutSchema: true, dataset: sink.dataset.dataset });
    await Promise.all([sink.applySchema(), other.applySchema(), sink.applySchema(['currency'])]);
    const seed = { partition: 0, partitionCount: 1, startOffset: 0, fixed: FIXED, history: [settings(0)] };
    await sink.queries.seed('payments', [seed]);
    await sink.queries.claim('payments', [{ partition: 0, expectedEpoch: 0, claimId: 'c', owner: 'o', streams: [] }]);
    await appendRows(sink, 'payment_transactions', [acceptedRow(0)]);
    await sink.applySchema();
    expect(await sink.queries.rowsFrom('payment_transactions', 0, 0)).toHaveLength(1);
    const names = [...TABLES, ...VIEWS];
    const counts = names.map((name) => `SELECT '${name}' AS name, COUNT(*) AS n FROM ${sink.table(name)}`);
    const found = await sink.queries.runQuery(counts.join(' UNION ALL '));
    expect(found.map(({ name }) => name).sort()).toEqual(names.sort());
  });

  it('has the columns that the encoder writes, in the same order and with the same nullability', async () => {
    await using sink = await contractSink();
    const found = await sink.queries.runQuery(
      `SELECT table_name, column_name, is_nullable
FROM \`${sink.dataset.projectId}.${sink.dataset.dataset}.INFORMATION_SCHEMA.COLUMNS\` ORDER BY table_name, ordinal_position`,
    );
    for (const [table, columns] of Object.entries(TABLE_COLUMNS)) {
      expect(found.filter(({ table_name: of }) => of === table)).toEqual(
        columns.map(({ name, nullable }) => ({
          table_name: table,
          column_name: name,
          is_nullable: nullable ? 'YES' : 'NO',
        })),
      );
    }
  });
});
