/** The Delta tables have the columns of sql/tables: names, order, types, NULLs. */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { DELTA_COLUMNS, DELTA_TABLES, deltaField, fieldsOf, schemaString } from './table-columns.ts';

const SQL = path.join(import.meta.dirname, '../../../../sql/tables');
const TYPES: Readonly<Record<string, string>> = {
  STRING: 'string',
  JSON: 'string',
  INT64: 'long',
  'NUMERIC(38, 9)': 'decimal(38,9)',
  TIMESTAMP: 'timestamp',
  BOOL: 'boolean',
};

function columnsOf(sql: string) {
  const body = /\(\n([\s\S]*?)\n\)/.exec(sql)![1]!;
  return body.split('\n').map((line) => {
    const [, name, type, notNull] = /^ {2}(\w+) (\w+(?:\(38, 9\))?)( NOT NULL)?,?$/.exec(line)!;
    return { name, type: TYPES[type!], nullable: notNull === undefined };
  });
}

test('every table of sql/tables is a Delta table', () => {
  const files = globSync('*.sql', { cwd: SQL }).map((file) => path.basename(file, '.sql'));
  expect([...DELTA_TABLES].sort()).toEqual(files.sort());
});

test.each(DELTA_TABLES)('%s has the columns of its statement', (table) => {
  const columns = DELTA_COLUMNS[table].map(deltaField).map(({ name, type, nullable }) => ({ name, type, nullable }));
  expect(columns).toEqual(columnsOf(readFileSync(path.join(SQL, `${table}.sql`), 'utf8')));
});

test('a schema text is read back, and what is none is refused', () => {
  const fields = DELTA_COLUMNS.rules.map(deltaField);
  expect(fieldsOf(schemaString(fields))).toEqual(fields);
  for (const text of ['', 'null', '{}', '{"fields":[1]}']) expect(() => fieldsOf(text)).toThrow(RangeError);
});
