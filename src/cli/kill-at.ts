/**
 * PROVENONCE_CRASH_AT=<point>:<n>[:<signals>]: the process sends itself SIGKILL, or the signals of a stop, when it
 * reaches a crash point for the n-th time. For the lab and the demo; without the variable no crash point exists
 * (processor/crash-points.ts).
 */

import { ConfigurationError } from '../base/errors.ts';
import { CRASH_SIGNALS } from '../processor/crash-points.ts';

export function killAt<Point extends string>(
  text: string | undefined,
  points: readonly Point[],
): ((passed: Point) => Promise<void>) | undefined {
  if (text === undefined || text === '') return undefined;
  const [point, hit = '1', how = 'SIGKILL', ...rest] = text.split(':');
  const wanted = points.find((name) => name === point);
  const signals = CRASH_SIGNALS.find((each) => each === how);
  if (wanted === undefined || signals === undefined || !/^[1-9]\d*$/.test(hit) || rest.length > 0) {
    throw new ConfigurationError([
      `PROVENONCE_CRASH_AT is ${JSON.stringify(text)}: it must be <point>:<n> or <point>:<n>:<signals>, the signals being ` +
        `${CRASH_SIGNALS.join(', ')}, the points being ${points.join(', ')}`,
    ]);
  }
  let left = Number(hit);
  return async (passed) => {
    if (passed !== wanted || --left !== 0) return;
    for (const signal of signals.split('+') as ('SIGKILL' | 'SIGTERM')[]) await receive(signal);
  };
}

/** Resolves once the process has received it; never if the signal ends the process, so that nothing runs until then. */
function receive(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  const isHeard = signal === 'SIGTERM' && process.listenerCount(signal) > 0;
  return new Promise((resolve) => {
    // After the listeners that are already there.
    if (isHeard) process.once(signal, () => resolve());
    process.kill(process.pid, signal);
  });
}
