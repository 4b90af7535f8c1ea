import { describe, expect, it } from 'vitest';
import type { OwnershipRow } from '../ports.ts';
import { countsOf, rowLosses, rowsTooMany, totalLosses } from './row-counts.ts';

/** Partition 0 with a checkpoint at offset 100 by epoch 2: 60 accepted, 40 not, at least 5 windows. */
const WHOLE: Readonly<Record<string, readonly number[]>> = {
  position: [100, 2, 0],
  counters: [60, 40, 0],
  partials: [5, 0, 0],
  payment_transactions: [60, 61, 2],
  payment_transactions_fraud: [60, 60, 2],
  payment_exceptions: [40, 40, 2],
  payment_metrics_partials: [6, 6, 1],
};
const WITHOUT_CHECKPOINT = countsOf([['payment_transactions', '0', '0', '61', '2']]);

/** The same, with another first number for some. */
function counts(changes: Readonly<Record<string, number>> = {}) {
  const row = (what: string, partition: number, [a, ...rest]: readonly number[]): string[] =>
    [what, partition, changes[what] ?? a!, ...rest].map(String);
  const more = Object.entries(changes).filter(([what]) => WHOLE[what] === undefined);
  return countsOf([
    ...Object.entries(WHOLE).map(([what, numbers]) => row(what, 0, numbers)),
    ...more.map(([what, n]) => row(what, -1, [n, 0, 0])),
  ]);
}

function owned(change: Partial<OwnershipRow> = {}): OwnershipRow {
  const streams = [{ epoch: 2, table: 'payment_transactions', name: 's', createdAtMs: 0 }];
  return { topic: 't', partition: 0, epoch: 2, streams, skipped: [], ...change } as unknown as OwnershipRow;
}

describe('rows against counters', () => {
  it('are whole where each table has what its counters say, and more partials than the least', () => {
    expect(rowLosses(counts(), [owned()])).toEqual([]);
    expect(rowsTooMany(counts())).toEqual([]);
  });

  it.each([
    ['payment_transactions', 59, 60],
    ['payment_transactions_fraud', 0, 60],
    ['payment_exceptions', 39, 40],
    ['payment_metrics_partials', 4, 5],
  ])('are lost where %s has %i', (table, found, promised) => {
    expect(rowLosses(counts({ [table]: found }), [owned()])).toMatchObject([{ table, partition: 0, found, promised }]);
  });

  it('that were accepted as lost are no loss, as many as were accepted', () => {
    const accepted = [{ table: 'payment_exceptions', partition: 0, rows: 40 }];
    expect(rowLosses(counts({ payment_exceptions: 0 }), [owned()], accepted)).toEqual([]);
    expect(rowLosses(counts({ payment_exceptions: 0 }), [owned()], [{ ...accepted[0]!, rows: 39 }])).toHaveLength(1);
  });

  it('that nobody counted are reported', () => {
    expect(rowsTooMany(counts({ payment_transactions: 61 }))).toHaveLength(1);
  });
});

describe('positions', () => {
  it('are lost where rows of a partition have no ownership row, or one of an earlier moment', () => {
    const lost = [{ table: 'partition_ownership', partition: 0 }];
    expect(rowLosses(counts(), [])).toMatchObject(lost);
    expect(rowLosses(counts(), [owned({ epoch: 1 })])).toMatchObject(lost);
  });

  it('are lost where a claim had dropped streams by a checkpoint that is gone', () => {
    expect(rowLosses(WITHOUT_CHECKPOINT, [owned()])).toMatchObject([{ table: 'checkpoint_log', partition: 0 }]);
  });

  it('are not lost before a first checkpoint, nor after `skip --remove-rows` has emptied the list of streams', () => {
    const first = [{ epoch: 1, table: 'payment_transactions', name: 's', createdAtMs: 0 }] as const;
    expect(rowLosses(WITHOUT_CHECKPOINT, [owned({ streams: first })])).toEqual([]);
    const skipped = [{ from: 0, to: 9, reason: 'r', by: 'b', atMs: 0 }];
    expect(rowLosses(WITHOUT_CHECKPOINT, [owned({ skipped })])).toEqual([]);
  });
});

it('a backfill without its turn is a lost row of backfill_turns', () => {
  expect(rowLosses(counts({ backfilled: 3 }), [owned()])).toMatchObject([{ table: 'backfill_turns' }]);
  expect(rowLosses(counts({ backfilled: 3, turns: 1 }), [owned()])).toEqual([]);
});

it('totals show what is gone in bulk', () => {
  const totals = (payments: number, exceptions: number, fraud: number) => [
    ['promised', '60', '40'],
    ['payments', String(payments), String(exceptions)],
    ['fraud', String(fraud), '0'],
  ];
  expect(totalLosses(totals(60, 41, 70))).toEqual([]);
  expect(totalLosses(totals(0, 40, 60))).toMatchObject([{ table: 'payment_transactions', found: 0, promised: 60 }]);
  expect(totalLosses(totals(60, 10, 60), [{ table: 'payment_exceptions', partition: 0, rows: 30 }])).toEqual([]);
});
