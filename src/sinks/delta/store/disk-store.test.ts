import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemRuntime } from '../../../base/system-runtime.ts';
import { StoreRefusedError } from '../ports.ts';
import { storeError } from './disk-errors.ts';
import { DiskStore } from './disk-store.ts';

let folder: string;
let store: DiskStore;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'provenonce-store-'));
  store = new DiskStore(folder, systemRuntime);
});
afterEach(() => rm(folder, { recursive: true }));

const bytes = (text: string): Uint8Array => Buffer.from(text);
const textOf = async (key: string, range?: { from: number; to?: number }): Promise<string | undefined> => {
  const read = await store.get(key, range);
  return read === undefined ? undefined : Buffer.from(read).toString();
};

async function listed(prefix: string, after?: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of store.list(prefix, after)) keys.push(...page.map(({ key }) => key));
  return keys;
}

describe('an object on a disk', () => {
  test('is created once, whole, and leaves nothing beside it', async () => {
    expect(await store.create('t/_delta_log/0.json', bytes('first'))).toBe('created');
    expect(await store.create('t/_delta_log/0.json', bytes('second'))).toBe('exists');
    expect(await textOf('t/_delta_log/0.json')).toBe('first');
    expect(await readdir(path.join(folder, 't/_delta_log'))).toEqual(['0.json']);
  });

  test('is created by one of many that try at once', async () => {
    const stores = Array.from({ length: 8 }, () => new DiskStore(folder, systemRuntime));
    for (let key = 0; key < 10; key++) {
      const outcomes = await Promise.all(stores.map((each, index) => each.create(`t/${key}`, bytes(`by ${index}`))));
      expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
      expect(await textOf(`t/${key}`)).toBe(`by ${outcomes.indexOf('created')}`);
    }
  });

  test('is replaced as a whole', async () => {
    await store.replace('t/_last', bytes('one'));
    await store.replace('t/_last', bytes('two'));
    expect(await textOf('t/_last')).toBe('two');
    expect(await readdir(path.join(folder, 't'))).toEqual(['_last']);
  });

  test('is read in part: from the start, within, and from the end', async () => {
    await store.create('t/x', bytes('0123456789'));
    expect(await textOf('t/x', { from: 0, to: 4 })).toBe('0123');
    expect(await textOf('t/x', { from: 8, to: 40 })).toBe('89');
    expect(await textOf('t/x', { from: -3 })).toBe('789');
    expect(await textOf('t/x', { from: -30 })).toBe('0123456789');
    expect(await textOf('t/x', { from: 20 })).toBe('');
    expect(await textOf('t/y')).toBeUndefined();
  });

  test('is listed in the order of keys, by prefix, after a key, with its size', async () => {
    for (const key of ['t/b', 't/a/1', 't/a-b', 't/a', 'u/a', 't/_delta_log/1'].filter((key) => key !== 't/a')) {
      await store.create(key, bytes(key));
    }
    expect(await listed('t/')).toEqual(['t/_delta_log/1', 't/a-b', 't/a/1', 't/b']);
    expect(await listed('t/a')).toEqual(['t/a-b', 't/a/1']);
    expect(await listed('t/', 't/a-b')).toEqual(['t/a/1', 't/b']);
    expect(await listed('')).toHaveLength(5);
    expect(await listed('none/')).toEqual([]);
    for await (const [object] of store.list('t/b')) {
      expect(object).toMatchObject({ key: 't/b', byteLength: 3 });
      expect(Math.abs(object!.modifiedAtMs - Date.now())).toBeLessThan(60_000);
    }
  });

  test('is removed, and what is not there is passed over', async () => {
    await store.create('t/x', bytes('x'));
    await store.remove(['t/none', 't/x']);
    expect(await listed('')).toEqual([]);
  });

  test('is never outside of the folder', async () => {
    for (const key of ['../x', '/x', 'a/../../x', 'a//b', '', 'a\0b', '.']) {
      await expect(store.create(key, bytes('x'))).rejects.toThrow(/not a key/);
      await expect(store.get(key)).rejects.toThrow(/not a key/);
    }
  });
});

describe('a location', () => {
  test('that does not exist is named, and not made', async () => {
    const missing = new DiskStore(path.join(folder, 'none'), systemRuntime);
    const expected = {
      what: 'bucket',
      message: expect.stringMatching(/none does not exist: mount its disk.*mkdir -p/),
    };
    await expect(missing.create('t/x', bytes('x'))).rejects.toMatchObject(expected);
    await expect(missing.get('t/x')).rejects.toMatchObject(expected);
    await expect(missing.list('t/')[Symbol.asyncIterator]().next()).rejects.toMatchObject(expected);
  });

  test('that is a file is named', async () => {
    await writeFile(path.join(folder, 'file'), 'x');
    const wrong = new DiskStore(path.join(folder, 'file'), systemRuntime);
    const named = /file is a file: DELTA_LOCATION must be a folder/;
    await expect(wrong.create('t/x', bytes('x'))).rejects.toThrow(named);
    await expect(wrong.create('t/x', bytes('x'))).rejects.toBeInstanceOf(StoreRefusedError);
    await expect(wrong.get('t/x')).rejects.toThrow(named);
    await expect(wrong.list('t/')[Symbol.asyncIterator]().next()).rejects.toThrow(named);
  });

  test('in which a table is a file is named', async () => {
    await writeFile(path.join(folder, 't'), 'x');
    await expect(store.create('t/x', bytes('x'))).rejects.toThrow(/a part of .* is a file, where a folder must be/);
  });

  test('where a folder has the name of a file is named', async () => {
    await mkdir(path.join(folder, 't/x'), { recursive: true });
    await expect(store.get('t/x')).rejects.toThrow(/is a folder, where a file must be/);
    expect(await store.create('t/x', bytes('x'))).toBe('exists');
  });
});

describe('an error of the disk', () => {
  const coded = (code: string) => Object.assign(new Error(`${code}: failed`), { code });

  test.each([
    ['EROFS', 'read_only', /mounted read-only/],
    ['EACCES', 'permission', /no permission for \/lake\/x/],
    ['ENOTSUP', 'other', /no hard links/],
  ])('%s is refused for good', (code, what, message) => {
    const error = storeError(coded(code), '/lake/x');
    expect(error).toMatchObject({ what, message: expect.stringMatching(message) });
    expect(error).toBeInstanceOf(StoreRefusedError);
  });

  test.each([
    ['ENOSPC', /\/lake\/x: the disk is full \(ENOSPC\)/],
    ['EDQUOT', /quota/],
    ['EMFILE', /too many files/],
    ['EBUSY', /EBUSY/],
  ])('%s is waited for', (code, message) => {
    const error = storeError(coded(code), '/lake/x');
    expect(error).not.toBeInstanceOf(StoreRefusedError);
    expect(error.message).toMatch(message);
  });
});
