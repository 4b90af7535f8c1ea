/** Waiting for something in the real world: bounded, and says what did not come. */
import { systemRuntime } from '../../../base/system-runtime.ts';

const POLL_MS = 10;
const LIMIT_MS = 30_000;

export async function until(condition: () => boolean, limitMs = LIMIT_MS): Promise<void> {
  const deadlineMs = systemRuntime.nowMs() + limitMs;
  while (!condition()) {
    if (systemRuntime.nowMs() > deadlineMs) throw new Error(`did not come within ${limitMs} ms: ${condition}`);
    await systemRuntime.sleep(POLL_MS);
  }
}
