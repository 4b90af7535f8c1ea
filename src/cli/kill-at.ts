/**
 * PROVENONCE_CRASH_AT=<point>:<n>: the process kills itself with SIGKILL the n-th time that it comes by a crash point. For
 * the lab and the demo; without the variable no crash point exists (processor/crash-points.ts).
 */

import { ConfigurationError } from '../processor/errors.ts';

export function killAt<Point extends string>(
  text: string | undefined,
  points: readonly Point[],
): ((passed: Point) => Promise<void>) | undefined {
  if (text === undefined || text === '') return undefined;
  const [point, hit = '1'] = text.split(':');
  const wanted = points.find((name) => name === point);
  if (wanted === undefined || !/^[1-9]\d*$/.test(hit)) {
    throw new ConfigurationError([
      `PROVENONCE_CRASH_AT is ${JSON.stringify(text)}: it must be <point>:<n>, the points being ${points.join(', ')}`,
    ]);
  }
  let left = Number(hit);
  return async (passed) => {
    if (passed !== wanted || --left > 0) return;
    process.kill(process.pid, 'SIGKILL');
    // Nothing of this process may run on until the signal arrives.
    await new Promise<never>(() => {});
  };
}
