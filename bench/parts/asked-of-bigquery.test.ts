import { expect, test } from 'vitest';
import { statementKind } from './asked-of-bigquery.ts';

test('a statement is counted by what it does and to which tables, each named once', () => {
  const table = (name: string) => `\`project.dataset.${name}\``;
  const read = `SELECT a FROM ${table('payments')} UNION ALL SELECT a FROM ${table('checkpoints')} JOIN ${table('payments')}`;
  expect(statementKind(read)).toEqual({ verb: 'SELECT', tables: ['checkpoints', 'payments'] });
  expect(statementKind(`-- a remark\nupdate ${table('ownership')} SET a = (SELECT 1)`)).toEqual({
    verb: 'UPDATE',
    tables: ['ownership'],
  });
  expect(statementKind('SELECT 1')).toEqual({ verb: 'SELECT', tables: [] });
});
