/** Does one fault to one world of real parts. Rejects where it cannot be done: then it did not fire. */
import type { AppliedFault } from './applied-fault.ts';
import { applyBigQueryFault } from './bigquery-faults.ts';
import type { ChaosTarget } from './chaos-target.ts';
import { applyDeltaFault } from './delta-faults.ts';
import { applyDiskFault } from './disk-faults.ts';
import type { RealFault } from './fault.ts';
import { applyHostFault } from './host-faults.ts';
import { applyKafkaFault } from './kafka-faults.ts';
import { applyNetworkFault } from './network-faults.ts';
import { applyProcessFault } from './process-faults.ts';

export async function applyFault(fault: RealFault, target: ChaosTarget): Promise<AppliedFault> {
  switch (fault.what) {
    case 'network_cut':
    case 'network_delay':
    case 'network_throttle':
    case 'network_black_hole':
    case 'network_half_open':
    case 'kafka_answer':
    case 'kafka_flip':
    case 'rest_answer':
    case 'storage_answer':
    case 'store_answer':
      return applyNetworkFault(fault, target.proxies);
    case 'broker_kill':
    case 'broker_pause':
    case 'delete_records':
    case 'partitions_added':
    case 'recreate':
    case 'reset_offsets':
      return applyKafkaFault(fault, target);
    case 'emulator_kill':
    case 'streams_finalized':
      return applyBigQueryFault(fault, target);
    case 'crash':
    case 'stop':
    case 'pause':
    case 'clock_toggle':
    case 'disk_full':
      return applyProcessFault(fault, target);
    case 'out_of_files':
    case 'out_of_memory':
    case 'names':
    case 'libc_clock':
      return applyHostFault(fault, target);
    case 'disk':
    case 'disk_read_only':
      return applyDiskFault(fault, target);
    case 'table_changed':
    case 'tables_read_only':
      return applyDeltaFault(fault, target);
    default:
      return fault satisfies never;
  }
}
