/**
 * Resources as the service gives them: https://cloud.google.com/bigquery/docs/reference/rest/v2/tables (TableFieldSchema,
 * TimePartitioning, RangePartitioning; numbers as decimal strings). An emulator leaves half of it out.
 */

import { describe, expect, it, test } from 'vitest';
import { type Column, TABLE_COLUMNS } from '../../../payments/columns.ts';
import { layoutOf } from '../../../payments/row-layout.ts';
import { FURTHER_TYPES } from '../../../payments/rules/rules.ts';
import { compareTable, datasetWarnings } from './compare-table.ts';
import type { FieldResource, TableResource } from './look-at-dataset.ts';
import { TABLES } from './names.ts';
import { datasetStatements, wantedTables } from './statements.ts';
import { made } from './testing/made-table.ts';
import { wantedTable } from './wanted-tables.ts';

const dataset = { projectId: 'p-1', dataset: 'd' };
const options = { dataset, isEmulator: false };
const wanted = new Map((await wantedTables({ dataset })).map((table) => [table.name, table]));

const TYPES = { text: 'STRING', integer: 'INTEGER', decimal: 'NUMERIC', time: 'TIMESTAMP', truth: 'BOOLEAN' } as const;

function changed(name: string, change: (fields: FieldResource[]) => FieldResource[]): TableResource {
  const resource = made(wanted.get(name)!);
  return { ...resource, schema: { fields: change([...resource.schema!.fields!]) } };
}

function findingsOf(name: string, found: TableResource) {
  return compareTable(wanted.get(name)!, found, options).findings;
}

describe('what is needed', () => {
  it.each(TABLES)('%s is read from its statement, whose columns are those that are written', (name) => {
    const { columns } = wanted.get(name)!;
    const written = (TABLE_COLUMNS as Readonly<Record<string, readonly Column[]>>)[name];
    expect(columns.length).toBeGreaterThan(3);
    if (written === undefined) return;
    expect(columns.map(({ name: column, type, mode }) => ({ name: column, type, mode }))).toEqual(
      written.map(({ name: column, kind, nullable }) => ({
        name: column,
        type: column === 'stream_offsets' ? 'JSON' : TYPES[kind],
        mode: nullable ? 'NULLABLE' : 'REQUIRED',
      })),
    );
  });

  it('is partitioned and clustered as the statements say', () => {
    expect(wanted.get('payment_transactions')).toMatchObject({
      partitioning: { kind: 'day', column: 'event_time' },
      clustering: ['sender_account_id', 'currency'],
    });
    const range = { kind: 'range', column: 'kafka_partition', start: 0, end: 4000, interval: 1 };
    expect(wanted.get('checkpoint_log')).toMatchObject({ partitioning: range, clustering: ['next_offset'] });
    expect(wanted.get('partition_ownership')).toMatchObject({ partitioning: { kind: 'none' }, clustering: [] });
  });

  it('is not guessed from a statement of another form', async () => {
    const { tables } = await datasetStatements({ dataset });
    const text = tables.get('backfill_turns')!.replace('  turn INT64', '  turn ARRAY<INT64>');
    expect(() => wantedTable('backfill_turns', text)).toThrow(/not one column a line/);
  });
});

it.each(TABLES)('%s as our statement makes it has nothing wrong', (name) => {
  expect(compareTable(wanted.get(name)!, made(wanted.get(name)!), options)).toEqual({
    findings: [],
    warnings: [],
    extra: [],
  });
});

