/**
 * Two processors of release 0.1.0 share the partitions under load and are replaced by this release one after the other.
 * Nothing is lost or doubled, also where the first new one is killed while the other is still old: the partitions that it
 * has continued then wait for a processor of this release.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { FOLD_VERSION } from '../../payments/settings.ts';
import type { ProcessorChild } from '../real/processor/processor-child.ts';
import { OLD_FOLD_VERSION, oldRelease } from './testing/old-release.ts';
import { STEP_WITHIN_MS, shares } from './testing/progress.ts';
import { expectVerified, UpgradeWorld } from './testing/upgrade-world.ts';

const PARTITIONS = 4;
const RATE_PER_SECOND = 120;
/** More than is sent until the last step: the load is ended by the test. */
const RECORDS_MAX = 200_000;

let old: string;

beforeAll(async () => {
  old = await oldRelease();
});

async function versions(world: UpgradeWorld): Promise<number[]> {
  return (await world.ownership()).map(({ history }) => history.at(-1)!.foldVersion);
}

describe.concurrent.for([{ killed: false }, { killed: true }])('two processors, one killed: $killed', ({ killed }) => {
  test('are upgraded one after the other under load, and verify says PASS', async () => {
    await using world = await UpgradeWorld.create({ name: 'rolling', partitions: PARTITIONS });
    await world.runWell(old, 'schema', 'apply');
    const oldAlpha = world.start(old, 'alpha');
    const oldBeta = world.start(old, 'beta');
    const stopping = new AbortController();
    const load = { seed: 11, count: RECORDS_MAX, ratePerSecond: RATE_PER_SECOND };
    const sending = world.send(load, stopping.signal);
    try {
      await Promise.all([shares(world, oldAlpha, 2), shares(world, oldBeta, 2)]);

      // What docs/upgrading.md says to do before the first processor is replaced.
      await world.mendTopicTimestamps();
      await world.upgradeDataset();

      expect((await oldAlpha.stop()).code).toBe(0);
      await shares(world, oldBeta, 4);
      let alpha = world.start(undefined, 'alpha');
      const continued = await shares(world, alpha, 2);
      const mixed = await versions(world);
      expect(continued.map((partition) => mixed[partition])).toEqual([FOLD_VERSION, FOLD_VERSION]);
      const others = [0, 1, 2, 3].filter((partition) => !continued.includes(partition));
      expect(others.map((partition) => mixed[partition])).toEqual([OLD_FOLD_VERSION, OLD_FOLD_VERSION]);

      if (killed) {
        await alpha.kill();
        await expectOldOneRefuses(world, oldBeta, continued);
        alpha = world.start(undefined, 'alpha');
        await alpha.waitFor('takeover.running', STEP_WITHIN_MS);
      }
      expect((await oldBeta.stop()).code).toBe(0);
      const beta = world.start(undefined, 'beta');
      await Promise.all([shares(world, alpha, 2), shares(world, beta, 2)]);

      stopping.abort();
      const { acked } = await sending;
      await world.drained(STEP_WITHIN_MS);
      expect(await Promise.all([alpha.stop(), beta.stop()])).toMatchObject([{ code: 0 }, { code: 0 }]);
      expect((await world.dispositions()).reduce((sum, each) => sum + each, 0)).toBe(acked);
      expect(await versions(world)).toEqual([FOLD_VERSION, FOLD_VERSION, FOLD_VERSION, FOLD_VERSION]);
      await expectVerified(world);
    } finally {
      stopping.abort();
      await sending.catch(() => {});
    }
  });
});

/** Of what a newer release continued it writes nothing; it continues with what it had before. */
async function expectOldOneRefuses(
  world: UpgradeWorld,
  child: ProcessorChild,
  continued: readonly number[],
): Promise<void> {
  for (const partition of continued) {
    const stopped = await child.waitFor('partition.stopped', STEP_WITHIN_MS, (event) => event.partition === partition);
    expect(stopped.code).toBe('fold_version');
  }
  // The killed one's streams are closed now: none of its requests in flight can still arrive.
  const rows = (await world.dispositions()).filter((_, partition) => continued.includes(partition));
  const seen = child.eventsOf('checkpoint.written').length;
  const goesOn = async (): Promise<boolean> =>
    child
      .eventsOf('checkpoint.written')
      .slice(seen)
      .some(({ partition }) => !continued.includes(partition));
  await world.until(() => `${child.name} continues with what it had`, STEP_WITHIN_MS, goesOn);
  const rowsNow = (await world.dispositions()).filter((_, partition) => continued.includes(partition));
  expect(rowsNow).toEqual(rows);
}
