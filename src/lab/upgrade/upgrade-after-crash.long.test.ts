/**
 * A dataset that release 0.1.0 wrote and left by a crash, with rows past its checkpoint, is taken over by this release:
 * continued with the same local state or without it, verified to PASS, and refused by 0.1.0 afterwards.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { FOLD_VERSION } from '../../payments/settings.ts';
import type { CrashPoint } from '../../processor/crash-points.ts';
import type { ProcessorChild } from '../real/processor/processor-child.ts';
import { JUDGED_DIFFERENTLY, recordsJudgedDifferently } from './testing/judged-differently.ts';
import { OLD_FOLD_VERSION, oldRelease } from './testing/old-release.ts';
import { expectVerified, UpgradeWorld } from './testing/upgrade-world.ts';

const PARTITIONS = 2;
/** On a machine that is busy with other things; each takes seconds. */
const DONE_WITHIN_MS = 240_000;
/** No checkpoint but those of a start and a stop: what is written in between is past the last one. */
const NO_CHECKPOINTS = { CHECKPOINT_INTERVAL: '1h', CHECKPOINT_ROWS: '100000000' };

interface Crash {
  readonly how: string;
  readonly localState: 'kept' | 'lost';
  readonly point?: CrashPoint;
}

const CRASHES: readonly Crash[] = [
  { how: 'kill -9 when all rows are written and no checkpoint is', localState: 'kept' },
  { how: 'kill -9 when all rows are written and no checkpoint is', localState: 'lost' },
  { how: 'a crash between two tables', localState: 'kept', point: 'append.payment_exceptions.after' },
];

let old: string;

beforeAll(async () => {
  old = await oldRelease();
});

/** What 0.1.0 leaves: payments below a checkpoint, then payments and odd records past it. Returns the odd ones' offsets. */
async function writtenByOldRelease(world: UpgradeWorld, { point }: Crash): Promise<number[]> {
  await world.runWell(old, 'schema', 'apply');
  await world.send({ seed: 1, count: 1_500 });
  const first = world.start(old, 'alpha');
  await world.drained(DONE_WITHIN_MS);
  expect((await first.stop()).code).toBe(0);

  const odd = await world.sendRecords(recordsJudgedDifferently(PARTITIONS, 'before', Date.now()));
  await world.send({ seed: 2, count: 1_500 });
  const second = world.start(old, 'alpha', {
    settings: NO_CHECKPOINTS,
    ...(point === undefined ? {} : { crashAt: { point, hit: 1 } }),
  });
  if (point === undefined) {
    const ends = (await world.ends()).join();
    await world.until(
      () => 'a row for every record',
      DONE_WITHIN_MS,
      async () => (await world.dispositions()).join() === ends,
    );
    await second.kill();
  }
  expect(await second.waitForExit(DONE_WITHIN_MS)).toMatchObject({ signal: 'SIGKILL' });
  return odd;
}

/** Partitions that have rows past their checkpoint. */
async function partitionsPastCheckpoint(world: UpgradeWorld): Promise<number[]> {
  const [checkpoints, lastRows] = [await world.checkpoints(), await world.lastRows()];
  return lastRows.flatMap((last, partition) => (last >= checkpoints[partition]! ? [partition] : []));
}

async function upgrade(world: UpgradeWorld): Promise<ProcessorChild> {
  await world.mendTopicTimestamps();
  await world.upgradeDataset();
  return world.start(undefined, 'alpha');
}

function oddOf(partition: number, offsets: readonly number[]): number[] {
  const each = JUDGED_DIFFERENTLY.length;
  return offsets.slice(partition * each, (partition + 1) * each);
}

/** Rows below F are of version 1, rows from F on of this release's. */
async function expectVersions(world: UpgradeWorld, firstNew: ReadonlyMap<number, number>): Promise<void> {
  for (const { partition, history } of await world.ownership()) {
    const versions = history.map(({ fromOffset, foldVersion }) => [fromOffset, foldVersion]);
    expect(versions).toEqual([
      [0, OLD_FOLD_VERSION],
      [firstNew.get(partition), FOLD_VERSION],
    ]);
  }
}

