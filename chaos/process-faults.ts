/**
 * Faults of one processor's operating-system process. Kill and stop are over when they are done (a story starts the next
 * life, or the drain does); a pause lasts until the process is continued, a full disk until there is room again.
 *
 * The disk is full for one process alone: a limit on the size of the files that it writes (RLIMIT_FSIZE), set from outside
 * with prlimit. The kernel also sends SIGXFSZ, whose default is death, so the process must be started with FULL_DISK_ENV.
 * Clocks are set off from inside, before anything runs: start the process with clockEnv().
 */

import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { type AppliedFault, doneAtOnce, lasting } from './applied-fault.ts';
import type { ChaosTarget, ProcessTarget } from './chaos-target.ts';
import type { FaultOf } from './fault.ts';

/** Heard by preload/clock.ts; deadly for a process without it. */
const CLOCK_JUMP_SIGNAL = 'SIGUSR2';

/** An option for NODE_OPTIONS. The package holds JavaScript in the place of each file. */
export const preload = (file: string): string =>
  `--import=${path.join(import.meta.dirname, 'preload', file.replace(/\.ts$/, path.extname(import.meta.filename)))}`;

/** Environment of a processor that is to see errors, not death, when its disk is full. */
export const FULL_DISK_ENV: Readonly<Record<string, string>> = { NODE_OPTIONS: preload('full-disk.ts') };

/** Environment of a processor whose wall clock is off: by so much from the start, and by so much more once it jumps. */
export function clockEnv({ offMs = 0, jumpMs = 0 }: { readonly offMs?: number; readonly jumpMs?: number }) {
  return {
    NODE_OPTIONS: preload('clock.ts'),
    CHAOS_CLOCK_OFF_MS: String(offMs),
    CHAOS_CLOCK_JUMP_MS: String(jumpMs),
  };
}

export async function applyProcessFault(
  fault: FaultOf<'crash' | 'stop' | 'pause' | 'clock_toggle' | 'disk_full'>,
  target: ChaosTarget,
): Promise<AppliedFault> {
  if (fault.process === undefined) throw new Error(`${fault.what}: on real parts a fault names its process`);
  const process = target.processor(fault.process);
  if (!process.running) throw new Error(`processor ${fault.process} is not running`);
  switch (fault.what) {
    case 'crash':
      await process.kill();
      return doneAtOnce({ kills: 1 });
    case 'stop':
      await process.stop();
      return doneAtOnce({ stops: 1 });
    case 'pause':
      process.pause();
      return lasting(() => process.resume());
    case 'clock_toggle':
      process.signal(CLOCK_JUMP_SIGNAL);
      return lasting(() => {
        if (process.running) process.signal(CLOCK_JUMP_SIGNAL);
      });
    case 'disk_full':
      return diskFull(process);
    default:
      return fault satisfies never;
  }
}

async function diskFull(process: ProcessTarget): Promise<AppliedFault> {
  // The soft limit alone: the hard one could not be raised again.
  const limit = (soft: string): Promise<unknown> =>
    promisify(execFile)('prlimit', ['--pid', String(process.pid), `--fsize=${soft}:unlimited`]);
  await limit('0');
  return lasting(async () => {
    if (process.running) await limit('unlimited');
  });
}
