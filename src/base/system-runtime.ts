/** The real clock, chance and names: the only place outside the command line that touches them. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import type { Runtime } from './runtime.ts';

export const systemRuntime: Runtime = {
  nowMs: () => Date.now(),
  monotonicMs: () => Math.floor(performance.now()),
  sleep: async (ms, signal) => {
    try {
      if (ms === 0) await turn(undefined, signal === undefined ? {} : { signal });
      else await delay(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  },
  random: () => Math.random(),
  uuid: () => randomUUID(),
};
