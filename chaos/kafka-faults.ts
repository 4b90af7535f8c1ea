/** Faults of the broker itself, and of what people do to a topic and a group. */
import type { ChaosTarget } from './chaos-target.ts';
import { type AppliedFault, doneAtOnce, lasting } from './fault.ts';

export type KafkaFault =
  /** kill -9; healed by a start with the same data. */
  | { readonly fault: 'broker.kill' }
  | { readonly fault: 'topic.delete-records'; readonly partition: number; readonly belowOffset: number }
  | { readonly fault: 'topic.add-partitions'; readonly partitions: number }
  | { readonly fault: 'topic.recreate' }
  | { readonly fault: 'group.reset'; readonly to: 'earliest' | 'latest' };

export async function applyKafkaFault(fault: KafkaFault, target: ChaosTarget): Promise<AppliedFault> {
  const { broker, topicTarget: topic } = target;
  switch (fault.fault) {
    case 'broker.kill':
      await broker.kill();
      return lasting(
        () => broker.start(),
        () => ({ kills: 1 }),
      );
    case 'topic.delete-records':
      await topic.deleteRecords(fault.partition, fault.belowOffset);
      return doneAtOnce();
    case 'topic.add-partitions':
      await topic.addPartitions(fault.partitions);
      return doneAtOnce();
    case 'topic.recreate':
      await topic.recreate();
      return doneAtOnce();
    case 'group.reset':
      await topic.resetGroup(fault.to);
      return doneAtOnce();
    default:
      return fault satisfies never;
  }
}
