/**
 * The payments that a rejected record is by rules of later settings entries than its own: what `backfill --rejected` may have added,
 * whenever it ran. None where every later entry rejects it too.
 */
import type { OwnershipFacts, RulesFrom, TopicRecord } from '../inputs/verify-inputs.ts';
import { judge } from './judge.ts';
import type { Circumstances, OraclePayment } from './judgement.ts';
import { UnreadableSchemaError } from './schemas/undecodable.ts';

export type LaterFacts = Pick<OwnershipFacts, 'partition' | 'partitionCount' | 'fixed' | 'history' | 'schemas'>;

export function laterPayments(record: TopicRecord, facts: LaterFacts): OraclePayment[] {
  const { partition, fixed, history, schemas } = facts;
  const partitionCount = history.findLast(({ generation }) => generation !== undefined)?.generation?.partitions;
  const circumstances = {
    partition,
    partitionCount: partitionCount ?? facts.partitionCount,
    minEventTimeMs: fixed.minEventTimeMs,
    ...(schemas === undefined ? {} : { schemas }),
  };
  return history
    .filter(({ fromOffset }) => fromOffset > record.offset)
    .flatMap((entry) => paymentBy(record, entry, { ...circumstances, rules: entry.decision }) ?? []);
}

/** Null where the dataset does not have the record's schema: then no backfill can have read it. */
function paymentBy(record: TopicRecord, entry: RulesFrom, circumstances: Circumstances): OraclePayment | null {
  try {
    return judge(record, entry, circumstances).payment;
  } catch (error) {
    if (error instanceof UnreadableSchemaError) return null;
    throw error;
  }
}
