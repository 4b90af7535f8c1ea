/** Backfill on a real emulator: what is put in, what is left out, and what a killed one left. The rest: backfill.long.test.ts. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BackfillPoint } from '../../processor/crash-points.ts';
import { acceptedRow, appendRows, MINUTE_MS, NOON_MS } from '../../sinks/bigquery/testing/sample-rows.ts';
import { backfill } from './backfill.ts';
import { BackfillBench, EUR, LATE_COUNT, LATE_FROM, lateRow } from './testing/backfill-bench.ts';

let bench: BackfillBench;

beforeAll(async () => {
  bench = await BackfillBench.open();
});
afterAll(() => bench.close());

describe('a backfill', () => {
  test('with --dry-run says what it would put in, and changes nothing', async () => {
    const late = await bench.lateTopic();
    const { topic, partition } = late;
    const report = await backfill({ topic }, bench.options({ dryRun: true }));
    expect(report).toMatchObject({ looked: LATE_COUNT, added: LATE_COUNT, notCheckpointed: 1 });
    const sql = `SELECT COUNT(*) AS n FROM ${bench.sink.table('payment_transactions')} WHERE kafka_partition = ${partition}`;
    expect(await bench.sink.queries.runQuery(sql)).toEqual([{ n: 0 }]);
    expect(await bench.sink.backfill.turns.read(topic)).toBeUndefined();
  });

  test('puts every late payment below the checkpoint in once, with its windows; a second one finds nothing to do', async () => {
    const late = await bench.lateTopic();
    const { topic } = late;
    const first = await backfill({ topic }, bench.options({ batchRows: 2 }));
    expect(first).toMatchObject({ looked: LATE_COUNT, added: LATE_COUNT, notCheckpointed: 1, unfinished: false });
    expect(first.sums).toEqual({ EUR: { count: LATE_COUNT, amount: '510.000000005' } });
    await bench.expectWhole(late);
    const second = await backfill({ topic }, bench.options());
    expect(second).toMatchObject({ added: 0, leftOut: { backfilled: LATE_COUNT } });
    await bench.expectWhole(late);
  });

  test('in parts comes to the same as at once', async () => {
    const late = await bench.lateTopic();
    const { topic, partition } = late;
    const some = { topic, transactionIds: [`${topic}-2`, `${topic}-3`, 'not there'] };
    expect((await backfill(some, bench.options())).added).toBe(2);
    const times = { fromEventTimeMs: NOON_MS + MINUTE_MS, beforeEventTimeMs: NOON_MS + 2 * MINUTE_MS };
    expect((await backfill({ topic, ...times }, bench.options())).looked).toBe(2);
    expect((await backfill({ topic, partitions: [partition + 1] }, bench.options())).looked).toBe(0);
    await backfill({ topic, partitions: [partition] }, bench.options());
    await bench.expectWhole(late);
  });

  test('leaves out what is accepted already, says what conflicts, and takes one of two copies', async () => {
    const late = await bench.lateTopic();
    const { topic, partition } = late;
    const id = { transactionId: `${topic}-accepted` };
    const other = { transactionId: `${topic}-other` };
    const twice = { transactionId: `${topic}-twice` };
    const at = LATE_FROM - 10;
    const accepted = lateRow(at, id).eventTimeMs!;
    await appendRows(
      bench.sink,
      'payment_transactions',
      [
        acceptedRow(1, { ...id, amount: BigInt(at) * EUR + 1n, eventTimeMs: accepted }),
        acceptedRow(2, { ...other, amount: 1n }),
      ],
      { partition },
    );
    const rows = [lateRow(at, id), lateRow(at + 1, other), lateRow(at + 2, twice), lateRow(at + 3, twice)];
    await appendRows(bench.sink, 'payment_exceptions', [...rows, { ...rows[0]!, kafkaOffset: at + 4, payload: '{' }], {
      partition,
    });
    const report = await backfill({ topic }, bench.options());
    expect(report.leftOut).toEqual({ backfilled: 0, present: 1, conflict: 1, copy: 1, known: 0, unreadable: 1 });
    expect(report.leftOutRecords.map(({ offset, why }) => [offset, why])).toEqual([
      [at + 4, 'unreadable'],
      [at, 'present'],
      [at + 1, 'conflict'],
      [at + 3, 'copy'],
    ]);
    expect(report.added).toBe(LATE_COUNT + 1);
    const ids = `SELECT COUNT(*) = COUNT(DISTINCT transaction_id) AS is_unique FROM ${bench.sink.table('payment_transactions')}`;
    expect(await bench.sink.queries.runQuery(ids)).toEqual([{ is_unique: true }]);
  });

  test('what a killed one left is finished even by a run that selects nothing', async () => {
    const late = await bench.lateTopic();
    const { topic } = late;
    const hit = (passed: BackfillPoint): void => {
      if (passed === 'backfill.payments.after') throw new Error('killed');
    };
    await expect(backfill({ topic }, bench.options({ hit }))).rejects.toThrow('killed');
    const report = await backfill({ topic, transactionIds: [] }, bench.options());
    expect(report).toMatchObject({ looked: 0, unfinished: true });
    await bench.expectWhole(late);
  });
});
