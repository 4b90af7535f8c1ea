/**
 * Sets the committed offsets of a consumer group, as an operator's tools do. With real numbers: kafkajs's own reset writes
 * -1 or -2, which is no reset but no offset at all.
 */
import { createKafka, type KafkaConnectionOptions } from '../../kafka/connection-options.ts';
import { KafkaAdmin } from '../../kafka/kafka-admin.ts';

/** The group must have no members. Resolves with what the broker says is committed now, by partition. */
export async function setGroupOffsets(
  connection: KafkaConnectionOptions,
  groupId: string,
  topic: string,
  offsets: ReadonlyMap<number, number>,
): Promise<ReadonlyMap<number, number>> {
  const admin = createKafka(connection).admin();
  await admin.connect();
  try {
    const partitions = [...offsets].map(([partition, offset]) => ({ partition, offset: String(offset) }));
    await admin.setOffsets({ groupId, topic, partitions });
  } finally {
    await admin.disconnect();
  }
  await using reading = await KafkaAdmin.connect(connection);
  const committed = await reading.committed(groupId, topic);
  return new Map([...committed].map(([partition, { nextOffset }]) => [partition, nextOffset]));
}
