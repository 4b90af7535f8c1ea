import { expect, test } from 'vitest';
import { printSchema, TABLES, VIEWS } from './schema.ts';

test('the printed script makes the dataset, its tables and its views, and nothing else', async () => {
  const script = await printSchema({ dataset: { projectId: 'p-1', dataset: 'd' } });
  expect(script.match(/^CREATE [A-Z ]+/gm)).toEqual([
    'CREATE SCHEMA IF NOT EXISTS ',
    ...Array<string>(TABLES.length).fill('CREATE TABLE IF NOT EXISTS '),
    ...Array<string>(VIEWS.length).fill('CREATE OR REPLACE VIEW '),
  ]);
});

test('no table inherits an expiry or a collation of its dataset', async () => {
  const script = await printSchema({ dataset: { projectId: 'p-1', dataset: 'd' } });
  for (const statement of script.split(';\n').filter((text) => text.includes('CREATE TABLE'))) {
    expect(statement).toMatch(/\)\nDEFAULT COLLATE ''\n/);
    expect(statement).toMatch(/OPTIONS \((?:partition_expiration_days = NULL, )?expiration_timestamp = NULL\)$/);
    expect(statement.includes('PARTITION BY DATE')).toBe(statement.includes('partition_expiration_days'));
  }
});
