/** Backfill on Delta tables: what is put in and left out, commands that are killed or run at once, and answers that are lost. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BACKFILL_POINTS, type BackfillPoint } from '../../processor/crash-points.ts';
import { acceptedRow, MINUTE_MS, NOON_MS } from '../../sinks/bigquery/testing/sample-rows.ts';
import { type Fate, FaultyStore } from '../../sinks/delta/testing/memory-store.ts';
import { backfill } from './backfill.ts';
import { EUR, LATE_COUNT, LATE_FROM, lateRow } from './testing/backfill-bench.ts';
import { DeltaBench, TOPIC } from './testing/delta-bench.ts';

test('with --dry-run it says what it would put in, and changes nothing', async () => {
  const { store, bench } = await DeltaBench.withLateRows();
  const before = store.objects.size;
  const report = await backfill({ topic: TOPIC }, bench.options({ dryRun: true }));
  expect(report).toMatchObject({ looked: LATE_COUNT, added: LATE_COUNT, notCheckpointed: 1 });
  expect(store.objects.size).toBe(before);
});

test('it puts every late payment below the checkpoint in once, with its windows; a second one finds nothing to do', async () => {
  const { bench } = await DeltaBench.withLateRows();
  const first = await backfill({ topic: TOPIC }, bench.options({ batchRows: 2 }));
  expect(first).toMatchObject({ looked: LATE_COUNT, added: LATE_COUNT, notCheckpointed: 1, unfinished: false });
  expect(first.sums).toEqual({ EUR: { count: LATE_COUNT, amount: '510.000000005' } });
  await bench.expectWhole();
  const second = await backfill({ topic: TOPIC }, bench.options());
  expect(second).toMatchObject({ added: 0, leftOut: { backfilled: LATE_COUNT } });
  await bench.expectWhole();
});

test('in parts it comes to the same as at once', async () => {
  const { bench } = await DeltaBench.withLateRows();
  const some = { topic: TOPIC, transactionIds: [`${TOPIC}-2`, `${TOPIC}-3`, 'not there'] };
  expect((await backfill(some, bench.options())).added).toBe(2);
  const times = { fromEventTimeMs: NOON_MS + MINUTE_MS, beforeEventTimeMs: NOON_MS + 2 * MINUTE_MS };
  expect((await backfill({ topic: TOPIC, ...times }, bench.options())).looked).toBe(2);
  expect((await backfill({ topic: TOPIC, partitions: [7] }, bench.options())).looked).toBe(0);
  await backfill({ topic: TOPIC }, bench.options());
  await bench.expectWhole();
});

test('it leaves out what is accepted already, says what conflicts, and takes one of two copies', async () => {
  const { bench } = await DeltaBench.withLateRows();
  const at = LATE_FROM - 10;
  const [id, other, twice] = ['accepted', 'other', 'twice'].map((transactionId) => ({ transactionId }));
  await bench.addPayments([
    acceptedRow(1, { ...id, amount: BigInt(at) * EUR + 1n, eventTimeMs: lateRow(at, id!).eventTimeMs! }),
    acceptedRow(2, { ...other, amount: 1n }),
  ]);
  const rows = [lateRow(at, id!), lateRow(at + 1, other!), lateRow(at + 2, twice!), lateRow(at + 3, twice!)];
  await bench.addExceptions([...rows, { ...rows[0]!, kafkaOffset: at + 4, payload: '{' }]);
  const report = await backfill({ topic: TOPIC }, bench.options());
  expect(report.leftOut).toEqual({ backfilled: 0, present: 1, conflict: 1, copy: 1, known: 0, unreadable: 1 });
  expect(report.added).toBe(LATE_COUNT + 1);
  const ids = (await bench.rows('payment_transactions')).map((row) => row.transaction_id);
  expect(new Set(ids).size).toBe(ids.length);
});

test.each(BACKFILL_POINTS)('what one that was killed at %s left is finished by the next', async (point) => {
  const { bench } = await DeltaBench.withLateRows();
  const hit = (passed: BackfillPoint): void => {
    if (passed === point) throw new Error('killed');
  };
  await expect(backfill({ topic: TOPIC }, bench.options({ hit }))).rejects.toThrow('killed');
  await backfill({ topic: TOPIC }, bench.options());
  await bench.expectWhole();
});

test('once a later turn is taken, nothing of an earlier one lands', async () => {
  const { store, bench } = await DeltaBench.withLateRows();
  const later = new DeltaBench(store, 1);
  const range = { partition: 3, fromMs: NOON_MS, toMs: NOON_MS + MINUTE_MS };
  const first = await bench.backfill.turns.take(TOPIC, 'first', [range], 0);
  expect(await bench.backfill.turns.isOurs(first)).toBe(true);
  const second = await later.backfill.turns.take(TOPIC, 'second', [], 0);
  expect(second).toMatchObject({ number: 2, owner: 'second', pending: [range] });
  const { payment } = acceptedRow(1, { transactionId: 'x' });
  const failed = await bench.backfill.insertPayments(first, [{ partition: 3, offset: 1, payment }]);
  expect(failed?.message).toBe('turn 1 of payments was overtaken');
  expect((await bench.backfill.correctMetrics(first, new Map([[3, MINUTE_MS]])))?.message).toContain('overtaken');
  await bench.backfill.turns.end(first);
  expect(await later.backfill.turns.read(TOPIC)).toMatchObject({ number: 2, pending: [range] });
  expect(await bench.rows('payment_transactions')).toEqual([]);
  expect(await later.backfill.insertPayments(second, [{ partition: 3, offset: 1, payment }])).toBeUndefined();
  expect(await later.rows('payment_transactions')).toMatchObject([{ transaction_id: 'x' }]);
});

test('several at once, each losing answers of the store, add every payment once', { timeout: 60_000 }, async () => {
  const fates = fc.infiniteStream(fc.constantFrom<Fate>('ok', 'ok', 'ok', 'lost', 'late', 'away'));
  await fc.assert(
    fc.asyncProperty(fc.array(fates, { minLength: 2, maxLength: 3 }), async (streams) => {
      const { store, bench } = await DeltaBench.withLateRows();
      const stores = streams.map((fate) => new FaultyStore(store, () => fate.next().value));
      const commands = stores.map((faulty, i) => {
        const one = new DeltaBench(faulty, i + 1);
        return backfill({ topic: TOPIC }, one.options({ batchRows: 2, owner: `command-${i}` }));
      });
      const reports = await Promise.all(commands);
      // Puts whose answer was lost land after everything.
      for (const faulty of stores) while (faulty.late.length > 0) await faulty.landLate();
      await bench.expectWhole();
      expect(reports.every(({ added }) => added <= LATE_COUNT)).toBe(true);
    }),
    { numRuns: 8 },
  );
});