/** The same values, sent before and after F, under ids that differ in their first word alone. */
function expectJudgedByVersions(before: readonly string[], after: readonly string[]): void {
  for (const [index, { what, differs }] of JUDGED_DIFFERENTLY.entries()) {
    const [earlier, later] = [before[index]!, after[index]!].map((text) => text.replace(/ (before|after)-/, ' '));
    expect(earlier, what).not.toBe('nothing');
    if (differs) expect(later, what).not.toBe(earlier);
    else expect(later, what).toBe(earlier);
  }
}

/** It has records to write, claims the partitions, and writes nothing. */
async function expectOldReleaseRefuses(world: UpgradeWorld): Promise<void> {
  await world.send({ seed: 4, count: 300 });
  const rows = await world.dispositions();
  const checkpoints = await world.checkpoints();
  const refused = await world.run(old, 'process', '--until-caught-up');
  expect(refused.output).toContain('"code":"fold_version"');
  expect(refused.output).toContain('run the newer release');
  expect(refused.code).toBe(65);
  expect(await world.dispositions()).toEqual(rows);
  expect(await world.checkpoints()).toEqual(checkpoints);
}

describe.concurrent.for(CRASHES)('after $how, with the local state $localState', (crash) => {
  test('this release continues, 0.1.0 refuses what it continued, and verify says PASS', async () => {
    await using world = await UpgradeWorld.create({ name: 'upgrade', partitions: PARTITIONS });
    const before = await writtenByOldRelease(world, crash);
    const past = await partitionsPastCheckpoint(world);
    const lastRows = await world.lastRows();
    expect(past.length).toBeGreaterThanOrEqual(crash.point === undefined ? PARTITIONS : 1);
    const judgedBefore = await Promise.all(past.map((p) => world.judgements(p, oddOf(p, before))));

    if (crash.localState === 'lost') await world.loseState('alpha');
    const upgraded = await upgrade(world);
    const after = await world.sendRecords(recordsJudgedDifferently(PARTITIONS, 'after', Date.now()));
    await world.send({ seed: 3, count: 1_500 });
    await world.drained(DONE_WITHIN_MS);
    expect((await upgraded.stop()).code).toBe(0);

    // Where this release took over, it found the rows past the checkpoint.
    const positions = upgraded.eventsOf('takeover.positioned');
    const firstNew = new Map(positions.map(({ partition, resumeOffset }) => [partition, resumeOffset]));
    expect([...firstNew.keys()].sort()).toEqual([0, 1]);
    for (const partition of past) {
      const { resumeOffset, rowsAlreadyThere } = positions.find((position) => position.partition === partition)!;
      expect(rowsAlreadyThere).toBeGreaterThan(0);
      // Requests in flight when it was killed may have arrived later.
      expect(resumeOffset).toBeGreaterThan(lastRows[partition]!);
    }
    const how = upgraded.eventsOf('state.restored').map((event) => event.how);
    expect(new Set(how)).toEqual(new Set([crash.localState === 'kept' ? 'local' : 'rebuilt']));
    await expectVersions(world, firstNew);

    for (const [index, partition] of past.entries()) {
      const earlier = await world.judgements(partition, oddOf(partition, before));
      // What 0.1.0 had written stays as it was.
      expect(earlier.filter((_, i) => judgedBefore[index]![i] !== 'nothing')).toEqual(
        judgedBefore[index]!.filter((judged) => judged !== 'nothing'),
      );
      const isBelow = oddOf(partition, before).every((offset) => offset < firstNew.get(partition)!);
      expect(isBelow || crash.point !== undefined).toBe(true);
      if (isBelow) expectJudgedByVersions(earlier, await world.judgements(partition, oddOf(partition, after)));
    }

    await expectOldReleaseRefuses(world);
    await world.runWell(undefined, 'process', '--until-caught-up');
    await expectVerified(world);
  });
});
