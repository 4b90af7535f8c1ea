/** The sink as operators' commands see it: holding partitions, and changing what is stored about them. */
import type { OperatorSink } from '../../processor/ports.ts';
import { RuledOwnership } from '../ownership/ruled-ownership.ts';
import { sinkReads } from './sink-reads.ts';
import { holdStreams, storedRow } from './takeover/claims.ts';
import type { FenceParts } from './takeover/fence.ts';
import { FenceRounds } from './takeover/fence-rounds.ts';

export function operatorSink(parts: Omit<FenceParts, 'fences'>): OperatorSink {
  const { queries, runtime } = parts;
  const fences = new FenceRounds(runtime);
  const ownership = new RuledOwnership(queries);
  return {
    ...sinkReads(queries, ownership),
    hold: (topic, owner, rows) => holdStreams(topic, owner, rows, { ...parts, ownership, fences }),
    async writtenTo(partition, fromOffset) {
      const tables = await Promise.all([
        queries.rowsFrom('payment_transactions', partition, fromOffset),
        queries.rowsFrom('payment_transactions_fraud', partition, fromOffset),
        queries.rowsFrom('payment_metrics_partials', partition, fromOffset),
        queries.rowsFrom('payment_exceptions', partition, fromOffset),
      ]);
      return Math.max(fromOffset, ...tables.map((rows) => (rows.at(-1)?.row.kafkaOffset ?? -1) + 1));
    },
    putSkipped: (held, skipped, rowsGo) => {
      const { topic, partition, claimId, streams } = storedRow(held);
      return queries.putSkipped(topic, partition, claimId, skipped, rowsGo ? [] : streams);
    },
    putHistories: (topic, changes) => ownership.putHistories(topic, changes),
    removeRows: (table, partition, from, to) => queries.removeRows(table, partition, from, to),
  };
}
