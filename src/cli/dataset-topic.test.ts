import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../base/errors.ts';
import { requireTopicOfDataset } from './dataset-topic.ts';

const place = { text: 'the dataset payment_data', setting: 'BIGQUERY_DATASET' };
const fedBy = (...topics: string[]) => ({ place, topics: async () => topics });

describe('a command that is pointed at a topic and a dataset', () => {
  it('is refused for the dataset of another topic, which the error names', async () => {
    const checked = requireTopicOfDataset('refunds', fedBy('payment-events'));
    await expect(checked).rejects.toThrow(ConfigurationError);
    await expect(checked).rejects.toThrow(
      'KAFKA_TOPIC_PAYMENTS is refunds, but the dataset payment_data is fed by topic payment-events',
    );
  });

  it('passes for the dataset of that topic, or of none yet', async () => {
    await requireTopicOfDataset('payment-events', fedBy('payment-events'));
    await requireTopicOfDataset('payment-events', fedBy());
  });
});
