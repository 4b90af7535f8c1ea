/** What `verify` looks at of a real topic, through the checkers' own reader; its failures as commands tell them. */

import { ContradictionError, UnreachableError } from '../../base/errors.ts';
import type { Runtime } from '../../base/runtime.ts';
import type { KafkaConnectionOptions } from '../../kafka/client/connection-options.ts';
import { noSuchTopic, refusalOf } from '../../kafka/client/errors.ts';
import { TopicReadError } from '../topic/errors.ts';
import { TopicReader } from '../topic/topic-reader.ts';
import type { VerifyInputs } from './verify-inputs.ts';

export interface TopicSource {
  readonly topic: string;
  readonly kafka: Omit<KafkaConnectionOptions, 'socketFactory'>;
  readonly runtime: Pick<Runtime, 'sleep'>;
}

/** Each call has connections of its own, and closes them. */
export function topicInputs(source: TopicSource): Pick<VerifyInputs, 'topicPartitions' | 'bounds' | 'records'> {
  const { topic, kafka, runtime } = source;
  const open = () => new TopicReader({ topic, endpoint: kafka, sleep: (ms) => runtime.sleep(ms) });
  const asked = async <T>(ask: (reader: TopicReader) => Promise<T>): Promise<T> => {
    await using reader = open();
    try {
      return await ask(reader);
    } catch (error) {
      throw asTold(error, source);
    }
  };
  return {
    topicPartitions: () => asked((reader) => reader.partitions()),
    bounds: (partition) => asked((reader) => reader.bounds(partition)),
    async *records(partition, fromOffset, toOffset) {
      if (fromOffset >= toOffset) return;
      await using reader = open();
      try {
        yield* reader.records(partition, fromOffset, toOffset);
      } catch (error) {
        throw asTold(error, source);
      }
    },
  };
}

function asTold(error: unknown, { topic, kafka }: TopicSource): unknown {
  if (!(error instanceof TopicReadError)) return error;
  switch (error.kind) {
    case 'no_topic':
      return noSuchTopic(topic, kafka.brokers);
    case 'no_partition':
      return new ContradictionError('partition_count_changed', error.message);
    case 'retention':
      return new ContradictionError(
        'retention_gap',
        `${error.message}: retention cut it while it was verified; run it again`,
      );
    case 'truncated':
      return new ContradictionError('log_truncated', `${error.message}: see the runbook, log_truncated`);
    case 'unreachable':
      return refusalOf(error, 'Kafka') ?? new UnreachableError(`Kafka: ${error.message}`, { cause: error });
    default:
      return error.kind satisfies never;
  }
}
