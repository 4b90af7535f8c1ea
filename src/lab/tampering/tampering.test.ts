/** Changes of finished datasets: verify notices, or the list says why not; and who takes them over does no harm. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { VerifyInputs } from '../../checks/inputs/verify-inputs.ts';
import { schemaSource, storedSchema } from '../../payments/event/schema/stored-schema.ts';
import { BASE_CASES, baseDatasets } from './base-datasets.ts';
import { type Cell, columnsOf, FURTHER_COLUMNS, TABLE_NAMES } from './columns.ts';
import type { BaseDataset, Dataset } from './dataset.ts';
import { datasetInputs } from './dataset-inputs.ts';
import { drawTampering, STRATA } from './draw-tampering.ts';
import { changedLeaves } from './json-leaves.ts';
import { sightOf } from './judge-verify.ts';
import { furtherOf } from './mapped/event-forms.ts';
import { NOT_COVERED } from './not-covered.ts';
import { runTamperings } from './run-tamperings.ts';
import { Takeovers } from './takeover.ts';
import { placesOf, type Tampering, tampered } from './tampering.ts';

const SEED = 17;
const DRAWS = 200;
const REPOSITORY = path.join(import.meta.dirname, '../../..');

let bases: readonly BaseDataset[];
beforeAll(async () => {
  bases = await baseDatasets();
}, 60_000);

describe('changes of finished datasets', () => {
  it('are noticed, or are on the list; a takeover notices them, or does no harm', async () => {
    const report = await runTamperings({ seed: SEED, bases, runs: DRAWS });
    expect([report.unnoticed, report.harm]).toEqual([[], []]);
    expect(Object.values(report.strata).filter(({ drawn }) => drawn === 0)).toEqual([]);
    expect(DRAWS).toBeGreaterThan(STRATA.length);
    // A few seconds where nothing else runs.
  }, 300_000);

  it('are the same ones for the same seed, and each changes something', () => {
    for (let run = 0; run < 2 * STRATA.length; run++) {
      const drawn = drawTampering(SEED, run, bases);
      expect(drawTampering(SEED, run, bases)).toEqual(drawn);
      const base = bases[drawn.base]!;
      const { tables, log } = tampered(base, drawn.tampering);
      expect(JSON.stringify({ tables, log })).not.toBe(JSON.stringify({ tables: base.tables, log: base.log }));
    }
  });

  it('that a blind verify does not see are reported, with the run to draw them again', async () => {
    const strata = STRATA.filter(({ name }) => name === 'payment_transactions.amount');
    const blind = async (base: BaseDataset): Promise<VerifyInputs> => datasetInputs(base);
    const whole = bases.slice(0, 2);
    const report = await runTamperings({ seed: SEED, bases: whole, runs: 4, strata, inputs: blind, takeovers: false });
    expect(report.unnoticed.map(({ run, stratum }) => `${run} ${stratum}`)).toEqual(
      [0, 1, 2, 3].map((run) => `${run} payment_transactions.amount`),
    );
  });

  it('that verify stops at with an unnamed error are reported as such', async () => {
    const broken = (dataset: Dataset): VerifyInputs => ({
      ...datasetInputs(dataset),
      bounds: () => Promise.reject(new TypeError('no such thing')),
    });
    const sight = await sightOf(broken(bases[0]!), [{ partition: 0, offset: 0 }]);
    expect(sight).toMatchObject({ seen: 'broken' });
  });
});

describe('a further column of rules', () => {
  const OFF_BY_ONE: Readonly<Record<string, (cell: Cell) => Cell>> = {
    order_id: (cell) => `${cell}1`,
    quantity: (cell) => String(BigInt(String(cell)) + 1n),
    fee: (cell) => `${cell}00000001`,
    order_kind: (cell) => (cell === 'TRADE' ? 'RETAIL' : 'TRADE'),
    received_at: (cell) => Number(cell) + 0.001,
    is_gift: (cell) => cell !== true,
    order_json: (cell) => String(cell).replace('"gift"', '"Gift"'),
  };

  it.each(Object.keys(FURTHER_COLUMNS))('%s off by one unit, NULL, or filled is named', async (column) => {
    const base = bases.find(({ name }) => name === 'with-columns')!;
    const rows = base.tables.payment_transactions;
    const filled = rows.findIndex((row) => row[column] !== null);
    const empty = rows.findIndex((row) => row[column] === null);
    const value = rows[filled]![column]!;
    const changes: readonly [row: number, value: Cell][] = [
      [filled, OFF_BY_ONE[column]!(value)],
      [filled, null],
      [empty, value],
    ];
    for (const [row, to] of changes) {
      const tampering: Tampering = { kind: 'cell', table: 'payment_transactions', column, row, value: to };
      expect(NOT_COVERED.some(({ speaksOf }) => speaksOf(tampering, base))).toBe(false);
      const sight = await sightOf(datasetInputs(tampered(base, tampering)), placesOf(base, tampering));
      expect(sight, `${value} -> ${to}`).toEqual({ seen: 'noticed', by: ['G5 columns_differ'] });
    }
  });
});

describe('a schema in event_schemas', () => {
  const other = (change: (text: string) => string): Tampering => {
    const [row] = bases.find(({ name }) => name === 'in-avro')!.tables.event_schemas;
    const source = schemaSource({ id: 1, sha256: String(row!.sha256), text: String(row!.text) })!;
    const { sha256, text } = storedSchema(1, { ...source, text: change(source.text) });
    return { kind: 'exchanged', table: 'event_schemas', row: 0, cells: { sha256, text } };
  };
  const sight = async (tampering: Tampering): Promise<unknown> => {
    const base = bases.find(({ name }) => name === 'in-avro')!;
    return await sightOf(datasetInputs(tampered(base, tampering)), placesOf(base, tampering));
  };
  const isExcused = (tampering: Tampering): boolean =>
    NOT_COVERED.some(({ speaksOf }) => speaksOf(tampering, bases.find(({ name }) => name === 'in-avro')!));

  it('that was exchanged for one that reads records otherwise is named by what they became', async () => {
    const swapped = other((text) => text.replace('"RETAIL","TRADE"', '"TRADE","RETAIL"'));
    expect(isExcused(swapped)).toBe(false);
    expect(await sight(swapped)).toEqual({ seen: 'noticed', by: ['G5 columns_differ'] });
  });

  it('that was exchanged for one that reads all records alike passes, as the list says', async () => {
    const commented = other((text) => text.replace('"name":"Payment"', '"name":"Payment","doc":"a payment"'));
    expect(isExcused(commented)).toBe(true);
    expect(await sight(commented)).toEqual({ seen: 'nothing', verdict: 'PASS' });
  });

  it('is named if its row is gone, its text or digest changed, or its id has two', async () => {
    const { event_schemas: rows } = bases.find(({ name }) => name === 'in-avro')!.tables;
    const cell = (column: string, value: Cell): Tampering => ({
      ...{ kind: 'cell', table: 'event_schemas', column, row: 0, value },
    });
    const changes: Tampering[] = [
      { kind: 'deleted', table: 'event_schemas', row: 0 },
      { kind: 'forged', table: 'event_schemas', cells: { ...rows[1]!, schema_id: rows[0]!.schema_id! } },
      cell('text', String(rows[0]!.text).replace('Payment', 'payment')),
      cell('sha256', rows[1]!.sha256!),
      cell('schema_id', rows[1]!.schema_id!),
      cell('schema_id', null),
    ];
    for (const change of changes)
      expect(await sight(change), JSON.stringify(change)).toMatchObject({ seen: 'noticed' });
  });
});

describe('a takeover of a dataset whose schemas were changed', () => {
  it.each(['local', 'none'] as const)('stops if a schema of its last record is gone: %s', async (state) => {
    const base = bases.find(({ name }) => name === 'in-avro')!;
    // The registry still has them: it must not be asked again.
    const without = { ...base, tables: { ...base.tables, event_schemas: [] } };
    expect(await new Takeovers().judge(base, without, state)).toEqual({ end: 'noticed', by: ['schema_missing'] });
  });
});

describe('a dataset as it is', () => {
  it.each(BASE_CASES.map(({ name }) => name))('%s passes, and is taken over without harm', async (name) => {
    const base = bases.find((each) => each.name === name)!;
    const sight = await sightOf(datasetInputs(base), []);
    expect(sight).toEqual({ seen: 'nothing', verdict: 'PASS' });
    for (const state of ['local', 'none'] as const)
      expect(await new Takeovers().judge(base, base, state)).toEqual({ end: 'harmless' });
  });

  it('has rows of every kind between them', () => {
    for (const table of TABLE_NAMES) expect(bases.flatMap(({ tables }) => tables[table]).length).toBeGreaterThan(3);
    const exceptions = bases.flatMap(({ tables }) => tables.payment_exceptions);
    expect(new Set(exceptions.map(({ disposition }) => disposition)).size).toBe(3);
    const payments = bases.flatMap(({ tables }) => tables.payment_transactions);
    expect(payments.some(({ writer_epoch }) => writer_epoch === 0)).toBe(true);
    const owners = bases.flatMap(({ tables }) => tables.partition_ownership);
    expect(owners.some(({ skipped }) => skipped !== '[]')).toBe(true);
    expect(owners.some(({ settings_history }) => String(settings_history).includes('"generation"'))).toBe(true);
    expect(owners.some(({ epoch }) => Number(epoch) > 4)).toBe(true);
  });

  it('has the columns that sql/tables has', () => {
    for (const table of TABLE_NAMES) {
      const sql = readFileSync(path.join(REPOSITORY, 'sql/tables', `${table}.sql`), 'utf8');
      const columns = [...sql.matchAll(/^ {2}(\w+) (STRING|INT64|TIMESTAMP|NUMERIC|BOOL|JSON)/gm)].map(
        ([, name]) => name,
      );
      expect(Object.keys(columnsOf(table))).toEqual(columns);
      for (const { tables, form } of bases) {
        const further = table === 'payment_transactions' ? furtherOf(form).map(({ name }) => name) : [];
        for (const row of tables[table]) expect(Object.keys(row).sort()).toEqual([...columns, ...further].sort());
      }
    }
  });
});

describe('a takeover', () => {
  const cell = (
    table: 'partition_ownership' | 'checkpoint_log',
    column: string,
    value: string | number,
  ): Tampering => ({
    ...{ kind: 'cell', table, column, value, row: 0 },
  });

  it('of a row whose epoch was set back stops, and never writes under an epoch that was used', async () => {
    const base = bases[0]!;
    const epoch = Number(base.tables.partition_ownership[0]!.epoch);
    for (const wrong of [epoch - 1, epoch + 1])
      for (const state of ['local', 'none'] as const)
        expect(
          await new Takeovers().judge(base, tampered(base, cell('partition_ownership', 'epoch', wrong)), state),
        ).toEqual({ end: 'noticed', by: ['ownership_rows'] });
  });

  it('that writes something else than the oracle gives is reported', async () => {
    const twice = new Takeovers((ports) => ({
      ...ports,
      encoder: {
        encode: (table, rows, stamp, from, to) =>
          table === 'payment_exceptions'
            ? ports.encoder.encode(table, [...rows, ...rows].slice(from) as never, stamp)
            : ports.encoder.encode(table, rows, stamp, from, to),
      },
    }));
    await expect(twice.judge(bases[0]!, bases[0]!, 'none')).rejects.toThrow('cannot be taken over');
  });
});

describe('the list of what is not covered', () => {
  it('has at most ten entries, by names of their own', () => {
    expect(NOT_COVERED.length).toBeLessThanOrEqual(10);
    expect(new Set(NOT_COVERED.map(({ name }) => name)).size).toBe(NOT_COVERED.length);
  });

  it('excuses no amount, id, time, currency, offset, epoch or counter of what the log still has', () => {
    const [base] = bases;
    const tables = [
      'payment_transactions',
      'payment_transactions_fraud',
      'payment_metrics_partials',
      'payment_exceptions',
    ];
    const columns = STRATA.filter(({ table, column }) => column !== undefined && tables.includes(table!));
    const excused = columns
      .filter(({ table, column }) => {
        const tampering: Tampering = { kind: 'cell', table: table!, column: column!, row: 0, value: null };
        return NOT_COVERED.some(({ speaksOf }) => speaksOf(tampering, base!));
      })
      .map(({ column }) => column);
    expect([...new Set(excused)]).toEqual(['processed_at']);
  });

  it('is the one that docs/guarantees.md shows', () => {
    const page = readFileSync(path.join(REPOSITORY, 'docs/guarantees.md'), 'utf8');
    const [, section = ''] = page.split('## What `verify` does not check\n');
    const rows = section.split('\n## ')[0]!.matchAll(/^\| (.*?) +\| (.*?) +\|$/gm);
    const shown = [...rows].map(([, what, why]) => ({ what, why })).slice(1);
    expect(shown).toEqual(NOT_COVERED.map(({ what, why }) => ({ what, why })));
  });
});

it('a place is where the row stood, and where it stands', () => {
  const base = bases[0]!;
  const moved: Tampering = { kind: 'cell', table: 'payment_transactions', column: 'kafka_offset', row: 0, value: 99 };
  const { kafka_partition: partition, kafka_offset: offset } = base.tables.payment_transactions[0]!;
  expect(placesOf(base, moved)).toEqual([
    { partition, offset },
    { partition, offset: 99 },
  ]);
});

it('what differs between two texts of JSON are leaves', () => {
  expect(changedLeaves('[{"a":{"b":1,"c":2}}]', '[{"a":{"b":1,"c":3}}]')).toEqual(['[0].a.c']);
  expect(changedLeaves('{"a":1}', '{"a":1,"b":2}')).toEqual(['.b']);
  expect(changedLeaves('[1]', '[1,2]')).toEqual(['']);
  expect(changedLeaves('{', '{}')).toBeUndefined();
});
