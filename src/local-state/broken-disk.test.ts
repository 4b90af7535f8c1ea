/**
 * Disks that accept no more writes: the store reports it, rejects nothing, and leaves nothing open. node:fs answers as
 * a full or read-only file system would, since a test cannot mount one.
 */
import * as fs from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { JournalStateStore } from './journal-state-store.ts';
import { openStateStore } from './open-state-store.ts';
import { delta, emptyState } from './testing/state-samples.ts';

const disk = vi.hoisted(() => ({ refuses: undefined as 'EROFS' | 'ENOSPC' | undefined, openFiles: 0 }));
const refusal = (what: string) => Object.assign(new Error(`${disk.refuses}: ${what}`), { code: disk.refuses });

vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>();
  const rmSync: typeof real.rmSync = (path, options) => {
    // With or without force.
    if (disk.refuses === 'EROFS' && real.existsSync(path)) throw refusal('rm');
    real.rmSync(path, options);
  };
  return { ...real, rmSync };
});
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const open: typeof real.open = async (...args) => {
    const handle = await real.open(...args);
    disk.openFiles++;
    const write = handle.write.bind(handle) as (...written: unknown[]) => unknown;
    const close = handle.close.bind(handle);
    return Object.assign(handle, {
      write: async (...written: unknown[]) => {
        if (disk.refuses !== undefined) throw refusal('write');
        return write(...written);
      },
      close: async () => {
        disk.openFiles--;
        return close();
      },
    });
  };
  return { ...real, open };
});

let location: string;
let problems: string[];
let store: JournalStateStore;
const directoryOf = (partition: number) =>
  join(location, 'payment_transactions_raw', 'state', `partition-${partition}`);

beforeEach(() => {
  location = mkdtempSync(join(tmpdir(), 'provenonce-broken-disk-'));
  problems = [];
  disk.refuses = undefined;
  disk.openFiles = 0;
  const onProblem = (_: number, problem: string) => problems.push(problem);
  store = new JournalStateStore({ location, topic: 't', onDiscard: () => {}, onProblem });
});

afterEach(async () => {
  disk.refuses = undefined;
  await store.close();
  rmSync(location, { recursive: true, force: true });
});

test('a disk that takes no more during a compaction turns the cache off, and rejects nothing', async () => {
  await store.replace(0, emptyState());
  // 8 MB of payments, all of them dead with the next save: a compaction begins, and takes several saves.
  let at = 0;
  for (let i = 0; i < 8; i++, at += 16_000) await store.save(0, delta(at, at + 16_000));
  await store.save(0, delta(at, ++at, { idsLiveFromMs: 1e15, activityLiveFromMs: 1e15 }));
  expect(fs.readdirSync(directoryOf(0))).toContain('fresh.journal');
  disk.refuses = 'EROFS';
  const outcomes = await Promise.allSettled([
    store.save(0, delta(at, ++at)),
    store.save(0, delta(at, ++at)),
    store.close(),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
  expect(problems).toHaveLength(1);
  expect(disk.openFiles).toBe(0);
});

test('a journal that could not be begun leaves no file open', async () => {
  disk.refuses = 'ENOSPC';
  for (let i = 0; i < 10; i++) await store.replace(0, emptyState());
  expect(disk.openFiles).toBe(0);
  expect(problems.length).toBeGreaterThan(0);
});

test('what ends after the store was closed writes nothing: its directory may be another process', async () => {
  const options = { location, topic: 't', nowMs: 0, onDiscard: () => {}, onProblem: () => {} };
  const first = openStateStore(options);
  await first.close();
  const second = openStateStore(options);
  await second.replace(0, emptyState(7));
  // A rebuild that was in progress when the process was asked to stop.
  await first.replace(0, emptyState(3));
  expect((await second.load(0))?.head.nextOffset).toBe(7);
  await second.close();
  const third = openStateStore(options);
  expect((await third.load(0))?.head.nextOffset).toBe(7);
  await third.close();
});
