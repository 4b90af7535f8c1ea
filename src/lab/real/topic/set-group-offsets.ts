/**
 * Sets the committed offsets of a consumer group, as an operator's tools do. With real numbers: kafkajs's own reset writes
 * -1 or -2, which is no reset but no offset at all.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createKafka, type KafkaConnectionOptions } from '../../../kafka/client/connection-options.ts';
import { KafkaAdmin } from '../../../kafka/kafka-admin.ts';

/** A member that was killed counts until its session ends. */
const MEMBERS_GONE_WITHIN_MS = 15_000;
const ASK_AGAIN_MS = 500;
const HAS_MEMBERS = /must have no running instances/;

/** The group must have no members, or lose them soon. Resolves with what the broker says is committed now, by partition. */
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
    for (let leftMs = MEMBERS_GONE_WITHIN_MS; ; leftMs -= ASK_AGAIN_MS) {
      try {
        await admin.setOffsets({ groupId, topic, partitions });
        break;
      } catch (error) {
        if (!HAS_MEMBERS.test(String(error)) || leftMs <= 0) throw error;
        await sleep(ASK_AGAIN_MS);
      }
    }
  } finally {
    await admin.disconnect();
  }
  await using reading = await KafkaAdmin.connect(connection);
  const committed = await reading.committed(groupId, topic);
  return new Map([...committed].map(([partition, { nextOffset }]) => [partition, nextOffset]));
}
