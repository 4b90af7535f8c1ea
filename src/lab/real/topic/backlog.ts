/** What of a topic is not below a checkpoint yet. */
import type { VerifyInputs } from '../../../checks/inputs/verify-inputs.ts';
import type { SinkReads } from '../../../processor/ports.ts';

/** One line per partition that is behind; empty when all is processed. */
export async function backlog(
  inputs: Pick<VerifyInputs, 'bounds'>,
  reads: Pick<SinkReads, 'latestCheckpoint'>,
  topic: string,
  partitions: number,
): Promise<string[]> {
  const found = await Promise.all(
    Array.from({ length: partitions }, async (_, partition) => {
      const { endOffset } = await inputs.bounds(partition);
      const nextOffset = (await reads.latestCheckpoint(topic, partition))?.nextOffset ?? 0;
      return nextOffset < endOffset ? `partition ${partition} is at ${nextOffset} of ${endOffset}` : undefined;
    }),
  );
  return found.filter((text) => text !== undefined);
}
