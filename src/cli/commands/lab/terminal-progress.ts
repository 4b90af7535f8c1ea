/** The progress of runs on this process's standard error: lines, and on a terminal one line at the bottom. */

import { systemRuntime } from '../../../base/system-runtime.ts';
import { RunProgress } from '../../../lab/run-progress.ts';
import { clearStatus, showStatus, tell } from '../../print.ts';

const REFRESH_EVERY_MS = 250;

export interface TerminalProgress extends Disposable {
  readonly progress: RunProgress;
}

/** Updates the bottom line until it is disposed of, and then clears it. */
export function terminalProgress(): TerminalProgress {
  const showsStatus = process.stderr.isTTY === true;
  const progress = new RunProgress({
    say: tell,
    showStatus: showsStatus ? showStatus : undefined,
    nowMs: systemRuntime.nowMs,
  });
  const refreshing = showsStatus ? setInterval(() => progress.refresh(), REFRESH_EVERY_MS) : undefined;
  return {
    progress,
    [Symbol.dispose]() {
      clearInterval(refreshing);
      clearStatus();
    },
  };
}
