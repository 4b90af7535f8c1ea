import { describe, expect, it } from 'vitest';
import type { Checkpoint, Ownership } from '../ports.ts';
import type { RowsAlreadyThere } from './position.ts';
import { foundRowsOf, requireItself, streamOffsetsText } from './stream-offsets.ts';

const STREAM_OFFSETS = {
  payment_transactions: 3,
  payment_transactions_fraud: 2,
  payment_metrics_partials: 1,
  payment_exceptions: 0,
};
const FIXED = { idHorizonMs: 0, windowMs: 60_000, activitySpanMs: 300_000, minEventTimeMs: 0 };
const OWNERSHIP = { fixed: FIXED, epoch: 4 } as Ownership;
const CHECKPOINT = {
  partition: 1,
  writerEpoch: 3,
  nextOffset: 9,
  streamOffsets: STREAM_OFFSETS,
  of: { partition: 1, epoch: 3, nextOffset: 9, wentOnFrom: 4, fixed: FIXED },
  found: { from: 4, rows: { 2: { payment_exceptions: 1 } } },
} as unknown as Checkpoint;

describe('stream_offsets', () => {
  it('says the rows per stream, which checkpoint it is, and what its owner found', () => {
    const { of, found } = CHECKPOINT;
    expect(JSON.parse(streamOffsetsText(CHECKPOINT))).toEqual({ ...STREAM_OFFSETS, of, found });
  });

  it('of an older release says the rows alone', () => {
    const { of: _of, found: _found, ...older } = CHECKPOINT;
    expect(JSON.parse(streamOffsetsText(older))).toEqual(STREAM_OFFSETS);
    expect(() => requireItself(older, OWNERSHIP)).not.toThrow();
  });
});

describe('a checkpoint', () => {
  it('is taken where it is what it says of itself', () => {
    expect(() => requireItself(CHECKPOINT, OWNERSHIP)).not.toThrow();
  });

  it.each([
    ['next_offset', { nextOffset: 10 }],
    ['writer_epoch', { writerEpoch: 2 }],
    ['kafka_partition', { partition: 0 }],
  ])('whose %s was changed by hand is refused', (column, change) => {
    expect(() => requireItself({ ...CHECKPOINT, ...change }, OWNERSHIP)).toThrow(column);
  });

  it.each([3, 2])('of an epoch that is not before ours (%i) is refused: its settings may be others', (epoch) => {
    expect(() => requireItself(CHECKPOINT, { ...OWNERSHIP, epoch })).toThrow(/is of epoch 3.*restore it/);
  });

  it('of other fixed settings than its ownership row has is refused', () => {
    expect(() => requireItself(CHECKPOINT, { ...OWNERSHIP, fixed: { ...FIXED, windowMs: 59_999 } })).toThrow(
      'fixed_settings.windowMs',
    );
  });
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
