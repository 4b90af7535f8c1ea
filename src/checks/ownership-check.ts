/**
 * What the ownership rows say of themselves, and of each other: how many partitions there are, whose claim it is, which
 * streams it has, from where on which rules hold. One change of one of them contradicts another.
 */
import type { FindingLists } from './findings.ts';
import type { OwnershipFacts } from './inputs/verify-inputs.ts';
import { partitionsAt } from './partition/started-generations.ts';
import { CHECKED_TABLES } from './partition/walk-partition.ts';

/** Tables that an owner has a stream of. */
const STREAM_TABLES: readonly string[] = [...CHECKED_TABLES, 'checkpoint_log'];
const DAY_MS = 86_400_000;
/** A claim of this release says its epoch, and whether it is an operator's hold. */
const CLAIM_ID = /^(\d+):(hold:)?/;
/** As releases before this one name their claims. */
const NAME_ALONE = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function checkOwnership(
  ownership: readonly OwnershipFacts[],
  topicPartitions: readonly number[],
  findings: FindingLists,
): void {
  checkCounts(ownership, topicPartitions, findings);
  const counts = ownership.map((facts) => partitionsAt(facts, Number.POSITIVE_INFINITY));
  const ownerOfStream = new Map<string, number>();
  for (const facts of ownership) {
    const wrong = (what: string): void => add(findings, facts.partition, 'ownership_contradicts', what);
    if (facts.partition >= Math.max(facts.partitionCount, ...counts))
      wrong(`it is one of ${Math.max(...counts)} partitions`);
    checkRules(facts, wrong);
    checkGivenUp(facts, wrong);
    checkClaim(facts, wrong);
    checkStreams(facts, ownerOfStream, findings, wrong);
  }
}

/**
 * All rows say the same number of partitions, and no other than the topic has. (One that has more partitions than the rows say
 * is reported elsewhere: nobody reads those.)
 */
function checkCounts(
  ownership: readonly OwnershipFacts[],
  topicPartitions: readonly number[],
  findings: FindingLists,
): void {
  const counts = new Map(
    ownership.map((facts) => [facts.partition, partitionsAt(facts, Number.POSITIVE_INFINITY)] as const),
  );
  const said = [...new Set(counts.values())];
  const right = said.includes(topicPartitions.length)
    ? topicPartitions.length
    : said.length === 1
      ? said[0]!
      : undefined;
  for (const [partition, count] of counts) {
    // A topic with fewer partitions than there are rows is another topic, which is reported elsewhere.
    if (count === right && (count <= topicPartitions.length || count === ownership.length)) continue;
    add(
      findings,
      partition,
      'partition_count_differs',
      said.length === 1
        ? `the rows say ${count} partitions, and the topic has ${topicPartitions.length}`
        : `this row says ${count} partitions, the rows together ${said.join(', ')}; run an interrupted \`provenonce rescale\` again`,
    );
  }
}

function checkRules(facts: OwnershipFacts, wrong: (what: string) => void): void {
  const { startOffset, partitionCount, history, fixed } = facts;
  if (startOffset < 0) wrong(`start_offset ${startOffset} is below 0`);
  if (history.length === 0) wrong('settings_history is empty: no rules hold for any record');
  if (history.some(({ fromOffset }, index) => fromOffset < (history[index - 1]?.fromOffset ?? 0)))
    wrong('settings_history does not ascend by fromOffset');
  if (history.some((entry, index) => index > 0 && JSON.stringify(entry) === JSON.stringify(history[index - 1])))
    wrong('settings_history has an entry twice');
  const [first] = history;
  if (first !== undefined && first.fromOffset !== startOffset)
    wrong(`settings_history starts at offset ${first.fromOffset}, the partition at ${startOffset}`);
  const rescaled = history.find(({ generation }) => generation !== undefined)?.generation;
  if (rescaled !== undefined) {
    const before = first?.generation === undefined ? rescaled.sources.length : rescaled.partitions;
    if (partitionCount !== before)
      wrong(`partition_count is ${partitionCount}, and the partition was seeded when there were ${before}`);
  }
  const floors = history.flatMap(({ generation }) => generation?.floorMs ?? []);
  if (floors.some((floorMs, index) => floorMs < (floors[index - 1] ?? floorMs)))
    wrong('settings_history has a floor that goes back: copies below the earlier one may be accepted again');
  if (fixed.windowMs <= 0 || fixed.idHorizonMs < 0 || fixed.activitySpanMs < 0)
    wrong('fixed_settings has a window or a span of no length');
  if (fixed.minEventTimeMs % DAY_MS !== 0) wrong('fixed_settings.minEventTimeMs is not the start of a day');
}

function checkGivenUp({ startOffset, skipped }: OwnershipFacts, wrong: (what: string) => void): void {
  for (const [index, { from, to }] of skipped.entries()) {
    const before = skipped[index - 1]?.to ?? startOffset;
    if (from >= to || from < before) wrong(`skipped has offsets ${from} to ${to - 1} after everything below ${before}`);
  }
}

function checkClaim({ epoch, claimId, streams }: OwnershipFacts, wrong: (what: string) => void): void {
  const [, said, hold] = CLAIM_ID.exec(claimId) ?? [];
  if (said !== undefined && Number(said) !== epoch)
    wrong(`epoch is ${epoch}, and claim_id ${claimId} made epoch ${said}`);
  if (said === undefined && epoch > 0 && !NAME_ALONE.test(claimId))
    wrong(`claim_id ${claimId} is none that a claim has`);
  if (streams === undefined) return;
  const newest = Math.max(0, ...streams.map((stream) => stream.epoch));
  if (newest > epoch) wrong(`epoch is ${epoch}, and streams has one of epoch ${newest}`);
  // An operator who holds the partition has no streams; an older release does not say that it is one.
  if (said !== undefined && hold === undefined && newest !== epoch)
    wrong(`streams has none of epoch ${epoch}: its owner could not write`);
}

function checkStreams(
  { partition, streams }: OwnershipFacts,
  ownerOfStream: Map<string, number>,
  findings: FindingLists,
  wrong: (what: string) => void,
): void {
  if (streams === undefined) return;
  for (const [epoch, some] of Map.groupBy(streams, (stream) => stream.epoch)) {
    const tables = some.map(({ table }) => table).sort();
    if (tables.join() !== [...STREAM_TABLES].sort().join())
      wrong(`streams does not have one stream for each table of epoch ${epoch}`);
  }
  for (const { name, table, epoch } of streams) {
    if (!name.includes(`/tables/${table}/streams/`))
      wrong(`streams has a stream of ${table} at epoch ${epoch} by a name of another`);
    const other = ownerOfStream.get(name);
    if (other !== undefined) {
      wrong(`streams names a stream that partition ${other} has, too: ${name}`);
      if (other !== partition)
        add(
          findings,
          other,
          'ownership_contradicts',
          `streams names a stream that partition ${partition} has, too: ${name}`,
        );
    }
    ownerOfStream.set(name, partition);
  }
}

function add(findings: FindingLists, partition: number, kind: string, what: string): void {
  const message = `partition_ownership: ${what}`;
  findings.add('G6', { kind, partition, offsets: [], transactionIds: [], message });
}