describe('a column', () => {
  it('that somebody added and that may be null is fine, and told', () => {
    const found = changed('payment_transactions', (fields) => [...fields, { name: 'note', type: 'STRING' }]);
    const compared = compareTable(wanted.get('payment_transactions')!, found, options);
    expect(compared).toEqual({ findings: [], warnings: [], extra: [{ table: 'payment_transactions', name: 'note' }] });
  });

  it.each([
    [
      'that was added and is REQUIRED',
      (fields: FieldResource[]) => [...fields, { name: 'note', type: 'STRING', mode: 'REQUIRED' }],
      /note was added and is REQUIRED/,
      'ALTER TABLE p-1.d.payment_transactions ALTER COLUMN note DROP NOT NULL',
    ],
    [
      'of another type',
      (fields: FieldResource[]) => fields.map((f) => (f.name === 'amount' ? { ...f, type: 'FLOAT' } : f)),
      /column amount is FLOAT.* and must be NUMERIC REQUIRED/,
      'provenonce schema print',
    ],
    [
      'with fewer decimals',
      (fields: FieldResource[]) => fields.map((f) => (f.name === 'amount' ? { ...f, scale: '2' } : f)),
      /column amount is NUMERIC\(38, 2\)/,
      'provenonce schema print',
    ],
    [
      'that may be null now',
      (fields: FieldResource[]) => fields.map((f) => (f.name === 'currency' ? { ...f, mode: 'NULLABLE' } : f)),
      /column currency is STRING NULLABLE, and must be STRING REQUIRED/,
      'provenonce schema print',
    ],
    [
      'that is gone',
      (fields: FieldResource[]) => fields.filter(({ name }) => name !== 'currency'),
      /column currency is missing/,
      'provenonce schema print',
    ],
    [
      'that has another name',
      (fields: FieldResource[]) => fields.map((f) => (f.name === 'region' ? { ...f, name: 'area' } : f)),
      /column region is missing/,
      'ALTER TABLE p-1.d.payment_transactions RENAME COLUMN area TO region',
    ],
    [
      'that is compared by a collation',
      (fields: FieldResource[]) => fields.map((f) => (f.name === 'transaction_id' ? { ...f, collation: 'und:ci' } : f)),
      /collation in transaction_id \(und:ci\)/,
      'provenonce schema print',
    ],
  ])('%s is an error about the table, with what mends it', (_, change, what, mend) => {
    const findings = findingsOf('payment_transactions', changed('payment_transactions', change));
    expect(findings).toEqual([
      {
        code: 'table_changed',
        table: 'payment_transactions',
        what: expect.stringMatching(what),
        mend: expect.stringContaining(mend),
      },
    ]);
  });

  it('that is NOT NULL where it must not be can be mended in place', () => {
    const found = changed('payment_exceptions', (fields) =>
      fields.map((f) => (f.name === 'reason' ? { ...f, mode: 'REQUIRED' } : f)),
    );
    expect(findingsOf('payment_exceptions', found)).toMatchObject([
      { mend: expect.stringContaining('ALTER COLUMN reason DROP NOT NULL') },
    ]);
  });
});

describe('a table of the release before, in which every role is REQUIRED', () => {
  const ROLES = ['receiver_account_id', 'device_id', 'ip_address', 'region', 'payment_method'];
  const ofBefore = (name: string): TableResource =>
    changed(name, (fields) => fields.map((f) => (ROLES.includes(f.name) ? { ...f, mode: 'REQUIRED' } : f)));

  it.each(['payment_transactions', 'payment_transactions_fraud'])('%s is fine without rules', (name) => {
    expect(compareTable(wanted.get(name)!, ofBefore(name), options)).toEqual({ findings: [], warnings: [], extra: [] });
  });

  it.each(['payment_transactions', 'payment_transactions_fraud'])(
    '%s is refused with rules until it is',
    async (name) => {
      const withRules = await wantedTables({ dataset, layout: layoutOf([{ columns: [] }]) });
      const { findings } = compareTable(withRules.find((table) => table.name === name)!, ofBefore(name), options);
      expect(findings.map(({ what }) => what)).toEqual(
        ROLES.map((role) => `column ${role} is REQUIRED, and the rules let it be NULL`),
      );
      expect(findings[0]).toMatchObject({
        code: 'table_changed',
        mend: expect.stringContaining('provenonce schema apply'),
      });
      expect(findings.map(({ alteration }) => alteration?.sql)).toEqual(
        ROLES.map((role) => `ALTER TABLE \`p-1.d.${name}\` ALTER COLUMN ${role} DROP NOT NULL`),
      );
    },
  );
});

