/** What a drawn rescale sends again keeps the condition that the guarantee has for producers. */
import { expect, it } from 'vitest';
import { Rng } from '../world/rng.ts';
import { drawCase } from './draw-case.ts';
import { withRescale } from './draw-rescale.ts';

it('all copies of a key go to one partition, also those of a record that was sent twice before', () => {
  let moved = 0;
  for (let seed = 1; seed <= 100; seed += 1) {
    const plan = drawCase(seed, { records: 150 });
    // Some cases are drawn with a rescale already.
    if (plan.workload.some(({ afterRescale }) => afterRescale === true)) continue;
    const { workload, partitions } = withRescale(plan, new Rng(seed, 'rescale'));
    const copies = workload.filter(({ afterRescale }) => afterRescale === true);
    const byKey = Map.groupBy(copies, ({ key }) => key);
    for (const [key, records] of byKey)
      expect([seed, key, new Set(records.map(({ partition }) => partition)).size]).toEqual([seed, key, 1]);
    moved += copies.filter(({ partition }) => partition >= partitions).length;
  }
  expect(moved).toBeGreaterThan(100);
});
