import { describe, expect, it } from 'vitest';
import type { Checkpoint, Ownership } from '../ports.ts';
import { requireItself } from './checkpoint-mark.ts';

const FIXED = { idHorizonMs: 0, windowMs: 60_000, activitySpanMs: 300_000, minEventTimeMs: 0 };
const OWNERSHIP = { fixed: FIXED, epoch: 4 } as Ownership;
const CHECKPOINT = {
  partition: 1,
  writerEpoch: 3,
  nextOffset: 9,
  of: { partition: 1, epoch: 3, nextOffset: 9, wentOnFrom: 4, fixed: FIXED },
} as unknown as Checkpoint;

describe('a checkpoint', () => {
  it('of an older release says nothing of itself', () => {
    const { of: _of, ...older } = CHECKPOINT;
    expect(() => requireItself(older, OWNERSHIP)).not.toThrow();
  });

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
