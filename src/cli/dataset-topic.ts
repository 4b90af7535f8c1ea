/** Checks that a command uses the tables of its topic: with those of another, all its findings would be misleading. */
import { ConfigurationError } from '../base/errors.ts';
import type { OpenedSink } from '../sinks/opened-sink.ts';

/** Throws if the tables are fed by other topics only. Tables without any topic pass: nothing has been processed yet. */
export async function requireTopicOfDataset(
  topic: string,
  sink: Pick<OpenedSink, 'topics'> & { readonly place: Pick<OpenedSink['place'], 'text' | 'setting'> },
): Promise<void> {
  const topics = await sink.topics();
  if (topics.length === 0 || topics.includes(topic)) return;
  const { text, setting } = sink.place;
  const another = setting === 'BIGQUERY_DATASET' ? 'another dataset' : 'another location';
  throw new ConfigurationError([
    `KAFKA_TOPIC_PAYMENTS is ${topic}, but ${text} is fed by topic ${topics.join(', ')}: ` +
      `set KAFKA_TOPIC_PAYMENTS to that topic, or ${setting} to ${another}`,
  ]);
}
