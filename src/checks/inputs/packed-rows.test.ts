/** Rows packed many to a cell come out as they went in. */
import { expect, it } from 'vitest';
import { packedSinglySql, packedSql, unpackedRows } from './packed-rows.ts';

const COLUMNS = { kafka_offset: 'integer', amount: 'decimal', at: 'time', who: 'text', high: 'truth' } as const;
const cell = (...rows: unknown[][]) => rows.map((row) => JSON.stringify(row)).join(',');

it('each value is read by what its column is, exactly, and null stays null', () => {
  const cells = [
    cell(['7', '0.100000001', '1500', 'a"b\u2028', 'true'], ['8', '12', '-2000', '', 'false']),
    cell([null, null, null, null, null]),
  ];
  expect(unpackedRows(cells, COLUMNS)).toEqual([
    { kafka_offset: 7, amount: '0.100000001', at: 1.5, who: 'a"b\u2028', high: true },
    { kafka_offset: 8, amount: '12', at: -2, who: '', high: false },
    { kafka_offset: null, amount: null, at: null, who: null, high: null },
  ]);
});

it('what is no row of these columns, or no safe integer, is an error', () => {
  expect(() => unpackedRows([cell(['7', '1'])], COLUMNS)).toThrow('a packed row has 2 of 5 values');
  expect(() => unpackedRows([cell(['9007199254740993', '1', '0', '', 'true'])], COLUMNS)).toThrow(RangeError);
  expect(() => unpackedRows(['nonsense'], COLUMNS)).toThrow(SyntaxError);
});

it('the query asks for every column as text, and for no order: a whole day in order is more than the service sorts', () => {
  const sql = packedSql('`d.t`', COLUMNS, 'at >= @from_time');
  expect(sql).toContain(
    '[CAST(`kafka_offset` AS STRING), CAST(`amount` AS STRING), CAST(UNIX_MICROS(`at`) AS STRING), `who`, CAST(`high` AS STRING)]',
  );
  expect(sql).toMatch(/WHERE at >= @from_time\nGROUP BY 1, 2$/);
  for (const text of [sql, packedSinglySql('`d.t`', COLUMNS, 'kafka_partition IN (3)')])
    expect(text).not.toContain('ORDER BY');
});
