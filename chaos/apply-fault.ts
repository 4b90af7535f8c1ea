/** Does one fault to one world, whatever its family. Rejects where it cannot be done: then it did not fire. */
import { applyBigQueryFault } from './bigquery-faults.ts';
import type { ChaosTarget } from './chaos-target.ts';
import { applyCheckpointFault } from './checkpoint-faults.ts';
import type { AppliedFault, Fault } from './fault.ts';
import { applyHostFault } from './host-faults.ts';
import { applyKafkaFault } from './kafka-faults.ts';
import { applyNetworkFault } from './network-faults.ts';
import { applyProcessFault } from './process-faults.ts';

export async function applyFault(fault: Fault, target: ChaosTarget): Promise<AppliedFault> {
  switch (fault.fault) {
    case 'network.cut':
    case 'network.delay':
    case 'network.throttle':
    case 'network.black-hole':
    case 'network.half-open':
    case 'kafka.answer':
    case 'kafka.flip':
    case 'rest.answer':
    case 'storage.answer':
      return applyNetworkFault(fault, target.proxies);
    case 'broker.kill':
    case 'broker.pause':
    case 'topic.delete-records':
    case 'topic.add-partitions':
    case 'topic.recreate':
    case 'group.reset':
      return applyKafkaFault(fault, target);
    case 'emulator.kill':
    case 'sink.finalize-streams':
      return applyBigQueryFault(fault, target);
    case 'processor.kill':
    case 'processor.stop':
    case 'processor.pause':
    case 'processor.clock-jump':
    case 'processor.disk-full':
      return applyProcessFault(fault, target);
    case 'processor.out-of-files':
    case 'processor.out-of-memory':
    case 'processor.names':
    case 'processor.libc-clock':
      return applyHostFault(fault, target);
    case 'checkpoint.delete':
    case 'checkpoint.truncate':
    case 'checkpoint.flip-bit':
    case 'checkpoint.swap':
    case 'checkpoint.read-only':
      return applyCheckpointFault(fault, target);
    default:
      return fault satisfies never;
  }
}
