/** The errors that stop a partition with unreadable records, with the commands to continue. */
import { ContradictionError } from '../../base/errors.ts';
import { skipCommand } from '../../base/text/skip-command.ts';

export interface UnreadablePlace {
  readonly topic: string;
  readonly partition: number;
  /** The first offset that cannot be read. */
  readonly offset: number;
  /** One past its batch, if that is known. */
  readonly batchEnd: number | undefined;
}

export function damaged(place: UnreadablePlace, why: Error): ContradictionError {
  const { topic, partition, offset } = place;
  return new ContradictionError(
    'batch_damaged',
    `topic ${topic}, partition ${partition}: the record batch at offset ${offset} is damaged, also when fetched again over a new ` +
      `connection: ${why.message}. Nothing was written past it. Restore the partition from a replica and start the processor again. ` +
      `If no replica has the batch, give it up: ${giveUp(place, 'damaged batch')}. See the runbook, batch_damaged.`,
    { cause: why },
  );
}

export function codecMissing(place: UnreadablePlace, codec: string): ContradictionError {
  const { topic, partition, offset } = place;
  return new ContradictionError(
    'codec_missing',
    `topic ${topic}, partition ${partition}: the records from offset ${offset} on are compressed with codec ${codec}, which this ` +
      'release cannot read. Let producers use compression.type zstd, lz4, snappy, gzip or none; what is in the topic ' +
      `already must be copied into another one, or given up: ${giveUp(place, `compressed with ${codec}`)}. ` +
      'See the runbook, codec_missing.',
  );
}

function giveUp({ partition, offset, batchEnd = offset + 1 }: UnreadablePlace, reason: string): string {
  return skipCommand({ partition, from: offset, to: Math.max(batchEnd, offset + 1) }, reason);
}
