/** What is asked of the service, and what becomes of the answers, in any order. */
import { expect, test } from 'vitest';
import type { QueryParameter, QueryValue } from '../../sinks/bigquery/query/query-values.ts';
import { readTables, slicesOf } from './read-tables.ts';
import type { RowQueries } from './row-queries.ts';
import { Spool } from './spool.ts';

type Row = Record<string, QueryValue>;

const DATASET = { projectId: 'p', dataset: 'd' };
/** Rows of payment_transactions as they are packed, by offset and epoch. */
const packed = (...offsets: number[]): string =>
  offsets.map((offset) => JSON.stringify([String(offset), '1', ...Array(10).fill('x')])).join(',');

/** Answers by what a query's text has in it; the first that fits. */
function source(answers: readonly (readonly [RegExp, readonly Row[]])[]): RowQueries & { asked: string[] } {
  const asked: string[] = [];
  const find = (sql: string, parameters: readonly QueryParameter[]): Row[] => {
    asked.push(`${sql} ${JSON.stringify(parameters)}`);
    return [...(answers.find(([fits]) => fits.test(asked.at(-1)!))?.[1] ?? [])];
  };
  const queries = {
    runQuery: async (sql: string, parameters: readonly QueryParameter[] = []) => find(sql, parameters),
    async *streamQuery(sql: string, parameters: readonly QueryParameter[] = []) {
      for (const row of find(sql, parameters)) yield [row];
    },
  };
  return { dataset: DATASET, queries, asked };
}

const census = (table: string): RegExp => new RegExp(`MAX\\(kafka_offset\\)[\\s\\S]*d\\.${table}\``);
const day = (date: string): RegExp => new RegExp(`STRING_AGG[\\s\\S]*payment_transactions\`[\\s\\S]*${date}T00:00:00`);

test('rows are read day by day without order; those past what was there at the start are left out', async () => {
  const asked = source([
    [
      census('payment_transactions'),
      [
        { day: '2026-01-15', kafka_partition: 0, row_count: 3, last_offset: 2 },
        { day: '2026-01-16', kafka_partition: 0, row_count: 1, last_offset: 5 },
        { day: null, kafka_partition: 0, row_count: 1, last_offset: 3 },
      ],
    ],
    [day('2026-01-15'), [{ kafka_partition: 0, bucket: 0, row_count: 3, packed: packed(2, 0, 1) }]],
    [day('2026-01-16'), [{ kafka_partition: 0, bucket: 0, row_count: 2, packed: packed(9, 5) }]],
    [/event_time IS NULL/, [{ kafka_partition: 0, bucket: 0, row_count: 1, packed: packed(3) }]],
  ]);
  const spool = new Spool();
  const { horizons } = await readTables(asked, 'payments', spool);
  expect(horizons.payment_transactions.get(0)).toBe(5);
  expect([...spool.cells('payment_transactions', 0)].map(({ rows }) => rows).sort()).toEqual([1, 2, 3]);
  expect(asked.asked.filter((sql) => /ORDER BY kafka_offset/.test(sql))).toEqual([]);
  expect(asked.asked.filter((sql) => /\bnull\b/.test(sql))).toEqual([]);
  const order = asked.asked.map((sql) => /d\.(\w+)`/.exec(sql)?.[1]);
  expect(order[0]).toBe('checkpoint_log');
  spool.close();
});

test('what is counted lies below the newest checkpoint of its partition, or in no partition that has one', async () => {
  const checkpoint = { topic: 'payments', writer_epoch: 1 };
  const asked = source([
    [
      /checkpoint_log/,
      [
        { ...checkpoint, kafka_partition: 0, next_offset: 90 },
        { ...checkpoint, kafka_partition: 0, next_offset: 70 },
        { ...checkpoint, kafka_partition: 3, next_offset: 5 },
        { ...checkpoint, kafka_partition: 3, next_offset: 99, topic: 'another' },
      ],
    ],
    [/COALESCE[\s\S]*payment_exceptions|payment_exceptions[\s\S]*COALESCE/, [{ kafka_partition: 0, row_count: 7 }]],
  ]);
  const spool = new Spool();
  const { counts, otherTopics } = await readTables(asked, 'payments', spool);
  expect(counts).toEqual([{ table: 'payment_exceptions', partition: 0, rowCount: 7 }]);
  expect(asked.asked.find((sql) => sql.includes('COALESCE'))).toContain(
    'COALESCE(CASE kafka_partition WHEN 0 THEN kafka_offset < 90 WHEN 3 THEN kafka_offset < 5 ELSE TRUE END, TRUE)',
  );
  expect(otherTopics).toMatchObject([{ table: 'checkpoint_log', partition: 3, rowCount: 1, why: 'topic' }]);
  spool.close();
});

test('a partition that cannot be is read and counted like any other', async () => {
  const asked = source([
    [/checkpoint_log/, [{ topic: 'payments', writer_epoch: 1, kafka_partition: -1, next_offset: 4 }]],
    [census('payment_exceptions'), [{ kafka_partition: -1, row_count: 1, last_offset: 0 }]],
  ]);
  const spool = new Spool();
  await readTables(asked, 'payments', spool);
  expect(asked.asked.find((sql) => sql.includes('COALESCE'))).toContain('WHEN -1 THEN kafka_offset < 4');
  expect(asked.asked.some((sql) => sql.includes('kafka_partition IN (-1)'))).toBe(true);
  spool.close();
});

test('a day with very many rows is read in groups of partitions', () => {
  const counts = new Map<number | null, number>([
    [0, 6],
    [1, 3],
    [2, 20],
    [null, 1],
    [3, 9],
  ]);
  expect(slicesOf(counts, 10)).toEqual([[0, 1], [2], [null, 3]]);
  expect(slicesOf(new Map([[0, 1]]), 10)).toEqual([[0]]);
});
