/** Faults of the broker itself, and of what people do to a topic and a group. */
import { type AppliedFault, doneAtOnce, lasting } from './applied-fault.ts';
import type { ChaosTarget } from './chaos-target.ts';
import type { FaultOf } from './fault.ts';

type KafkaFault = FaultOf<
  'broker_kill' | 'broker_pause' | 'delete_records' | 'partitions_added' | 'recreate' | 'reset_offsets'
>;

export async function applyKafkaFault(fault: KafkaFault, target: ChaosTarget): Promise<AppliedFault> {
  const { broker, topicTarget: topic } = target;
  switch (fault.what) {
    case 'broker_kill':
      await broker.kill();
      return lasting(
        () => broker.start(),
        () => ({ kills: 1 }),
      );
    case 'broker_pause':
      return pauseAt(fault, target);
    case 'delete_records':
      await topic.deleteRecords(fault.partition, fault.belowOffset);
      return doneAtOnce();
    case 'partitions_added':
      await topic.addPartitions(fault.count);
      return doneAtOnce();
    case 'recreate':
      await topic.recreate();
      return doneAtOnce();
    case 'reset_offsets':
      await topic.resetGroup(fault.to);
      return doneAtOnce();
    default:
      return fault satisfies never;
  }
}

async function pauseAt(
  { at, nth = 1 }: FaultOf<'broker_pause'>,
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
