/** known_payments on Delta: a list is there as a whole or not at all, and what the operator's query has is judged before. */
import { beforeEach, describe, expect, test } from 'vitest';
import { ConfigurationError } from '../../../base/errors.ts';
import { ParquetFormat } from '../files/parquet-format.ts';
import type { ObjectStore } from '../ports.ts';
import { DELTA_COLUMNS, deltaField, schemaString } from '../tables/table-columns.ts';
import { BusyRuntime } from '../testing/busy-runtime.ts';
import { tableOn } from '../testing/log-fixture.ts';
import { FaultyStore, MemoryStore } from '../testing/memory-store.ts';
import { DeltaKnownPayments } from './known-payments.ts';

const NOON_MS = Date.UTC(2026, 0, 15, 12);
const QUERY = `SELECT * FROM (VALUES
  ('a', TIMESTAMP '2026-01-15 12:00:00.0005'), ('a', TIMESTAMP '2026-01-15 12:01:00'), ('b', TIMESTAMP '2026-01-15 11:00:00')
) AS t(transaction_id, event_time);`;

let store: MemoryStore;
let known: DeltaKnownPayments;

function on(of: ObjectStore, label = 0): DeltaKnownPayments {
  const table = tableOn(of, { name: 'known_payments', runtime: new BusyRuntime(label) });
  return new DeltaKnownPayments({ table, format: new ParquetFormat() });
}

beforeEach(async () => {
  store = new MemoryStore();
  known = on(store);
  const columns = DELTA_COLUMNS.known_payments.map((column) => deltaField(column));
  const table = tableOn(store, { name: 'known_payments' });
  await table.ensure({ schemaString: schemaString(columns), partitionColumns: [], configuration: {} });
});

async function listed(list: string, fromMs = 0) {
  const all = [];
  for await (const payments of known.read(list, fromMs)) all.push(...payments);
  return all.sort((a, b) => (a.transactionId < b.transactionId ? -1 : 1));
}

describe('the query of the operator', () => {
  test('is surveyed: rows, ids, and what cannot be used', async () => {
    const more = `${QUERY.slice(0, -1)} UNION ALL SELECT '', NULL UNION ALL SELECT repeat('x', 769), NULL`;
    expect(await known.survey(more)).toEqual({
      rows: 5,
      ids: 2,
      unusable: 2,
      timeless: 2,
      fromMs: NOON_MS - 3_600_000,
      toMs: NOON_MS + 60_000,
    });
    expect(await known.survey(`${QUERY.slice(0, -1)} WHERE FALSE`)).toEqual({
      rows: 0,
      ids: 0,
      unusable: 0,
      timeless: 0,
      fromMs: undefined,
      toMs: undefined,
    });
    expect(await known.countFrom(QUERY, NOON_MS)).toBe(1);
  });

  test.each([
    ['DROP TABLE payments', /--known-ids: expected a query/],
    ['SELECT 1 AS x', /--known-ids: DuckDB refuses the query: .*transaction_id/],
    ["SELECT * FROM read_parquet('/nowhere/*.parquet')", /--known-ids: DuckDB refuses the query/],
  ])('%s is refused', async (query, said) => {
    const surveyed = known.survey(query);
    await expect(surveyed).rejects.toThrow(ConfigurationError);
    await expect(known.survey(query)).rejects.toThrow(said);
  });
});

test('a list has each id once, with its latest time, however often it is filled', async () => {
  await known.fill('one', QUERY);
  await known.fill('one', QUERY);
  const all = [
    { transactionId: 'a', eventTimeMs: NOON_MS + 60_000 },
    { transactionId: 'b', eventTimeMs: NOON_MS - 3_600_000 },
  ];
  expect(await listed('one')).toEqual(all);
  expect(await listed('one', NOON_MS)).toEqual(all.slice(0, 1));
  expect(await known.idsIn('one', ['b', 'c'])).toEqual(new Set(['b']));
  expect(await known.idsIn('two', ['b'])).toEqual(new Set());
});

test('a list whose commit had no answer is there once', async () => {
  const faulty = on(new FaultyStore(store, (key) => (key.endsWith('.json') ? 'lost' : 'ok')), 1);
  await faulty.fill('one', QUERY);
  expect(await listed('one')).toHaveLength(2);
});

test('other lists go, and nothing of this one', async () => {
  await known.fill('one', QUERY);
  await known.fill('two', QUERY);
  await known.removeOthers('two');
  expect([await listed('one'), (await listed('two')).length]).toEqual([[], 2]);
});
