/** Which ranges give up what a log has lost, and nothing else: those that an error tells an operator to skip. */
import type { GivenUp } from '../base/text/skip-command.ts';
import type { LogBounds, SkippedRange } from './ports.ts';

export interface MissingRecords {
  readonly partition: number;
  /** The first offset that is missing. */
  readonly expectedOffset: number;
  /** Of the log: where it starts now. */
  readonly startOffset: LogBounds['startOffset'];
  /** C and F of the takeover: rows of [C, F) are in the tables, and were to be compared with what the log yields. */
  readonly checkpointOffset: number;
  readonly writtenTo: number;
  readonly skipped: readonly SkippedRange[];
}

/**
 * The ranges that together give up what the log has lost, and nothing else. Where rows past the checkpoint can no longer be
 * compared, they go too: the range then begins at the checkpoint and ends behind them.
 */
export function rangesToGiveUp(missing: MissingRecords): GivenUp[] {
  const { partition, expectedOffset, startOffset, checkpointOffset, writtenTo, skipped } = missing;
  const removeRows = writtenTo > checkpointOffset && expectedOffset < writtenTo;
  const ranges: GivenUp[] = [];
  let from = removeRows ? checkpointOffset : Math.max(expectedOffset, checkpointOffset);
  // What lies below F goes in one piece.
  const least = removeRows ? writtenTo : 0;
  const add = (to: number): void => {
    const isFirst = removeRows && ranges.length === 0;
    if (from < to) ranges.push({ partition, from, to, ...(isFirst ? { removeRows } : {}) });
  };
  for (const range of skipped) {
    if (range.to <= from || range.from < least) continue;
    if (range.from >= startOffset) break;
    add(range.from);
    from = range.to;
  }
  add(removeRows && ranges.length === 0 ? Math.max(startOffset, writtenTo) : startOffset);
  return ranges;
}
