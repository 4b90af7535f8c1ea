/** Faults of the broker itself, and of what people do to a topic and a group. */
import type { ChaosTarget } from './chaos-target.ts';
import { type AppliedFault, doneAtOnce, lasting } from './fault.ts';
import type { KafkaRequest } from './kafka-frames.ts';
import type { Nth } from './nth-rule.ts';

export type KafkaFault =
  /** kill -9; healed by a start with the same data. */
  | { readonly fault: 'broker.kill' }
  /**
   * SIGSTOP at the n-th request of that kind, of which the broker has not read a byte; healed by SIGCONT, and by mending Kafka's
   * network as a whole.
   */
  | ({ readonly fault: 'broker.pause'; readonly at: KafkaRequest } & Pick<Nth, 'nth'>)
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
    case 'broker.pause':
      return pauseAt(fault, target);
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

async function pauseAt(
  { at, nth = 1 }: Extract<KafkaFault, { fault: 'broker.pause' }>,
  { broker, proxies: { kafka } }: ChaosTarget,
): Promise<AppliedFault> {
  await broker.pause(false); // rejects where the broker is not ours to pause
  let pauses = 0;
  let pausing: Promise<void> | undefined;
  const { promise: hit, resolve } = Promise.withResolvers<void>();
  const watch = kafka.atRequests(at, { nth }, () => {
    // What has come is held here until the broker hangs for certain, and then goes to a broker that does not read.
    kafka.network.blackHole();
    pausing = broker
      .pause(true)
      .then(() => {
        pauses++;
        kafka.network.heal();
        resolve();
      })
      .catch(() => {}); // it did not fire
  });
  const heal = async (): Promise<void> => {
    watch.stop();
    await pausing;
    kafka.network.heal();
    await broker.pause(false);
  };
  return { hit, isOver: false, heal, counts: () => ({ pauses }) };
}
