/** Faults of the sink itself. Those of its answers, quota errors among them, are in network-faults.ts. */
import type { ChaosTarget } from './chaos-target.ts';
import { type AppliedFault, doneAtOnce, lasting } from './fault.ts';

export type BigQueryFault =
  /** kill -9; healed by a start with the same data. An emulator forgets its write streams. */
  | { readonly fault: 'emulator.kill' }
  /** Somebody else finalizes a partition's streams under the process that writes them. */
  | { readonly fault: 'sink.finalize-streams'; readonly partition: number };

export async function applyBigQueryFault(fault: BigQueryFault, target: ChaosTarget): Promise<AppliedFault> {
  switch (fault.fault) {
    case 'emulator.kill':
      await target.emulator.kill();
      return lasting(
        () => target.emulator.start(),
        () => ({ kills: 1 }),
      );
    case 'sink.finalize-streams': {
      const streams = await target.finalizeStreams(fault.partition);
      if (streams === 0) throw new Error(`partition ${fault.partition} has no write streams to finalize`);
      return doneAtOnce({ streams });
    }
    default:
      return fault satisfies never;
  }
}
