/**
 * The command that gives offsets up, as errors print it: complete, so that it can be pasted, and made in this one place from
 * the values of a range, so that no message is off by one against what `skip` takes.
 */
import type { LogBounds, SkippedRange } from './ports.ts';

export interface GivenUp {
  readonly partition: number;
  /** The first offset to give up. */
  readonly from: number;
  /** The first offset to keep again. */
  readonly to: number;
  /** Rows past the checkpoint whose records the log has lost go with the range. */
  readonly removeRows?: boolean;
}

/** `reason` stays in the tables; the default asks for one. */
export function skipCommand({ partition, from, to, removeRows = false }: GivenUp, reason = 'WHY'): string {
  const quoted = /^[\w.-]+$/.test(reason) ? reason : JSON.stringify(reason);
  const more = removeRows ? ' --remove-rows' : '';
  return `provenonce skip --partition ${partition} --from ${from} --to ${to} --reason ${quoted}${more}`;
}

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
