import { expect, test } from 'vitest';
import type { Payment } from '../../payments/types.ts';
import { acceptedRow } from '../../sinks/bigquery/testing/sample-rows.ts';
import { classify, type LeftOut, type Stored } from './classify.ts';

const late = (offset: number, payment: Partial<Payment> = {}) => ({
  partition: 0,
  offset,
  payment: acceptedRow(offset, payment).payment,
});
const stored = (offset: number, writerEpoch: number, payment: Partial<Payment> = {}): Stored => ({
  ...late(offset, payment),
  writerEpoch,
});
const reasons = (leftOut: readonly { offset: number; why: LeftOut }[]) =>
  leftOut.map(({ offset, why }) => [offset, why]);

test('an id that the table does not have goes in', () => {
  const { add, leftOut } = classify([late(1), late(2)], []);
  expect(add.map(({ offset }) => offset)).toEqual([1, 2]);
  expect(leftOut).toEqual([]);
});

test('of two late records with one id the first goes in, and the report says whether the other says the same', () => {
  const id = { transactionId: 'twice' };
  const { add, leftOut } = classify([late(1, id), late(2, id), late(3, { ...id, amount: 1n })], []);
  expect(add.map(({ offset }) => offset)).toEqual([1]);
  expect(reasons(leftOut)).toEqual([
    [2, 'copy'],
    [3, 'copy'],
  ]);
  expect(leftOut.map(({ detail }) => detail)).toEqual(['of offset 1', 'of offset 1, which differs']);
});

test('an accepted payment with the id keeps a late record out, as present or as conflict', () => {
  const { add, leftOut } = classify(
    [late(5, { transactionId: 'same' }), late(6, { transactionId: 'other', region: 'moon' })],
    [stored(1, 3, { transactionId: 'same' }), stored(2, 3, { transactionId: 'other' })],
  );
  expect(add).toEqual([]);
  expect(reasons(leftOut)).toEqual([
    [5, 'present'],
    [6, 'conflict'],
  ]);
});

test('a record that was backfilled is known by its place; another one with its id is not it', () => {
  const row = stored(5, 0, { transactionId: 'a' });
  const { leftOut } = classify([late(5, { transactionId: 'a' }), late(6, { transactionId: 'a' })], [row]);
  expect(reasons(leftOut)).toEqual([
    [5, 'backfilled'],
    [6, 'present'],
  ]);
});

test('an accepted payment at the same offset of epoch 1 is not a backfill', () => {
  const { leftOut } = classify([late(5, { transactionId: 'a' })], [stored(5, 1, { transactionId: 'a' })]);
  expect(reasons(leftOut)).toEqual([[5, 'present']]);
});

test('what another pipeline wrote is left out, copies of it too', () => {
  const known = { transactionId: 'elsewhere' };
  const { add, leftOut } = classify([late(5, known), late(6), late(7, known)], [], new Set(['elsewhere']));
  expect(add.map(({ offset }) => offset)).toEqual([6]);
  expect(reasons(leftOut)).toEqual([
    [5, 'known'],
    [7, 'known'],
  ]);
});
