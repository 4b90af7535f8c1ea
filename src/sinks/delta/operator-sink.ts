/** The sink as operators' commands see it: holding partitions, and changing what is stored about them. */

import { DATA_TABLES } from '../../payments/types.ts';
import type { OperatorSink } from '../../processor/ports.ts';
import { mayBegin, mayHold, mayReach } from './files/file-choice.ts';
import { Rewriter } from './rows/row-files.ts';
import { type DeltaSinkParts, deltaReads, fenceParts } from './sink-parts.ts';
import { requireSnapshot } from './tables/small-table.ts';
import { claimRows } from './takeover/claims.ts';
import { HeldDelta } from './takeover/delta-claim.ts';
import { positionIn } from './takeover/positions.ts';

export function deltaOperatorSink(parts: DeltaSinkParts): OperatorSink {
  const { runtime, tables, format, ownership, ownershipTable } = parts;
  const fencing = fenceParts(parts);
  return {
    ...deltaReads(parts),
    hold: (topic, owner, rows) =>
      claimRows(
        topic,
        owner,
        rows,
        { runtime, table: ownershipTable, ownership },
        (row) => new HeldDelta(row, fencing),
        'hold',
      ),
    async writtenTo(partition, fromOffset) {
      const topics = await ownershipTable.topics();
      const reached = await Promise.all(
        DATA_TABLES.map(async (name) => {
          const snapshot = requireSnapshot(name, await tables[name].refresh());
          return topics.map((topic) => positionIn(snapshot, { topic, partition }).next);
        }),
      );
      return Math.max(fromOffset, ...reached.flat());
    },
    putSkipped: ({ topic, partition, claimId }, skipped) =>
      ownershipTable.putSkipped(topic, partition, claimId, skipped),
    putHistories: (topic, changes) => ownership.putHistories(topic, changes),
    async removeRows(name, partition, from, to) {
      const table = tables[name];
      const rewriter = new Rewriter({ table, format }, (row) => {
        const offset = Number(row.kafka_offset);
        const isGone =
          row.kafka_partition === partition && offset >= from && offset < to && Number(row.writer_epoch) > 0;
        return isGone ? undefined : row;
      });
      await table.commit(async (snapshot) => {
        const files = [...snapshot.files.values()].filter(
          (file) =>
            mayHold(file, { kafka_partition: partition }) &&
            mayReach(file, 'kafka_offset', from) &&
            mayBegin(file, 'kafka_offset', to),
        );
        const { adds, removes, changedRows } = await rewriter.rewrite(snapshot, files);
        return changedRows === 0 ? undefined : { operation: 'DELETE', adds, removes };
      });
    },
  };
}
