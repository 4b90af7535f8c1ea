/**
 * What `verify` reports about producers' clocks: whether one fast clock could make good payments late, by the topic's
 * settings now and the partitions' settings since they began. ACCEPT_CLOCK_RISK accepts that; this report shows it.
 */
import { readFileSync } from 'node:fs';
import { messageOf } from '../kafka/client/errors.ts';
import { readTopicFacts } from '../kafka/topic-facts.ts';
import { clockConditions } from '../processor/clock-rule.ts';
import type { Ownership, TopicFacts } from '../processor/ports.ts';
import { kafkaConnection } from './config/kafka-connection.ts';
import type { EndpointConfig } from './config/process-config.ts';

/** Never rejects: settings that cannot be read are a condition too. */
export async function clockConditionsOf(
  { kafka }: EndpointConfig,
  queries: { readOwnership(topic: string): Promise<Ownership[]> },
): Promise<string[]> {
  const facts = (): Promise<TopicFacts> =>
    readTopicFacts(
      kafkaConnection(kafka, 'provenonce', (file) => readFileSync(file, 'utf8')),
      kafka.topic,
      0,
    );
  return clockConditionsFrom(facts, () => queries.readOwnership(kafka.topic));
}

export async function clockConditionsFrom(
  facts: () => Promise<TopicFacts>,
  ownership: () => Promise<readonly Ownership[]>,
): Promise<string[]> {
  try {
    const [topic, rows] = await Promise.all([facts(), ownership()]);
    return clockConditions(
      topic,
      rows.flatMap(({ history }) => history.map(({ decision }) => decision)),
    );
  } catch (error) {
    return [`whether one fast clock can make good payments late is not known: ${messageOf(error)}`];
  }
}
