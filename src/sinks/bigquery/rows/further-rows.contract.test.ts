/** Rules on a real endpoint: a dataset of 0.2.0 gets what they need, and rows with NULL roles and further columns go in and come back. */
import { describe, expect, it } from 'vitest';
import { layoutOf } from '../../../payments/row-layout.ts';
import { FURTHER_TYPES, type FurtherColumn } from '../../../payments/rules/rules.ts';
import type { AcceptedRow } from '../../../payments/types.ts';
import { contractSink } from '../testing/contract-endpoints.ts';
import { makeDatasetOfBefore, RELAXED_ROLES } from '../testing/dataset-of-before.ts';
import { acceptedRow, appendRows, FIXED, settings } from '../testing/sample-rows.ts';

// A word of SQL is a name like any other.
const ORDER: FurtherColumn = { name: 'order', path: '/order', type: 'string' };
const COLUMNS = [ORDER, ...FURTHER_TYPES.map((type) => ({ name: `of_${type}`, path: `/${type}`, type }))];
const LAYOUT = layoutOf([{ columns: COLUMNS }]);

const FULL = {
  order: '',
  of_string: 'é "1" \u{1f600}',
  of_int64: '-9223372036854775808',
  of_numeric: '-12345678901234567890123456789.000000001',
  of_timestamp: '-62135596800000',
  of_bool: 'false',
  of_json: '{"a":[1e400,"x"]}',
};
const OTHER = { of_int64: '7', of_numeric: '0.5', of_timestamp: '253402300799999', of_bool: 'true' };

function withoutRoles(row: AcceptedRow): AcceptedRow {
  const {
    receiverAccountId: _,
    deviceId: __,
    ipAddress: ___,
    region: ____,
    paymentMethod: _____,
    ...payment
  } = row.payment;
  return { ...row, payment };
}

describe('a dataset of 0.2.0', () => {
  it('is written to without rules as it is; with rules a process names `schema apply`, which makes what they need', async () => {
    await using before = await contractSink({ withoutSchema: true });
    const { dataset } = before.dataset;
    await makeDatasetOfBefore(before);
    await before.ensureSchema(['currency']);
    const seed = { partition: 0, partitionCount: 1, startOffset: 0, fixed: FIXED, history: [settings(0)] };
    await before.queries.seed('payments', [seed]);
    await before.queries.claim('payments', [{ partition: 0, expectedEpoch: 0, claimId: 'c', owner: 'o', streams: [] }]);
    await appendRows(before, 'payment_transactions', [acceptedRow(0)]);

    await using sink = await contractSink({ withoutSchema: true, dataset, layout: LAYOUT });
    await expect(sink.ensureSchema(['currency'])).rejects.toThrow(/`provenonce schema apply`/);
    const dry = await sink.applySchema(undefined, { dryRun: true });
    expect(dry.alteredColumns).toHaveLength(COLUMNS.length + 2 * RELAXED_ROLES.length);
    await expect(sink.ensureSchema(['currency'])).rejects.toThrow(/`provenonce schema apply`/);
    expect((await sink.applySchema()).alteredColumns).toHaveLength(dry.alteredColumns.length);
    expect((await sink.applySchema()).alteredColumns).toEqual([]);
    await sink.ensureSchema(['currency']);

    const rows = [
      acceptedRow(1, { further: FULL }),
      withoutRoles(acceptedRow(2)),
      withoutRoles(acceptedRow(3, { further: OTHER })),
    ];
    await appendRows(sink, 'payment_transactions', rows, { writerEpoch: 2 }, LAYOUT);
    await appendRows(sink, 'payment_transactions_fraud', rows, { writerEpoch: 2 }, LAYOUT);
    const found = await sink.queries.rowsFrom('payment_transactions', 0, 0, LAYOUT.further);
    const expected = [acceptedRow(0), ...rows].map(({ kafkaOffset, payment }) => ({ kafkaOffset, payment }));
    expect(found.map(({ row }) => row)).toEqual(expected);
    const enriched = (await sink.queries.rowsFrom('payment_transactions_fraud', 0, 0)).map(({ row }) => row);
    expect(enriched[1]).toEqual(withoutRoles(acceptedRow(2)));

    // A process without rules writes to the table that has more columns.
    await before.ensureSchema(['currency']);
    await appendRows(before, 'payment_transactions', [acceptedRow(9)], { writerEpoch: 3 });
    const last = await sink.queries.rowsFrom('payment_transactions', 0, 9, LAYOUT.further);
    expect(last.map(({ row }) => row.payment)).toEqual([acceptedRow(9).payment]);
  });
});

it('a new dataset has the columns of the rules at once; other rules add theirs, and a type never changes', async () => {
  await using sink = await contractSink({ layout: LAYOUT });
  const { dataset } = sink.dataset;
  await sink.ensureSchema(['currency']);
  const more = layoutOf([{ columns: [{ name: 'note', path: '/note', type: 'string' }] }]);
  await using other = await contractSink({ withoutSchema: true, dataset, layout: more });
  expect((await other.applySchema()).alteredColumns).toEqual(['payment_transactions: column note STRING is added']);
  await appendRows(other, 'payment_transactions', [acceptedRow(1, { further: { note: 'n' } })], {}, more);
  await appendRows(sink, 'payment_transactions', [acceptedRow(2, { further: OTHER })], {}, LAYOUT);
  const all = await sink.queries.rowsFrom('payment_transactions', 0, 0, [...LAYOUT.further, ...more.further]);
  expect(all.map(({ row }) => row.payment.further)).toEqual([{ note: 'n' }, OTHER]);
  const wrong = layoutOf([{ columns: [{ name: 'note', path: '/note', type: 'int64' }] }]);
  await using wrongly = await contractSink({ withoutSchema: true, dataset, layout: wrong });
  await expect(wrongly.applySchema(undefined, { countRows: false })).rejects.toThrow(
    /column note is STRING NULLABLE, and must be INTEGER/,
  );
});
