/** Local state of the simulated world lies in the real journals: they are compacted, read again, and judged. */
import { describe, expect, test } from 'vitest';
import { delta, emptyState, openWindow, plain } from '../../../local-state/testing/state-samples.ts';
import type { CasePlan } from '../case/case-plan.ts';
import { CALM } from '../case/noise.ts';
import { runCaseInWorld } from '../case/sim-case.ts';
import { DEFAULT_DIALS, drawWorkload } from '../case/workload.ts';
import { settled } from '../testing.ts';
import { createWorld } from '../world/create-world.ts';

const SMALL = { leastDeadBytes: 256, bytesPerSave: 64, partBytes: 128 };

test('a journal that was compacted while it was written to holds the whole state, after a crash too', async () => {
  const world = createWorld({ seed: 1, partitions: 1 });
  const process = world.process('a', { compaction: SMALL });
  const ports = process.boot();
  await settled(world, ports.disk.replace(0, emptyState()));
  for (let at = 0; at < 40; at++) {
    const windows = [0, 1, 2, 3, 4, 5, 6, 7].map((minute) => openWindow(minute, BigInt(at)));
    await settled(world, ports.disk.save(0, delta(at, at + 1, { windows })));
  }
  process.crash();
  const state = plain(await settled(world, process.boot().disk.load(0)))!;
  expect(state.ids.map(({ offset }) => offset)).toEqual(Array.from({ length: 40 }, (_, offset) => offset));
  expect(state.windows).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((minute) => openWindow(minute, 39n)));
  expect(world.context.marks.hits.get('state_compacted')).toBeGreaterThan(0);
  expect(world.context.marks.hits.get('state_read_after_compaction')).toBe(1);
});

test('a journal that is cut in half is given up; the others are not', async () => {
  const world = createWorld({ seed: 1, partitions: 2 });
  const process = world.process('a');
  const ports = process.boot();
  for (const partition of [0, 1]) {
    await settled(world, ports.disk.replace(partition, emptyState()));
    await settled(world, ports.disk.save(partition, delta(0, 5)));
  }
  process.crash();
  process.disk.damage('truncated', 0, world.context.rng);
  const { disk } = process.boot();
  const whole = plain(await settled(world, disk.load(1)))!;
  const cut = await settled(world, disk.load(0));
  expect(whole.ids).not.toEqual([]);
  expect(cut === undefined ? [] : plain(cut)!.ids).toEqual([]);
});

describe('a local state that is given up', () => {
  const plan: CasePlan = {
    seed: 1,
    partitions: 1,
    processes: ['a'],
    workload: drawWorkload({ ...DEFAULT_DIALS, records: 40, partitions: 1 }),
    faults: [{ what: 'crash', process: 'a', restartAfterMs: 500, when: { atMs: 9_000 } }],
    noise: CALM,
    healAtMs: 25_000,
  };
  /** The store forgets windows, as a compaction with a bug would. */
  const forgetful = (given: CasePlan) =>
    runCaseInWorld(given, {
      weaken: (ports) => {
        const save: typeof ports.state.save = (partition, changed) =>
          ports.state.save(partition, { ...changed, windows: [] });
        return { ...ports, state: { ...ports.state, save } };
      },
    });

  test('for what it holds is a failure, where no fault had touched the disk', async () => {
    const { outcome } = await forgetful(plan);
    expect(outcome.verdict).toBe('FAIL');
    expect(outcome.failures.map(({ kind, message }) => `${kind}: ${message}`)).toEqual([
      'state_wrong: a gave up its local state of partition 0: its entries do not add up to the digest stored with them',
    ]);
  });

  test('is none, where one had', async () => {
    const damage = { what: 'disk', process: 'a', effect: 'corrupted', when: { atMs: 9_001 } } as const;
    const { outcome } = await forgetful({ ...plan, faults: [...plan.faults, damage] });
    expect(outcome.failures).toEqual([]);
    expect(outcome.marks.get('state_local_discarded')).toBeGreaterThan(0);
  });
});
