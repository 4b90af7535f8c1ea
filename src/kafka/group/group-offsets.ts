/** What any consumer group has committed of a topic, and whether it has members. */

import type { GroupOffsets } from '../../processor/ports.ts';
import { createKafka, type KafkaConnectionOptions } from '../client/connection-options.ts';

/** Rejects with kafkajs's errors. Groups of the newer protocol (KIP-848) show no members here. */
export async function readGroupOffsets(
  options: KafkaConnectionOptions,
  groupId: string,
  topic: string,
): Promise<GroupOffsets> {
  const admin = createKafka(options).admin();
  try {
    await admin.connect();
    // Members first: one that leaves in between has committed before the offsets are read.
    const { groups } = await admin.describeGroups([groupId]);
    const found = await admin.fetchOffsets({ groupId, topics: [topic] });
    const committed = found
      .flatMap(({ partitions }) => partitions)
      .map(({ partition, offset }) => [partition, Number(offset)] as const);
    return {
      offsets: new Map(committed.filter(([, offset]) => offset >= 0)),
      members: groups.reduce((sum, { members }) => sum + members.length, 0),
    };
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
