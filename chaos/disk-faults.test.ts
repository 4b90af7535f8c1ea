import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ChaosTarget } from './chaos-target.ts';
import { applyDiskFault, stateFiles } from './disk-faults.ts';

let location: string;
let isRunning: boolean;

beforeEach(async () => {
  isRunning = false;
  location = await mkdtemp(path.join(tmpdir(), 'provenonce-chaos-'));
  for (const partition of [0, 1]) {
    const folder = path.join(location, 'state', `partition-${partition}`);
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'state.journal'), Buffer.alloc(100, `${partition}`));
    await writeFile(path.join(folder, 'fresh.lock'), 'lock');
  }
});

afterEach(() => rm(location, { recursive: true, force: true }));

function apply(fault: Parameters<typeof applyDiskFault>[0]) {
  const target = { checkpointOf: () => location, processor: () => ({ running: isRunning }) };
  return applyDiskFault(fault, target as unknown as ChaosTarget);
}

async function contents(): Promise<string[]> {
  return Promise.all((await stateFiles(location)).map((file) => readFile(file, 'latin1')));
}

test('the data files of all partitions are found, and no others', async () => {
  expect((await stateFiles(location)).map((file) => path.relative(location, file))).toEqual([
    'state/partition-0/state.journal',
    'state/partition-1/state.journal',
  ]);
});

test('delete leaves nothing', async () => {
  const { counts, isOver } = await apply({ what: 'disk', effect: 'lost', process: 'p' });
  expect([counts(), isOver]).toEqual([{ files: 2 }, true]);
  await expect(stat(location)).rejects.toThrow('ENOENT');
});

test('truncate halves every file', async () => {
  await apply({ what: 'disk', effect: 'truncated', process: 'p' });
  expect((await contents()).map((text) => text.length)).toEqual([50, 50]);
});

test('corruption changes one byte of every file by one bit, at the given share of its size', async () => {
  await apply({ what: 'disk', effect: 'corrupted', process: 'p', at: 0.9 });
  const [first, second] = await contents();
  expect(first).toBe(`${'0'.repeat(90)}1${'0'.repeat(9)}`);
  expect(second).toBe(`${'1'.repeat(90)}0${'1'.repeat(9)}`);
});

test('swap gives each partition the other’s state', async () => {
  await apply({ what: 'disk', effect: 'foreign', process: 'p' });
  expect(await contents()).toEqual(['1'.repeat(100), '0'.repeat(100)]);
  expect(await stateFiles(location)).toHaveLength(2);
});

test('read-only refuses new files and lasts until it is healed, or says that it cannot be had here', async () => {
  const applied = await apply({ what: 'disk_read_only', process: 'p' }).catch((error: Error) => error);
  if (applied instanceof Error) {
    expect(applied.message).toContain('cannot be made read-only here');
  } else {
    await expect(writeFile(path.join(location, 'new'), '')).rejects.toThrow(/EACCES|EPERM/);
    expect(applied.isOver).toBe(false);
    await applied.heal();
  }
  await writeFile(path.join(location, 'new'), '');
});

test('files are not changed under a running processor', async () => {
  isRunning = true;
  await expect(apply({ what: 'disk', effect: 'truncated', process: 'p' })).rejects.toThrow('is running');
});

test('a fault that finds nothing to damage did not happen', async () => {
  await rm(location, { recursive: true });
  await expect(apply({ what: 'disk', effect: 'corrupted', process: 'p' })).rejects.toThrow('no state');
});
