/** Sends hand-made records to chosen partitions, in order, and says where they landed. */
import type { Message } from 'kafkajs';
import { createKafka, type KafkaConnectionOptions } from '../../../kafka/client/connection-options.ts';
import type { ScenarioRecord } from '../../scenario.ts';

/** The offset of each record, in the order given. One producer, one request per run of records of one partition. */
export async function sendRecords(
  connection: KafkaConnectionOptions,
  topic: string,
  records: readonly ScenarioRecord[],
): Promise<number[]> {
  const producer = createKafka(connection).producer({ idempotent: true, allowAutoTopicCreation: false });
  await producer.connect();
  try {
    const offsets: number[] = [];
    for (let from = 0; from < records.length; ) {
      const { partition } = records[from]!;
      let to = from;
      while (to < records.length && records[to]!.partition === partition) to++;
      const messages = records.slice(from, to).map(messageOf);
      const [answer] = await producer.send({ topic, acks: -1, messages });
      const first = Number(answer?.baseOffset);
      if (!Number.isSafeInteger(first))
        throw new Error(`the broker did not say where ${messages.length} records landed`);
      for (let i = 0; i < messages.length; i++) offsets.push(first + i);
      from = to;
    }
    return offsets;
  } finally {
    await producer.disconnect();
  }
}

function messageOf({ key, value, partition, timestampMs, headers }: ScenarioRecord): Message {
  const sent = Object.entries(headers ?? {}).map(([name, values]) => [name, [values].flat()] as const);
  return {
    key,
    value,
    partition,
    ...(timestampMs === undefined ? {} : { timestamp: String(timestampMs) }),
    ...(headers === undefined ? {} : { headers: Object.fromEntries(sent) }),
  };
}
