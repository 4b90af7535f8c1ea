/**
 * What every partition knows after the topic got more of them: the payments that all had accepted up to their ends at that
 * time, recomputed from the topic, partition by partition. One walk more over each partition per change.
 */

import { readableRecords, unreadableLogOf } from '../inputs/readable-log.ts';
import { walkable } from '../inputs/row-census.ts';
import type {
  OwnershipFacts,
  TablesSnapshot,
  TopicGeneration,
  TransactionCells,
  VerifyInputs,
} from '../inputs/verify-inputs.ts';
import { type CarriedPayment, storedPayment } from '../oracle/recompute.ts';
import { livesFromMs } from '../oracle/state-digest.ts';
import type { UnreadableLogError } from '../topic/errors.ts';
import type { KnownLists } from './known-lists.ts';
import { type PartitionSources, type StartedGeneration, walkPartition } from './walk-partition.ts';

interface Accepted extends CarriedPayment {
  readonly partition: number;
}

/** Where the walk of a partition starts; undefined where it cannot. */
export type StartOf = (
  facts: OwnershipFacts,
) => Promise<(Pick<PartitionSources, 'trusted'> & { fromOffset: number }) | undefined>;

/** How many partitions the topic has at an offset of one of them. */
export function partitionsAt({ history, partitionCount }: OwnershipFacts, offset: number): number {
  for (let at = history.length - 1; at >= 0; at--) {
    const { generation, fromOffset } = history[at]!;
    if (generation !== undefined && fromOffset <= offset) return generation.partitions;
  }
  return partitionCount;
}

/** The generations that each partition goes through, with what it learns at each; by partition. */
export async function startedGenerations(
  inputs: VerifyInputs,
  tables: TablesSnapshot,
  ownership: readonly OwnershipFacts[],
  startOf: StartOf,
  known: KnownLists,
): Promise<ReadonlyMap<number, readonly StartedGeneration[]>> {
  const started = new Map<number, StartedGeneration[]>(ownership.map(({ partition }) => [partition, []]));
  let before: TopicGeneration | undefined;
  for (const generation of generationsOf(ownership)) {
    const accepted: Accepted[] = [];
    let unreadable: UnreadableLogError | undefined;
    for (const { partition, offset } of generation.sources) {
      const facts = ownership.find((each) => each.partition === partition);
      if (!facts) continue;
      const collected = collect(inputs, tables, facts, offset, generation, started.get(partition)!, startOf, accepted);
      const failure = await unreadableLogOf(collected);
      unreadable ??= failure;
    }
    for (const facts of ownership) {
      const entry = facts.history.find((each) => each.generation?.partitions === generation.partitions);
      if (!entry) continue;
      started.get(facts.partition)!.push({
        fromOffset: entry.fromOffset,
        partitions: generation.partitions,
        floorMs: generation.floorMs,
        accepted: accepted.filter((payment) => isNews(payment, facts.partition, before)),
        elsewhere: known.get(generation.known?.list ?? '') ?? [],
        ...(unreadable === undefined ? {} : { unreadable }),
      });
    }
    before = generation;
  }
  return started;
}

function generationsOf(ownership: readonly OwnershipFacts[]): TopicGeneration[] {
  const found = new Map<number, TopicGeneration>();
  for (const { history } of ownership)
    for (const { generation } of history) if (generation) found.set(generation.partitions, generation);
  return [...found.values()].sort((a, b) => a.partitions - b.partitions);
}

/** Whether a partition does not know it yet: not its own, nor learnt at the change before. */
function isNews({ partition, offset }: Accepted, by: number, before: TopicGeneration | undefined): boolean {
  if (partition === by) return false;
  if (before === undefined || by >= before.partitions) return true;
  const learntBelow = before.sources.find((source) => source.partition === partition)?.offset ?? 0;
  return offset >= learntBelow;
}

async function collect(
  inputs: VerifyInputs,
  tables: TablesSnapshot,
  facts: OwnershipFacts,
  belowOffset: number,
  { floorMs }: TopicGeneration,
  generations: readonly StartedGeneration[],
  startOf: StartOf,
  accepted: Accepted[],
): Promise<void> {
  const { partition, fixed } = facts;
  const start = await startOf(facts);
  if (!start) return;
  // Whole minutes: that is how long a digest counts what is remembered.
  const neededFromMs = livesFromMs(floorMs, Math.max(fixed.idHorizonMs, fixed.activitySpanMs));
  const keep = (payment: CarriedPayment['payment'], offset: number): void => {
    if (offset < belowOffset && payment.event_time >= neededFromMs) accepted.push({ payment, offset, partition });
  };
  const rows = {
    payment_transactions: start.trusted
      ? walkable('payment_transactions', tables.rows('payment_transactions', partition))
      : nothing(),
    payment_transactions_fraud: nothing(),
    payment_metrics_partials: nothing(),
    payment_exceptions: nothing(),
  };
  const records = readableRecords(inputs, facts, start.fromOffset, belowOffset);
  await walkPartition(
    {
      ownership: facts,
      nextOffset: belowOffset,
      trusted: start.trusted,
      generations,
      checkpoints: nothing(),
      rows,
      records,
    },
    {
      step: ({ offset, trusted, outcome, rows: { payment_transactions: stored } }) => {
        if (trusted) for (const row of stored) keep(storedPayment(row as TransactionCells), offset);
        else if (outcome?.disposition === 'accepted') keep(outcome.payment, offset);
      },
    },
  );
}

async function* nothing(): AsyncGenerator<never> {}
