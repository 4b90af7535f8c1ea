/**
 * The guarantee on real parts after drawn workloads and fault plans: by SQL after each fault, and by G1 to G6 at the end. Five
 * plans here; `npm run lab -- explore --world real` runs 50, or as many as asked. One broker and one emulator for all. A plan
 * whose fault missed is UNKNOWN, and fails the test as a broken guarantee does.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, inject, test } from 'vitest';
import { drawPlan } from '../src/lab/drawn/draw-plan.ts';
import { kindOf, LANES, laneOf } from '../src/lab/drawn/drawn-plan.ts';
import { failureText, runDrawnPlan } from '../src/lab/drawn/run-drawn-plan.ts';
import { caseSeed } from '../src/lab/explore/run-chunk.ts';
import type { RealWorldOptions } from '../src/lab/real/real-world.ts';

const SEED = 6_375;
const PLANS = Array.from({ length: 5 }, (_, run) => drawPlan(caseSeed(SEED, run)));
const SIDE_BY_SIDE = 3;

test('the plans drawn here span all kinds of faults', () => {
  const faults = PLANS.flatMap((plan) => plan.faults);
  expect(new Set(faults.map(laneOf))).toEqual(new Set(LANES));
  const kinds = faults.map(kindOf).join();
  for (const kind of [
    'crash + disk',
    'crash at a point',
    'pause',
    'black_hole',
    'reset_offsets',
    'second_owner',
    'answer',
    'storage_answer reset',
    'out_of_files',
  ])
    expect(kinds).toContain(kind);
});

test('the guarantee holds after every drawn plan, and after each of its faults', async () => {
  const infra: RealWorldOptions['infra'] = {
    projectId: inject('bigqueryProjectId'),
    kafkaBootstrapServers: inject('kafkaBootstrapServers'),
    bigqueryEmulatorHost: inject('bigqueryEmulatorHost'),
    bigqueryStorageEmulatorHost: inject('bigqueryStorageEmulatorHost'),
  };
  const folder = await mkdtemp(path.join(tmpdir(), 'provenonce-drawn-'));
  const left = PLANS.entries();
  const wrong: string[] = [];
  const worker = async (): Promise<void> => {
    for (const [run, plan] of left) {
      const own = path.join(folder, `plan-${run}`);
      const { verdict, failures, unknown, sqlChecks, recordsCompared } = await runDrawnPlan(plan, {
        infra,
        folder: own,
      });
      for (const problem of [...failures.map(failureText), ...unknown])
        wrong.push(`plan ${run}: ${problem}\nrun it again: npm run lab -- replay ${own}/plan.json`);
      expect([verdict, wrong]).toEqual(['PASS', []]);
      expect(sqlChecks).toBeGreaterThan(plan.faults.length);
      expect(recordsCompared).toBeGreaterThan(0);
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker));
  await rm(folder, { recursive: true });
}, 480_000);