describe('further columns', async () => {
  const columns = FURTHER_TYPES.map((type) => ({ name: `of_${type}`, path: `/${type}`, type }));
  const layout = layoutOf([{ columns }]);
  const withColumns = (await wantedTables({ dataset, layout })).find(({ name }) => name === 'payment_transactions')!;

  it('are made with a new table, last, and may be NULL', () => {
    expect(withColumns.columns.slice(-6).map(({ name, type, mode }) => `${name} ${type} ${mode}`)).toEqual([
      'of_string STRING NULLABLE',
      'of_int64 INTEGER NULLABLE',
      'of_numeric NUMERIC NULLABLE',
      'of_timestamp TIMESTAMP NULLABLE',
      'of_bool BOOLEAN NULLABLE',
      'of_json STRING NULLABLE',
    ]);
    expect(compareTable(withColumns, made(withColumns), options).findings).toEqual([]);
  });

  it('that a table lacks are added by `schema apply`, and are an error for everybody else', () => {
    const found = changed('payment_transactions', (fields) => [...fields, { name: 'of_string', type: 'STRING' }]);
    const { findings } = compareTable(withColumns, found, options);
    expect(findings.map(({ alteration }) => alteration?.sql)).toContain(
      'ALTER TABLE `p-1.d.payment_transactions` ADD COLUMN IF NOT EXISTS `of_numeric` NUMERIC(38, 9)',
    );
    expect(findings.map(({ what }) => what)).toEqual(
      columns.slice(1).map(({ name }) => `column ${name} of the rules is missing`),
    );
  });

  it('that are there with another type are refused: a type never changes', () => {
    const found = made(withColumns);
    const fields = found.schema!.fields!.map((f) => (f.name === 'of_int64' ? { ...f, type: 'STRING' } : f));
    const { findings } = compareTable(withColumns, { ...found, schema: { fields } }, options);
    expect(findings).toEqual([
      {
        code: 'table_changed',
        table: 'payment_transactions',
        what: 'column of_int64 is STRING NULLABLE, and must be INTEGER NULLABLE',
        mend: expect.stringMatching(/another name in the rules/),
      },
    ]);
  });

  it('of other rules are fine', () => {
    expect(findingsOf('payment_transactions', made(withColumns))).toEqual([]);
  });
});

describe('a table', () => {
  const table = made(wanted.get('payment_transactions')!);

  it.each([
    [
      'expires',
      { expirationTime: '1800000000000' },
      /it expires at 2027-01-15/,
      'SET OPTIONS (expiration_timestamp = NULL)',
    ],
    [
      'loses its partitions with time',
      { timePartitioning: { type: 'DAY', field: 'event_time', expirationMs: '5184000000' } },
      /its partitions expire after 60 days/,
      'SET OPTIONS (partition_expiration_days = NULL)',
    ],
    [
      'wants a partition filter',
      { requirePartitionFilter: true },
      /only queries that filter/,
      'SET OPTIONS (require_partition_filter = FALSE)',
    ],
    [
      'is partitioned by something else',
      { timePartitioning: { type: 'HOUR', field: 'event_time' } },
      /it is partitioned by HOUR of event_time, and must be partitioned by DAY of event_time/,
      'provenonce schema print',
    ],
    ['is a snapshot', { type: 'SNAPSHOT' }, /it is a SNAPSHOT/, 'provenonce schema print'],
  ])('that %s is an error, with the statement that mends it', (_, change, what, mend) => {
    expect(findingsOf('payment_transactions', { ...table, ...change })).toMatchObject([
      { code: 'table_changed', what: expect.stringMatching(what), mend: expect.stringContaining(mend) },
    ]);
  });

  it('that is clustered otherwise costs more, and is only told', () => {
    const found = { ...table, clustering: { fields: ['currency'] } };
    expect(compareTable(wanted.get('payment_transactions')!, found, options)).toEqual({
      findings: [],
      warnings: ['payment_transactions is clustered by currency, not by sender_account_id, currency'],
      extra: [],
    });
  });

  it('of an emulator may be silent about partitions and clustering', () => {
    const { timePartitioning: _, clustering: __, ...silent } = table;
    const { findings, warnings } = compareTable(wanted.get('payment_transactions')!, silent, {
      dataset,
      isEmulator: true,
    });
    expect([...findings, ...warnings]).toEqual([]);
    expect(findingsOf('payment_transactions', silent)).toMatchObject([
      { what: expect.stringMatching(/not partitioned/) },
    ]);
  });
});

test('defaults of a dataset that a table made by hand would inherit are listed', () => {
  expect(datasetWarnings({ location: 'US', maxTimeTravelHours: '168' })).toEqual([]);
  expect(
    datasetWarnings({
      defaultPartitionExpirationMs: '5184000000',
      defaultCollation: 'und:ci',
      maxTimeTravelHours: '48',
    }),
  ).toHaveLength(3);
});
