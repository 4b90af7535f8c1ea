/**
 * The payments that a rejected record is by rules of later settings entries than its own: what `backfill --rejected` may have added,
 * whenever it ran. None where every later entry rejects it too.
 */
import type { OwnershipFacts, TopicRecord } from '../inputs/verify-inputs.ts';
import { judge } from './judge.ts';
import type { OraclePayment } from './judgement.ts';

export type LaterFacts = Pick<OwnershipFacts, 'partition' | 'partitionCount' | 'fixed' | 'history'>;

export function laterPayments(record: TopicRecord, facts: LaterFacts): OraclePayment[] {
  const { partition, fixed, history } = facts;
  const partitionCount = history.findLast(({ generation }) => generation !== undefined)?.generation?.partitions;
  const circumstances = {
    partition,
    partitionCount: partitionCount ?? facts.partitionCount,
    minEventTimeMs: fixed.minEventTimeMs,
  };
  return history
    .filter(({ fromOffset }) => fromOffset > record.offset)
    .flatMap((entry) => judge(record, entry, { ...circumstances, rules: entry.decision }).payment ?? []);
}
