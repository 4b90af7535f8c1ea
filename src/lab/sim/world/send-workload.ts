/** Sends the records of a plan, each when its time comes: from the start of the world, or from when the topic was rescaled. */
import { send, type WorkloadRecord } from '../case/workload.ts';
import type { World } from './world.ts';

/** What a plan's producers still have to send. */
export interface Sending {
  readonly unsent: number;
}

export function sendWorkload(workload: readonly WorkloadRecord[], world: World): Sending {
  let unsent = workload.length;
  const later = (delayMs: number, action: () => void): void => world.after(delayMs, action);
  const start = (records: readonly WorkloadRecord[]): void => {
    // What is sent at one moment arrives in its order: the log is then the same in any world.
    for (const [atMs, together] of Map.groupBy(records, (record) => record.atMs)) {
      world.after(atMs, () => {
        for (const record of together) send(record, world.kafka.partition(record.partition), world.nowMs, later);
        unsent -= together.length;
      });
    }
  };
  start(workload.filter(({ afterRescale }) => afterRescale !== true));
  // Producers are stopped while the topic gets more partitions.
  world.onRescaled = () => start(workload.filter(({ afterRescale }) => afterRescale === true));
  return {
    get unsent() {
      return unsent;
    },
  };
}
