import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { assertUnique, CheckFailed } from '../../../checks/by-sql/assertions.ts';
import { HAND_MADE, handMadeTable } from '../../../infra/testing/hand-made-table.ts';
import { textParameter } from '../../../sinks/bigquery/query/query-values.ts';
import { diskFolder, loggedTable } from './delta-log-files.ts';
import { deltaQueries } from './delta-queries.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'provenonce-tables-'));
  await handMadeTable(path.join(folder, 'payments'));
});
afterEach(() => rm(folder, { recursive: true }));

const queries = () =>
  deltaQueries({
    tables: ['payments', 'never_made'],
    folderOf: async (table) => diskFolder(path.join(folder, table)),
    views: async () => ['CREATE VIEW offsets AS SELECT COUNT(*) AS n FROM payments'],
  });
const ask = (sql: string, ...parameters: ReturnType<typeof textParameter>[]) =>
  queries().queries.runQuery(sql, parameters);
const commit = (version: number, ...actions: object[]) =>
  writeFile(
    path.join(folder, 'payments', '_delta_log', `${String(version).padStart(20, '0')}.json`),
    actions.map((action) => `${JSON.stringify(action)}\n`).join(''),
  );
const add = (file: string) => ({
  add: { path: file, partitionValues: {}, size: 1, modificationTime: 0, dataChange: true },
});
const remove = (file: string) => ({ remove: { path: file, dataChange: true, deletionTimestamp: 0 } });

test('whole numbers are numbers, decimals billionths, and a condition in BigQuery’s words holds', async () => {
  const [row] = await ask(
    'SELECT COUNT(*) AS n, SUM(amount) AS amount, MAX(kafka_offset) AS o FROM `{dataset}.payments` WHERE note = @note OR event_time >= TIMESTAMP_MILLIS(1793491200000)',
    textParameter('note', 'a'),
  );
  expect(row).toEqual({ n: 3, amount: BigInt(HAND_MADE.sum.replace('.', '')), o: 2 });
});

test('views are there as well, and a table without rows has its columns', async () => {
  expect(await ask('SELECT n FROM `delta.lab.offsets`')).toEqual([{ n: 3 }]);
  await commit(1, remove('part-0.parquet'));
  expect(await ask('SELECT SUM(kafka_offset) AS sum, COUNT(*) AS n FROM `{dataset}.payments`')).toEqual([
    { sum: null, n: 0 },
  ]);
});

test('a removed file counts no more, one that is added again does, and names are decoded', async () => {
  const table = diskFolder(path.join(folder, 'payments'));
  await commit(1, remove('part-0.parquet'), add('a%20b.parquet'));
  expect((await loggedTable(table))?.files).toEqual(['a b.parquet']);
  await commit(2, remove('a%20b.parquet'), add('part-0.parquet'));
  expect((await loggedTable(table))?.files).toEqual(['part-0.parquet']);
});

test('a log whose first commits are gone is not taken for a whole one', async () => {
  const table = diskFolder(path.join(folder, 'payments'));
  await commit(1, add('x.parquet'));
  await rm(path.join(folder, 'payments', '_delta_log', `${'0'.repeat(20)}.json`));
  await expect(loggedTable(table)).rejects.toThrow('its first commits are gone');
});

test('the same rows twice are found', async () => {
  const table = path.join(folder, 'payment_transactions');
  await handMadeTable(table);
  const sql = deltaQueries({
    tables: ['payment_transactions'],
    folderOf: async () => diskFolder(table),
    views: async () => [],
  });
  const asIds = {
    ...sql,
    queries: { runQuery: (text: string) => sql.queries.runQuery(text.replace('transaction_id', 'note')) },
  };
  await expect(assertUnique(asIds)).rejects.toThrow(CheckFailed); // a NULL is no id
});
