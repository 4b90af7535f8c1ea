import { mkdir, mkdtemp, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cacheDirectory, cached, entryName } from './cache.ts';

const newCache = () => mkdtemp(join(tmpdir(), 'provenonce-cache-test-'));

test('an entry that several ask for at once is made once, and all get it whole', async () => {
  const cache = await newCache();
  let made = 0;
  const ask = () =>
    cached({
      cache,
      name: 'thing',
      make: async (directory) => {
        made += 1;
        await writeFile(join(directory, 'a'), 'first');
        await new Promise((resolve) => setImmediate(resolve));
        await writeFile(join(directory, 'b'), 'second');
      },
    });
  const paths = await Promise.all([ask(), ask(), ask(), ask()]);
  expect(made).toBe(1);
  expect(new Set(paths)).toEqual(new Set([join(cache, 'thing')]));
  expect(await readFile(join(paths[0]!, 'b'), 'utf8')).toBe('second');
  expect(await readdir(cache)).toEqual(['thing']);
});

test('a failed making leaves nothing behind, and the next one may succeed', async () => {
  const cache = await newCache();
  const failing = cached({
    cache,
    name: 'thing',
    make: async (directory) => {
      await writeFile(join(directory, 'half'), '');
      throw new Error('no network');
    },
  });
  await expect(failing).rejects.toThrow('no network');
  expect(await readdir(cache)).toEqual([]);
  const path = await cached({ cache, name: 'thing', make: (directory) => writeFile(join(directory, 'whole'), '') });
  expect(await readdir(path)).toEqual(['whole']);
});

test('a lock that a killed process left behind is passed over', async () => {
  const cache = await newCache();
  const lock = join(cache, 'thing.lock');
  await mkdir(lock);
  const longAgo = new Date(Date.now() - 60_000);
  await utimes(lock, longAgo, longAgo);
  let waited = 0;
  await cached({ cache, name: 'thing', make: async () => {}, onWait: () => waited++ });
  expect(await readdir(cache)).toEqual(['thing']);
  expect(waited).toBe(1);
});

test('an entry name changes with what the entry is made from', () => {
  expect(entryName('x', 'a', 'b')).toBe(entryName('x', 'a', 'b'));
  expect(entryName('x', 'a', 'b')).not.toBe(entryName('x', 'ab'));
});

test('the cache is where PROVENONCE_CACHE says, else in the XDG cache, else under the home directory', () => {
  expect(cacheDirectory({ PROVENONCE_CACHE: '/p', XDG_CACHE_HOME: '/x' })).toBe('/p');
  expect(cacheDirectory({ XDG_CACHE_HOME: '/x' })).toBe('/x/provenonce');
  expect(cacheDirectory({})).toMatch(/\.cache\/provenonce$/);
});
