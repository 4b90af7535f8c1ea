import { expect, it } from 'vitest';
import type { ExceptionRow } from '../../../payments/types.ts';
import { ReadBackRows } from './read-back-rows.ts';

function row(kafkaOffset: number, reason: ExceptionRow['reason'] = 'no_value'): ExceptionRow {
  return {
    kafkaOffset,
    disposition: 'rejected',
    reason,
    transactionId: null,
    eventTimeMs: null,
    recordTimeMs: 1,
    firstKafkaOffset: null,
    conflict: false,
    payload: null,
    payloadHash: null,
  };
}

const there = (...rows: readonly ExceptionRow[]) =>
  new ReadBackRows(
    'payment_exceptions',
    rows.map((each) => ({ row: each, writerEpoch: 1 })),
  );

it('are passed over one by one, and what follows is missing', () => {
  const rows = there(row(5), row(6));
  expect([rows.next, rows.rows, rows.left()]).toEqual([7, 2, 2]);
  expect([rows.ask(row(5)), rows.ask(row(6)), rows.left(), rows.ask(row(7))]).toEqual([
    'present',
    'present',
    0,
    'missing',
  ]);
});

it('differ from a row with another column, and from the row of another record; that one is still left', () => {
  const rows = there(row(5));
  expect(rows.ask(row(5, 'not_an_object'))).toMatchObject({
    differs: expect.stringMatching(/^\(offset 5\): .*reason/),
  });
  expect(rows.ask(row(4))).toMatchObject({ differs: expect.stringMatching(/^\(offset 5\): /) });
  expect(rows.left()).toBe(1);
});

it('that are none reach no offset', () => {
  expect([there().next, there().rows, there().left()]).toEqual([0, 0, 0]);
});
