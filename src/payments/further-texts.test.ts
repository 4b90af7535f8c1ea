/** Further columns of a batch: what goes in comes out, by rules with different columns, and NULL is not the empty text. */
import { describe, expect, it } from 'vitest';
import { AcceptedBatch } from './accepted-batch.ts';
import { FurtherValues } from './event/further-values.ts';
import { PaymentBytes } from './event/payment-bytes.ts';
import { layoutOf } from './row-layout.ts';
import type { FurtherColumn } from './rules/rules.ts';
import type { AcceptedRow } from './types.ts';

const column = (name: string): FurtherColumn => ({ name, path: `/${name}`, type: 'string' });
const FRAUD = {
  riskAmount: 'LOW',
  txnCount5Min: 1,
  uniqueDevicesSender: 1,
  geographicRisk: 0,
  fraudScore: 5,
  isHighRisk: false,
} as const;
const PAYMENT = { transactionId: 't', senderAccountId: 's', amount: 1n, currency: 'EUR', eventTimeMs: 1 };

function rowOf(kafkaOffset: number, further?: Readonly<Record<string, string>>): AcceptedRow {
  return { kafkaOffset, payment: { ...PAYMENT, ...(further && { further }) }, fraud: FRAUD };
}

/** Adds rows as a mapping with these columns reads them; null: the built-in event. */
function add(batch: AcceptedBatch, columns: readonly FurtherColumn[] | null, rows: readonly AcceptedRow[]): void {
  const values = columns === null ? null : new FurtherValues(columns);
  for (const { kafkaOffset, payment } of rows) {
    const bytes = new PaymentBytes().set(payment);
    bytes.further = values?.set(payment.further) ?? null;
    batch.add(kafkaOffset, bytes, FRAUD);
  }
}

const [A, B, C] = [column('a'), column('b'), column('c')];
const BEFORE = [rowOf(0), rowOf(1)];
const OLDER = [rowOf(2, { a: 'first', b: '' }), rowOf(3), rowOf(4, { b: 'é\u{1f600}' })];
const NEWER = [rowOf(5, { c: 'third', b: 'x'.repeat(5_000) }), rowOf(6)];

describe('a batch whose rules change in the middle', () => {
  it('has the columns of all of them, and NULL where a row has none', () => {
    const layout = layoutOf([{ columns: [A, B] }, { columns: [C, B] }]);
    expect(layout.further.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    const batch = new AcceptedBatch(layout);
    for (let time = 0; time < 2; time += 1) {
      batch.clear();
      add(batch, null, BEFORE);
      add(batch, [A, B], OLDER);
      add(batch, [C, B], NEWER);
      expect([...batch]).toEqual([...BEFORE, ...OLDER, ...NEWER]);
      expect(layout.further.map((_, at) => batch.furtherTexts(at).nullCount)).toEqual([6, 4, 6]);
    }
    expect([...AcceptedBatch.of(batch, layout)]).toEqual([...batch]);
  });

  it('follows what is added where no layout was given', () => {
    const batch = new AcceptedBatch();
    add(batch, [A], [rowOf(0, { a: '1' })]);
    add(batch, [C], [rowOf(1, { c: '2' })]);
    expect(batch.layout).toEqual({ nullRoles: true, further: [A, C] });
    expect([...batch]).toEqual([rowOf(0, { a: '1' }), rowOf(1, { c: '2' })]);
  });

  it('takes a column that its layout lacks for a bug', () => {
    const add1 = (layout?: ReturnType<typeof layoutOf>) => () => add(new AcceptedBatch(layout), [A], [rowOf(0)]);
    expect(add1(layoutOf([{ columns: [B] }]))).toThrow('no column a');
    expect(add1(layoutOf([]))).toThrow('without rules');
    expect(add1()).not.toThrow();
  });
});

it('values of an object come back as they went in, the empty text among them', () => {
  const values = new FurtherValues([A, B, C]);
  expect(values.toRecord()).toBeUndefined();
  expect(values.set({ b: '', c: 'é' }).toRecord()).toEqual({ b: '', c: 'é' });
  expect(values.set().toRecord()).toBeUndefined();
});
