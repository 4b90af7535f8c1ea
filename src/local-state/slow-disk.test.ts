/** Disks that take their time for a write, and files that can only be read. */
import { constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turnOfOthers } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PartitionCache } from './partition-cache.ts';
import { nodeFiles, type StateFile, type StateFiles } from './state-files.ts';
import { delta, emptyState, plain } from './testing/state-samples.ts';

let location: string;
beforeEach(() => {
  location = mkdtempSync(join(tmpdir(), 'slow-disk-'));
});
afterEach(() => rmSync(location, { recursive: true, force: true }));

/** `opened`: what a file that was opened does instead. */
function filesWith(opened: (file: StateFile) => Partial<StateFile>, refuses: (flags: number) => boolean = () => false) {
  const open: StateFiles['open'] = async (path, flags, mode) => {
    if (refuses(flags)) throw Object.assign(new Error('EROFS: read-only file system, open'), { code: 'EROFS' });
    const file = await nodeFiles.open(path, flags, mode);
    const plainFile: StateFile = {
      chmod: (to) => file.chmod(to),
      close: () => file.close(),
      stat: () => file.stat(),
      read: (...args) => file.read(...args),
      write: (...args) => file.write(...args),
    };
    return { ...plainFile, ...opened(plainFile) };
  };
  return { ...nodeFiles, open };
}

function cacheOn(files: StateFiles): PartitionCache {
  const discarded = (why: string): never => {
    throw new Error(`discarded: ${why}`);
  };
  return new PartitionCache(location, join(location, 'state'), { topic: 't', partition: 0 }, discarded, { files });
}

/** What a later process reads. */
async function stored() {
  const cache = cacheOn(nodeFiles);
  const state = plain(await cache.load());
  await cache.close();
  return state!;
}

test('memory that is being written is not used for what comes next: megabytes arrive as they were', async () => {
  const slow = filesWith((file) => ({
    write: async (...args) => {
      for (let turns = 0; turns < 5; turns += 1) await turnOfOthers();
      return file.write(...args);
    },
  }));
  const cache = cacheOn(slow);
  await cache.replace(emptyState());
  const saved = delta(0, 30_000);
  await cache.save(saved);
  await cache.close();
  const found = await stored();
  expect(found.head).toEqual(saved.head);
  expect(found.ids.map(({ transactionId }) => transactionId)).toEqual(
    Array.from(saved.remembered, ({ transactionId }) => transactionId),
  );
});

test('a disk that takes a byte at a time is written to the end', async () => {
  const few = filesWith((file) => ({
    write: (bytes, from, length, position) => file.write(bytes, from, Math.min(length, 7), position),
  }));
  const cache = cacheOn(few);
  await cache.replace(emptyState());
  await cache.save(delta(0, 20));
  await cache.close();
  expect((await stored()).ids).toHaveLength(20);
});

test('a journal on a file system that became read-only is read, and a save tells why it fails', async () => {
  const first = cacheOn(nodeFiles);
  await first.replace(emptyState());
  await first.save(delta(0, 20));
  await first.close();
  const changes: string[] = [];
  const readOnly = filesWith(
    () => ({
      write: async () => {
        changes.push('write');
        throw new Error('EBADF: bad file descriptor, write');
      },
      chmod: async () => void changes.push('chmod'),
    }),
    (flags) => (flags & (constants.O_RDWR | constants.O_WRONLY)) !== 0,
  );
  const cache = cacheOn(readOnly);
  expect(plain(await cache.load())!.ids).toHaveLength(20);
  await expect(cache.save(delta(20, 25))).rejects.toThrow('EROFS: read-only file system');
  expect(changes).toEqual([]);
  await cache.close();
});
