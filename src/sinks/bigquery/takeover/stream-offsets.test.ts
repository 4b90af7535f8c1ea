import { describe, expect, it } from 'vitest';
import type { CheckpointRow } from '../ports.ts';
import { foundRowsOf, type RowsAlreadyThere, streamOffsetsText } from './stream-offsets.ts';

const STREAM_OFFSETS = {
  payment_transactions: 3,
  payment_transactions_fraud: 2,
  payment_metrics_partials: 1,
  payment_exceptions: 0,
};
const FIXED = { idHorizonMs: 0, windowMs: 60_000, activitySpanMs: 300_000, minEventTimeMs: 0 };
const CHECKPOINT = {
  partition: 1,
  writerEpoch: 3,
  nextOffset: 9,
  streamOffsets: STREAM_OFFSETS,
  of: { partition: 1, epoch: 3, nextOffset: 9, wentOnFrom: 4, fixed: FIXED },
  found: { from: 4, rows: { 2: { payment_exceptions: 1 } } },
} as unknown as CheckpointRow;

describe('stream_offsets', () => {
  it('says the rows per stream, which checkpoint it is, and what its owner found', () => {
    const { of, found } = CHECKPOINT;
    expect(JSON.parse(streamOffsetsText(CHECKPOINT))).toEqual({ ...STREAM_OFFSETS, of, found });
  });

  it('of an older release says the rows alone', () => {
    const { of: _of, found: _found, ...older } = CHECKPOINT;
    expect(JSON.parse(streamOffsetsText(older))).toEqual(STREAM_OFFSETS);
  });
});

it('what a takeover found is counted by epoch and table', () => {
  const rows = {
    payment_transactions: [{ writerEpoch: 1 }, { writerEpoch: 1 }, { writerEpoch: 2 }],
    payment_transactions_fraud: [{ writerEpoch: 1 }],
    payment_metrics_partials: [],
    payment_exceptions: [{ writerEpoch: 2 }],
  } as unknown as RowsAlreadyThere;
  expect(foundRowsOf(5, rows)).toEqual({
    from: 5,
    rows: {
      1: { payment_transactions: 2, payment_transactions_fraud: 1 },
      2: { payment_transactions: 1, payment_exceptions: 1 },
    },
  });
});
