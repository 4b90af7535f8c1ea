import { expect, test } from 'vitest';
import { type MissingRecords, rangesToGiveUp } from './given-up-ranges.ts';

interface Case {
  readonly what: string;
  readonly missing: Partial<MissingRecords>;
  /** [from, to), with a third member where rows go too. */
  readonly ranges: readonly (readonly [number, number, true?])[];
}

const skipped = (...ranges: readonly (readonly [number, number])[]): MissingRecords['skipped'] =>
  ranges.map(([from, to]) => ({ from, to, reason: 'gone', by: 'ops', atMs: 0 }));

/** The checkpoint is at 3, and the log starts at 12. */
const CASES: readonly Case[] = [
  { what: 'nothing is written past the checkpoint', missing: { expectedOffset: 3 }, ranges: [[3, 12]] },
  { what: 'what was folded meanwhile stays', missing: { expectedOffset: 5 }, ranges: [[5, 12]] },
  {
    what: 'below the checkpoint nothing is needed, and without rows past it none are removed',
    missing: { expectedOffset: 2, writtenTo: 3 },
    ranges: [[3, 12]],
  },
  {
    what: 'rows that can no longer be compared go too',
    missing: { expectedOffset: 5, writtenTo: 8 },
    ranges: [[3, 12, true]],
  },
  {
    what: 'up to the last of them, where the log still has what comes behind its start',
    missing: { expectedOffset: 5, writtenTo: 20 },
    ranges: [[3, 20, true]],
  },
  { what: 'rows that were all compared stay', missing: { expectedOffset: 8, writtenTo: 8 }, ranges: [[8, 12]] },
  {
    what: 'what is given up is not given up again',
    missing: { expectedOffset: 3, skipped: skipped([1, 3], [4, 6], [8, 9]) },
    ranges: [
      [3, 4],
      [6, 8],
      [9, 12],
    ],
  },
  {
    what: 'a range that began before, at the first offset even, counts up to its end',
    missing: { expectedOffset: 3, skipped: skipped([0, 5]) },
    ranges: [[5, 12]],
  },
  {
    what: 'and where it began below rows that were compared',
    missing: { expectedOffset: 8, writtenTo: 8, skipped: skipped([6, 10]) },
    ranges: [[10, 12]],
  },
  {
    what: 'up to the start, all of it may be given up',
    missing: { expectedOffset: 3, skipped: skipped([3, 12]) },
    ranges: [],
  },
  {
    what: 'a range at the start of the log or past it is another matter',
    missing: { expectedOffset: 3, skipped: skipped([12, 14], [20, 21]) },
    ranges: [[3, 12]],
  },
  {
    what: 'rows go in one piece, for any range among them, and what lies behind them in others',
    missing: { expectedOffset: 5, writtenTo: 8, skipped: skipped([4, 6], [8, 9]) },
    ranges: [
      [3, 8, true],
      [9, 12],
    ],
  },
];

test.each(CASES)('$what', ({ missing, ranges }) => {
  const found = rangesToGiveUp({
    partition: 1,
    expectedOffset: 3,
    startOffset: 12,
    checkpointOffset: 3,
    writtenTo: 3,
    skipped: [],
    ...missing,
  });
  const expected = ranges.map(([from, to, removeRows]) => ({
    partition: 1,
    from,
    to,
    ...(removeRows === undefined ? {} : { removeRows }),
  }));
  expect(found).toEqual(expected);
});
