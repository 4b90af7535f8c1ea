/** Faults of the sink itself. Those of its answers, quota errors among them, are in network-faults.ts. */
import { type AppliedFault, doneAtOnce, lasting } from './applied-fault.ts';
import type { ChaosTarget } from './chaos-target.ts';
import type { FaultOf } from './fault.ts';

export async function applyBigQueryFault(
  fault: FaultOf<'emulator_kill' | 'streams_finalized'>,
  target: ChaosTarget,
): Promise<AppliedFault> {
  switch (fault.what) {
    case 'emulator_kill':
      await target.emulator.kill();
      return lasting(
        () => target.emulator.start(),
        () => ({ kills: 1 }),
      );
    case 'streams_finalized': {
      const streams = await target.finalizeStreams(fault.partition);
      if (streams === 0) throw new Error(`partition ${fault.partition} has no write streams to finalize`);
      return doneAtOnce({ streams });
    }
    default:
      return fault satisfies never;
  }
}
