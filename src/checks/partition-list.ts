/** The ownership rows against the topic and against each other: a partition that nobody reads, and rows that disagree. */
import { counted, type FindingLists } from './findings.ts';
import { partitionsAt } from './generations.ts';
import type { OwnershipFacts, VerifyInputs } from './inputs.ts';

/**
 * Partitions of the topic without an ownership row. Resolves with what is only a remark: those that hold nothing. Where no
 * partition has one, nothing was ever processed into the dataset, and nothing is said of it.
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
  const known = new Set([...topicPartitions, ...Array(Math.max(0, ...counts)).keys()]);
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

/** What the ownership rows say of themselves. */
export function checkOwnership(ownership: readonly OwnershipFacts[], findings: FindingLists): void {
  const counts = new Set(ownership.map((facts) => partitionsAt(facts, Number.POSITIVE_INFINITY)));
  if (counts.size > 1)
    add(
      findings,
      null,
      'partition_count_differs',
      `the rows say ${[...counts].join(', ')} partitions; run an interrupted \`provenonce rescale\` again`,
    );
  for (const { partition, startOffset, partitionCount, history, skipped, fixed } of ownership) {
    const wrong = (what: string): void => add(findings, partition, 'ownership_contradicts', what);
    if (startOffset < 0) wrong(`start_offset ${startOffset} is below 0`);
    if (partition >= Math.max(partitionCount, ...counts)) wrong(`it is one of ${Math.max(...counts)} partitions`);
    if (history.length === 0) wrong('settings_history is empty: no rules hold for any record');
    if (history.some(({ fromOffset }, index) => fromOffset < (history[index - 1]?.fromOffset ?? 0)))
      wrong('settings_history does not ascend by fromOffset');
    if ((history[0]?.fromOffset ?? 0) > startOffset)
      wrong(`settings_history starts at offset ${history[0]?.fromOffset}, the partition at ${startOffset}`);
    for (const [index, { from, to }] of skipped.entries()) {
      const before = skipped[index - 1]?.to ?? startOffset;
      if (from >= to || from < before)
        wrong(`skipped has offsets ${from} to ${to - 1} after everything below ${before}`);
    }
    if (fixed.windowMs <= 0 || fixed.idHorizonMs < 0 || fixed.activitySpanMs < 0)
      wrong('fixed_settings has a window or a span of no length');
  }
}

function add(findings: FindingLists, partition: number | null, kind: string, what: string): void {
  const message = `partition_ownership: ${what}`;
  findings.add('G6', { kind, partition, offsets: [], transactionIds: [], message });
}
