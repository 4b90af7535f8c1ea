import { expect, test } from 'vitest';
import type { ProcessorEvent } from '../processor/events.ts';
import { survivedBy } from './survived.ts';

const positioned = (partition: number, epoch: number, rowsAlreadyThere: number) =>
  ({
    type: 'takeover.positioned',
    partition,
    epoch,
    checkpointOffset: 0,
    resumeOffset: rowsAlreadyThere,
    rowsAlreadyThere,
  }) as unknown as ProcessorEvent;
const finished = (partition: number, rowsSkipped: number) =>
  ({ type: 'replay.finished', partition, rowsSkipped, atOffset: rowsSkipped }) as unknown as ProcessorEvent;

const counted = (...events: ProcessorEvent[]) => {
  const { rowsFoundPastCheckpoint: found, rowsNotWrittenAgain: kept } = survivedBy(events, undefined);
  return { found, kept };
};

test('rows that a takeover found are counted once, where it lost the partition before it compared them', () => {
  const beta = [positioned(3, 3, 6_624)];
  const alpha = [positioned(3, 4, 6_624), finished(3, 6_624)];
  expect(counted(...beta, ...alpha)).toEqual({ found: 6_624, kept: 6_624 });
  // Events are ordered by process, not by time.
  expect(counted(...alpha, ...beta)).toEqual({ found: 6_624, kept: 6_624 });
});

test('every takeover that compared its rows counts', () => {
  const first = [positioned(0, 2, 10), finished(0, 10)];
  expect(counted(...first, positioned(0, 3, 5), finished(0, 5))).toEqual({ found: 15, kept: 15 });
});

test('rows that the newest takeover found and never compared are a difference', () => {
  expect(counted(positioned(0, 2, 10))).toEqual({ found: 10, kept: 0 });
  expect(counted(positioned(0, 2, 10), finished(0, 9))).toEqual({ found: 10, kept: 9 });
});
