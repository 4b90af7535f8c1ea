import { setImmediate as later } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { withCrashPoints } from './crash-points.ts';
import type { ProcessorPorts } from './processor.ts';

it('an effect is asked for once its first point is passed, and its answer is given once its second is', async () => {
  const done: string[] = [];
  const ports = {
    log: { commit: async () => void done.push('commit') },
    sink: {},
    state: {},
  } as unknown as ProcessorPorts;
  const { log } = withCrashPoints(ports, async (point) => {
    await later();
    done.push(point);
  });
  await log.commit(0, 5, '');
  expect(done).toEqual(['offset.commit.before', 'commit', 'offset.commit.after']);
});
