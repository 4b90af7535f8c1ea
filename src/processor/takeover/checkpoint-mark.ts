/**
 * What a checkpoint says of itself besides its columns (CheckpointMark): which one it is, and what its state depends on. A takeover
 * refuses a checkpoint that is not what it says.
 */

import { ContradictionError } from '../../base/errors.ts';
import type { Checkpoint, Ownership } from '../ports.ts';

/**
 * Throws where a checkpoint is not of an epoch before ours, or says of itself another thing than its columns or its ownership
 * row. Of a later epoch: someone claimed the partition after us, with settings that we do not know (the caller reads ownership
 * again and finds out), or a cell was changed by hand.
 */
export function requireItself(checkpoint: Checkpoint, { fixed, epoch }: Pick<Ownership, 'fixed' | 'epoch'>): void {
  const { of, partition, writerEpoch, nextOffset } = checkpoint;
  if (writerEpoch >= epoch)
    throw new ContradictionError(
      'ownership_rows',
      `partition ${partition}: the checkpoint at offset ${nextOffset} is of epoch ${writerEpoch}, and partition_ownership says that no ` +
        `epoch before ours was greater than ${epoch - 1}. Someone changed checkpoint_log or partition_ownership by hand: restore it. ` +
        "'provenonce verify' says what differs. Nothing was written.",
    );
  if (of === undefined) return;
  const differences = [
    ...(of.partition === partition ? [] : [`kafka_partition is ${partition}, and it was ${of.partition}`]),
    ...(of.epoch === writerEpoch ? [] : [`writer_epoch is ${writerEpoch}, and it was ${of.epoch}`]),
    ...(of.nextOffset === nextOffset ? [] : [`next_offset is ${nextOffset}, and it was ${of.nextOffset}`]),
    ...FIXED_NAMES.filter((name) => of.fixed?.[name] !== fixed[name]).map(
      (name) => `fixed_settings.${name} is ${fixed[name]}, and it was ${of.fixed?.[name]}`,
    ),
  ];
  if (differences.length === 0) return;
  throw new ContradictionError(
    'digest_differs',
    `partition ${partition}: the checkpoint at offset ${nextOffset} is not as it was written: ${differences.join('; ')}. Someone changed ` +
      "checkpoint_log or partition_ownership by hand: restore it. 'provenonce verify' says what differs. Nothing was written.",
  );
}

const FIXED_NAMES = ['idHorizonMs', 'windowMs', 'activitySpanMs', 'minEventTimeMs'] as const;
