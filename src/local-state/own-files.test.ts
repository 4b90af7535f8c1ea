/** Access of others to the local state, and links that somebody planted in it. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lockCheckpointLocation } from './checkpoint-lock.ts';
import { stateDirectory } from './journal-state-store.ts';
import { MemberNote } from './member-note.ts';
import { openStateStore } from './open-state-store.ts';
import { DAY_ONE_MS, delta, emptyState } from './testing/state-samples.ts';

let root: string;
let location: string;
let problems: string[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'own-files-'));
  location = join(root, 'checkpoint');
  problems = [];
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function open() {
  return openStateStore({
    location,
    topic: 'payment-events',
    nowMs: DAY_ONE_MS,
    onDiscard: (_partition, why) => problems.push(why),
    onProblem: (_partition, problem) => problems.push(problem),
  });
}

/** Everything that a processor leaves in the location. */
async function leaveState(): Promise<void> {
  const store = open();
  store.memberNote?.write('payments', 'member-1');
  await store.replace(0, emptyState());
  await store.save(0, delta(0, 10));
  await store.close();
}

/** Modes of a directory and of everything below it, by path. */
function modesBelow(path: string): [string, number][] {
  const found = lstatSync(path);
  const own: [string, number] = [path, found.mode & 0o777];
  if (!found.isDirectory()) return [own];
  return [own, ...readdirSync(path).flatMap((name) => modesBelow(join(path, name)))];
}

function openToOthers(path: string): [string, number][] {
  return modesBelow(path).filter(([, mode]) => (mode & 0o077) !== 0);
}

describe('files and directories are for the user of the process alone', () => {
  test('new ones, for any umask', async () => {
    const before = process.umask(0);
    try {
      await leaveState();
    } finally {
      process.umask(before);
    }
    expect(openToOthers(location)).toEqual([]);
    expect(modesBelow(location).length).toBeGreaterThan(6);
  });

  test('also while the lock is held', () => {
    const lock = lockCheckpointLocation(location, DAY_ONE_MS);
    expect(readdirSync(location).sort()).toEqual(['processor.lock', 'processor.lock.json']);
    expect(openToOthers(location)).toEqual([]);
    lock.release();
  });

  test('and those of an earlier release', async () => {
    await leaveState();
    for (const [path] of modesBelow(location)) chmodSync(path, lstatSync(path).isDirectory() ? 0o755 : 0o644);
    const store = open();
    expect(await store.load(0)).toBeDefined();
    await store.close();
    store.memberNote?.write('payments', 'member-2');
    expect(openToOthers(stateDirectory(location)).filter(([path]) => path.endsWith('.journal'))).toEqual([]);
    // The directory that contains them is closed to others.
    expect(openToOthers(location).filter(([path]) => !path.includes('payment_transactions_raw/'))).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('a location that has other uses too is left as it is; what we put there is not', async () => {
    mkdirSync(location, { mode: 0o755 });
    writeFileSync(join(location, 'notes.txt'), 'of somebody else');
    await leaveState();
    expect(openToOthers(location).map(([path]) => path)).toEqual([location, join(location, 'notes.txt')]);
  });
});

describe('a link that somebody planted leads nowhere', () => {
  const outside = () => join(root, 'outside');
  beforeEach(() => {
    mkdirSync(outside());
    writeFileSync(join(outside(), 'precious.txt'), 'kept');
    writeFileSync(join(outside(), 'state.journal'), 'kept too');
  });
  const isUntouched = () => [
    readdirSync(outside()).sort(),
    readFileSync(join(outside(), 'precious.txt'), 'utf8'),
    readFileSync(join(outside(), 'state.journal'), 'utf8'),
  ];
  const UNTOUCHED = [['precious.txt', 'state.journal'], 'kept', 'kept too'];

  test.each([
    ['a partition', () => join(stateDirectory(location), 'partition-0')],
    ['all partitions', () => stateDirectory(location)],
    ['the directory above', () => join(location, 'payment_transactions_raw')],
  ])('in place of the directory of %s', async (_, planted) => {
    mkdirSync(join(planted(), '..'), { recursive: true });
    symlinkSync(outside(), planted());
    const store = open();
    await store.load(0);
    await store.replace(0, emptyState());
    await store.save(0, delta(0, 10));
    await store.discard(0, 'test');
    await store.close();
    expect(isUntouched()).toEqual(UNTOUCHED);
    expect(problems[0]).toContain(`${planted()} is a symbolic link, and was not made by provenonce: remove it`);
  });

  test('in place of a journal: it is removed, and what it leads to is not', async () => {
    const directory = join(stateDirectory(location), 'partition-0');
    mkdirSync(directory, { recursive: true });
    symlinkSync(join(outside(), 'state.journal'), join(directory, 'state.journal'));
    const store = open();
    expect(await store.load(0)).toBeUndefined();
    expect(problems).toEqual([expect.stringContaining('is unusable: it is a symbolic link')]);
    await store.replace(0, emptyState());
    await store.save(0, delta(0, 10));
    await store.close();
    expect(isUntouched()).toEqual(UNTOUCHED);
    expect(lstatSync(join(directory, 'state.journal')).isFile()).toBe(true);
  });

  test('among what is cleared away, or inside of it', async () => {
    const directory = join(stateDirectory(location), 'partition-0');
    mkdirSync(join(directory, 'left-over'), { recursive: true });
    symlinkSync(outside(), join(directory, 'fresh.journal'));
    symlinkSync(outside(), join(directory, 'left-over', 'data'));
    await leaveState();
    expect(isUntouched()).toEqual(UNTOUCHED);
    expect(readdirSync(directory)).toEqual(['state.journal']);
  });

  test.each(['processor.lock.json', 'group-member.json', 'group-member.json.new'])('in place of %s', async (name) => {
    mkdirSync(location);
    symlinkSync(join(outside(), 'precious.txt'), join(location, name));
    await leaveState();
    expect(isUntouched()).toEqual(UNTOUCHED);
    expect(new MemberNote(location).read('payments')).toBe('member-1');
    expect(problems).toEqual([]);
  });

  test('in place of the lock: the location cannot be used', async () => {
    mkdirSync(location);
    symlinkSync(join(outside(), 'lock'), join(location, 'processor.lock'));
    await leaveState();
    expect(existsSync(join(outside(), 'lock'))).toBe(false);
    expect(problems).toEqual([expect.stringContaining('processor.lock is not a file, and was not made by provenonce')]);
  });

  test('but the location may be one', async () => {
    const real = join(root, 'volume');
    mkdirSync(real);
    symlinkSync(real, location);
    await leaveState();
    expect(existsSync(join(stateDirectory(real), 'partition-0', 'state.journal'))).toBe(true);
    expect(problems).toEqual([]);
  });
});
