/** The ownership rows against the topic: a partition that nobody reads. */
import { counted, type FindingLists } from './findings.ts';
import type { OwnershipFacts, VerifyInputs } from './inputs/verify-inputs.ts';
import { partitionsAt } from './partition/started-generations.ts';

const PARTITIONS_BESIDES_MAX = 100;

/**
 * Partitions of the topic without an ownership row. Resolves with what is only a remark: those that hold nothing. Where no
 * partition has one, nothing was ever processed into the dataset, and nothing is reported.
 */
export async function checkUnreadPartitions(
  inputs: VerifyInputs,
  ownership: readonly OwnershipFacts[],
  topicPartitions: readonly number[],
  findings: FindingLists,
): Promise<string[]> {
  if (ownership.length === 0) return [];
  const owned = new Set(ownership.map(({ partition }) => partition));
  const counts = ownership.map((facts) => partitionsAt(facts, Number.POSITIVE_INFINITY));
  // A row may say any number: of what neither the topic nor a row has, a few are enough.
  const saidMax = Math.min(Math.max(0, ...counts), topicPartitions.length + ownership.length + PARTITIONS_BESIDES_MAX);
  const known = new Set([...topicPartitions, ...Array(saidMax).keys()]);
  const remarks: string[] = [];
  for (const partition of [...known].sort((a, b) => a - b)) {
    if (owned.has(partition)) continue;
    if (!topicPartitions.includes(partition)) {
      remarks.push(`partition ${partition} has no ownership row, and the topic does not have it either`);
      continue;
    }
    const { startOffset, endOffset, highWatermark = endOffset } = await inputs.bounds(partition);
    // Retention may have taken all that was there.
    if (highWatermark === 0) {
      remarks.push(
        `partition ${partition} of the topic has no ownership row: nobody reads it. It holds no record yet; ` +
          'see `provenonce rescale --help` for how it is taken into use',
      );
      continue;
    }
    const held = highWatermark - startOffset;
    findings.add('G1', {
      kind: 'partition_unread',
      partition,
      offsets: [],
      transactionIds: [],
      expected: 'an ownership row',
      actual: `${counted(held, 'offset')} in use, ${startOffset} to ${highWatermark - 1}, and no disposition for any record`,
      message: 'the topic has this partition and nobody reads it',
    });
  }
  return remarks;
}
