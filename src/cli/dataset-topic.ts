/** Checks that a command uses the dataset of its topic: with another dataset, all its findings would be misleading. */
import { ConfigurationError } from '../base/errors.ts';

/**
 * Throws if the dataset is fed by other topics only. A dataset without any topic passes: nothing has been processed
 * yet.
 */
export async function requireTopicOfDataset(
  topic: string,
  dataset: string,
  queries: { topics(): Promise<string[]> },
): Promise<void> {
  const topics = await queries.topics();
  if (topics.length === 0 || topics.includes(topic)) return;
  throw new ConfigurationError([
    `KAFKA_TOPIC_PAYMENTS is ${topic}, but the dataset ${dataset} is fed by topic ${topics.join(', ')}: ` +
      'set KAFKA_TOPIC_PAYMENTS to that topic, or BIGQUERY_DATASET to another dataset',
  ]);
}
