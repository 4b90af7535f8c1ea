/** The topic's properties on its brokers that are checked before anything is consumed. */

import kafkajs from 'kafkajs';
import type { TopicFacts } from '../processor/ports.ts';
import { createKafka, type KafkaConnectionOptions } from './client/connection-options.ts';

/** Names of the settings, including the one that bounded timestamps before Kafka 3.6. */
const AFTER_MAX = 'message.timestamp.after.max.ms';
const DIFFERENCE_MAX = 'message.timestamp.difference.max.ms';

/** Rejects with kafkajs's errors. */
export async function readTopicFacts(
  options: KafkaConnectionOptions,
  topic: string,
  partitionCount: number,
): Promise<TopicFacts> {
  const admin = createKafka(options).admin();
  try {
    await admin.connect();
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
    });
    const settings = new Map(
      resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]),
    );
    return {
      topic,
      partitionCount,
      compacted: (settings.get('cleanup.policy') ?? '').split(',').some((policy) => policy.trim() === 'compact'),
      logAppendTime: settings.get('message.timestamp.type') === 'LogAppendTime',
      timestampAfterMaxMs: toLimitMs(settings.get(AFTER_MAX) ?? settings.get(DIFFERENCE_MAX)),
      bootstrapServers: options.brokers.join(','),
    };
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/** Kafka's default before 4.0 is the greatest int64: no bound. */
function toLimitMs(value: string | undefined): number {
  const limitMs = Number(value);
  return value === undefined || !Number.isSafeInteger(limitMs) ? Number.POSITIVE_INFINITY : limitMs;
}
