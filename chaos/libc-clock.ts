/**
 * A clock that jumps for all of a process: for its C library, and so for V8, OpenSSL and every timer, not for the code of
 * JavaScript alone (preload/clock.ts). By libfaketime, which reads how far it is off from a file.
 */
import { writeFile } from 'node:fs/promises';

export interface LibcClock {
  /** libfaketimeMT.so.1. */
  readonly library: string;
  /** Says how far it is off; made here. */
  readonly file: string;
  /**
   * `wall`: the clock that people set, as when a time server corrects it. `all`: also the one that only goes forward, as when a
   * machine was stopped as a whole and continued, and every timer is due at once.
   */
  readonly moves: 'wall' | 'all';
}

/** Environment of a processor that has such a clock. It is right until the file says otherwise. */
export async function libcClockEnv({ library, file, moves }: LibcClock): Promise<Record<string, string>> {
  await setLibcClock(file, 0);
  const leavesMonotonic = moves === 'wall' ? '1' : '0';
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    // Looked at again after a second: a look at every question would be a file read each.
    FAKETIME_CACHE_DURATION: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: leavesMonotonic,
    DONT_FAKE_MONOTONIC: leavesMonotonic,
  };
}

export async function setLibcClock(file: string, aheadMs: number): Promise<void> {
  await writeFile(file, `${aheadMs < 0 ? '-' : '+'}${Math.abs(aheadMs) / 1_000}\n`);
}
