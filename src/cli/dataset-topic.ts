/** Whether a command was pointed at the dataset of its topic: with another, all that it finds would be explained wrongly. */
import { ConfigurationError } from '../base/errors.ts';

/** Throws where the dataset is fed by other topics alone. One without any passes: nothing has been processed yet. */
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
