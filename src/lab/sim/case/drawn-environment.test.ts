/** What drawn cases bring besides faults: a topic that gets more partitions, and one process that is alone in the end. */
import { expect, test } from 'vitest';
import { drawCase } from './draw-case.ts';
import { CALM } from './noise.ts';
import { runCase, runCaseInWorld } from './sim-case.ts';
import { DEFAULT_DIALS, drawWorkload } from './workload.ts';

test('a drawn case with more partitions gets them, sends copies elsewhere afterwards, and passes', async () => {
  const seeds = Array.from({ length: 100 }, (_, seed) => seed);
  const plans = seeds
    .map((seed) => drawCase(seed))
    .filter(({ faults }) => faults.some(({ what }) => what === 'rescale'));
  expect(plans.length).toBeGreaterThan(4);
  for (const plan of plans.slice(0, 2)) {
    const outcome = await runCase(plan);
    expect([plan.seed, outcome.verdict, outcome.failures]).toEqual([plan.seed, 'PASS', []]);
    expect(outcome.marks.get('topic_rescaled')).toBe(1);
    const elsewhere = plan.workload.filter(({ afterRescale }) => afterRescale === true);
    expect(elsewhere.some(({ partition }) => partition >= plan.partitions)).toBe(true);
  }
});

test('records that wait for a change which never comes are no PASS', async () => {
  const [record, ...rest] = drawWorkload({ ...DEFAULT_DIALS, records: 20, partitions: 1 });
  const workload = [{ ...record!, afterRescale: true }, ...rest];
  const plan = { seed: 1, partitions: 1, processes: ['a'], workload, faults: [], noise: CALM, healAtMs: 25_000 };
  const { verdict, unknown } = await runCase(plan, { drainMs: 5_000 });
  expect(verdict).toBe('UNKNOWN');
  expect(unknown).toEqual([expect.stringMatching(/^1 records were not sent \(out_of_time at /)]);
});

test('a survivor finishes alone what the others began', async () => {
  const workload = drawWorkload({ ...DEFAULT_DIALS, records: 60, partitions: 2, spanMs: 25_000 });
  const common = { seed: 1, partitions: 2, workload, faults: [], noise: CALM };
  const plan = { ...common, processes: ['a', 'b', 'c'], separateGroups: true, survivor: 'b', healAtMs: 20_000 };
  const { outcome, world } = await runCaseInWorld(plan);
  expect([outcome.verdict, outcome.failures]).toEqual(['PASS', []]);
  expect([...world.processes.values()].filter(({ running }) => running).map(({ name }) => name)).toEqual(['b']);
});
