import { expect, it } from 'vitest';
import type { Checkpoint } from './ports.ts';
import type { RowsAlreadyThere } from './position.ts';
import { foundRowsOf, streamOffsetsText } from './stream-offsets.ts';

const OFFSETS = {
  payment_transactions: 3,
  payment_transactions_fraud: 2,
  payment_metrics_partials: 1,
  payment_exceptions: 0,
};

it('stream_offsets says the rows per stream, which checkpoint it is, and what its owner found', () => {
  const found = { from: 4, rows: { 2: { payment_exceptions: 1 } } };
  const checkpoint = {
    partition: 1,
    writerEpoch: 3,
    nextOffset: 9,
    streamOffsets: OFFSETS,
    found,
  } as unknown as Checkpoint;
  expect(JSON.parse(streamOffsetsText(checkpoint))).toEqual({
    ...OFFSETS,
    of: { partition: 1, epoch: 3, nextOffset: 9, wentOnFrom: 4 },
    found,
  });
});

it('without what was found it says the rows alone, as releases before did', () => {
  const checkpoint = { partition: 1, writerEpoch: 3, nextOffset: 9, streamOffsets: OFFSETS } as unknown as Checkpoint;
  expect(JSON.parse(streamOffsetsText(checkpoint))).toEqual(OFFSETS);
});

it('what a takeover found is counted by epoch and table', () => {
  const rows = {
    payment_transactions: [{ writerEpoch: 1 }, { writerEpoch: 1 }, { writerEpoch: 2 }],
    payment_transactions_fraud: [{ writerEpoch: 1 }],
    payment_metrics_partials: [],
    payment_exceptions: [{ writerEpoch: 2 }],
  } as unknown as RowsAlreadyThere;
  expect(foundRowsOf({ checkpointOffset: 5, rows })).toEqual({
    from: 5,
    rows: {
      1: { payment_transactions: 2, payment_transactions_fraud: 1 },
      2: { payment_transactions: 1, payment_exceptions: 1 },
    },
  });
});
