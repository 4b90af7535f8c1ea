/**
 * A processor of release 0.1.0 hangs with work in hand, this release takes its partitions over, and the old one wakes up and
 * does not know it. Each is alone in a group of its own, so both hold every partition all the time.
 */
import { beforeAll, expect, test } from 'vitest';
import { oldRelease } from './testing/old-release.ts';
import { advances, STEP_WITHIN_MS, shares } from './testing/progress.ts';
import { expectVerified, UpgradeWorld } from './testing/upgrade-world.ts';

const PARTITIONS = 2;
/** More than is sent until the last step: the load is ended by the test. */
const RECORDS_MAX = 200_000;

let old: string;

beforeAll(async () => {
  old = await oldRelease();
});

test('a process of 0.1.0 that wakes up after this release took over writes nothing more, and ends', async () => {
  await using world = await UpgradeWorld.create({ name: 'at-once', partitions: PARTITIONS });
  await world.runWell(old, 'schema', 'apply');
  const zombie = world.start(old, 'alpha');
  const stopping = new AbortController();
  const sending = world.send({ seed: 21, count: RECORDS_MAX, ratePerSecond: 120 }, stopping.signal);
  try {
    await shares(world, zombie, PARTITIONS);
    zombie.pause();
    await world.mendTopicTimestamps();
    await world.upgradeDataset();
    const beta = world.start(undefined, 'beta', { groupId: `${world.topic}-others` });
    await shares(world, beta, PARTITIONS);
    const epochs = (await world.ownership()).map(({ epoch }) => epoch);

    zombie.resume();
    // It is fenced, claims again as any owner would, sees a version that it does not have, and has nothing left to do.
    expect(await zombie.waitForExit(STEP_WITHIN_MS)).toMatchObject({ code: 65 });
    expect(new Set(zombie.eventsOf('partition.stopped').map(({ code }) => code))).toEqual(new Set(['fold_version']));
    // Its claims closed our streams; ours closed its.
    const written = beta.eventsOf('checkpoint.written').length;
    await world.until(
      () => 'the new one continues with both partitions',
      STEP_WITHIN_MS,
      async () => {
        const since = new Set(
          beta
            .eventsOf('checkpoint.written')
            .slice(written)
            .map(({ partition }) => partition),
        );
        return since.size === PARTITIONS && [...since].every((partition) => advances(beta, partition));
      },
    );
    expect((await world.ownership()).every(({ epoch }, partition) => epoch > epochs[partition]!)).toBe(true);
    stopping.abort();
    const { acked } = await sending;
    await world.drained(STEP_WITHIN_MS);
    expect(await beta.stop()).toMatchObject({ code: 0 });
    expect((await world.dispositions()).reduce((sum, each) => sum + each, 0)).toBe(acked);
    await expectVerified(world);
  } finally {
    stopping.abort();
    await sending.catch(() => {});
  }
});
