/** The part of the log that is read: all but the offsets that were given up; and the message for a part that cannot be read. */

import { skipCommand } from '../../base/text/skip-command.ts';
import { UnreadableLogError } from '../topic/errors.ts';
import type { GivenUp, OwnershipFacts, TopicRecord, VerifyInputs } from './verify-inputs.ts';

type Facts = Pick<OwnershipFacts, 'partition' | 'skipped'>;

/** The first offset from `offset` on that was not given up. */
export function pastGivenUp(offset: number, skipped: readonly GivenUp[]): number {
  const range = skipped.find(({ from, to }) => offset >= from && offset < to);
  return range === undefined ? offset : pastGivenUp(range.to, skipped);
}

/**
 * Every readable record in [fromOffset, toOffset), ascending; offsets that were given up are not asked for, since the log may
 * hold there what nobody can read. A batch that reaches over the edge of such a range is read.
 */
export async function* readableRecords(
  inputs: Pick<VerifyInputs, 'records'>,
  { partition, skipped }: Facts,
  fromOffset: number,
  toOffset: number,
): AsyncGenerator<readonly TopicRecord[]> {
  for (let from = pastGivenUp(fromOffset, skipped); from < toOffset; ) {
    const next = Math.min(toOffset, ...skipped.filter((range) => range.from > from).map((range) => range.from));
    yield* inputs.records(partition, from, next);
    from = pastGivenUp(next, skipped);
  }
}

/** What kept the work from its end, where it was a batch that cannot be read; rejects with any other error of it. */
export async function unreadableLogOf(work: Promise<unknown>): Promise<UnreadableLogError | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof UnreadableLogError) return error;
    throw error;
  }
}

/** What is not known of the partition, why, and what to run. */
export function unreadableText(error: UnreadableLogError, { partition, skipped }: Facts): string {
  const { offset, lastOffset, message } = error;
  if (error.partition !== partition) {
    return (
      `partition ${partition}: nothing from the topic's change of partitions on was checked, since it depends on what ` +
      `partition ${error.partition} held before: ${message}`
    );
  }
  const within = skipped.filter(({ from, to }) => lastOffset !== undefined && from <= lastOffset && to > offset);
  const ranges = within.map(({ from, to }) => `${from} to ${to - 1}`).join(', ');
  const partly = ranges === '' ? '' : ` Given up of it were only the offsets ${ranges}.`;
  const giveUp =
    lastOffset === undefined
      ? `the batch up with \`provenonce skip --partition ${partition} --from ${offset}\` and, as --to, the first offset that can be read again`
      : `the batch up with \`${skipCommand({ partition, from: offset, to: lastOffset + 1 })}\``;
  return (
    `partition ${partition}: nothing from offset ${offset} on was checked: ${message}.${partly} Run \`provenonce verify\` ` +
    `again; where the log stays like this, restore it from a replica, or give ${giveUp}, then verify again`
  );
}
