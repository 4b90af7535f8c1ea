/**
 * Objects in a folder of a disk. A file gets its name by link(2), which fails where the name is taken: so of concurrent
 * creators one wins, and what has a name is whole. Content and name are forced to the disk before a call returns.
 *
 * Invariants: nothing outside the folder is touched; a crash leaves only files whose names begin with `.tmp-`, which no
 * reader of a table reads.
 */
import type { Dirent } from 'node:fs';
import { type FileHandle, link, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { Runtime } from '../../../base/runtime.ts';
import {
  type ByteRange,
  type ObjectStore,
  type StoredObject,
  StoreRefusedError,
  UnknownOutcomeError,
} from '../ports.ts';
import { codeOf, storeError } from './disk-errors.ts';
import { checkKey, checkPrefix, compareKeys, UNFINISHED_PREFIX } from './store-keys.ts';

const PAGE_ENTRIES = 1_000;

export class DiskStore implements ObjectStore {
  readonly name: string;
  readonly #root: string;
  readonly #runtime: Pick<Runtime, 'uuid'>;

  /** The folder must be there: a disk that is not mounted must not look like an empty lake. */
  constructor(folder: string, runtime: Pick<Runtime, 'uuid'>) {
    this.#root = path.resolve(folder);
    this.name = this.#root;
    this.#runtime = runtime;
  }

  async create(key: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
    const file = this.#fileOf(key);
    const unfinished = await this.#write(file, bytes);
    try {
      await link(unfinished, file);
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return 'exists';
      throw storeError(error, file);
    } finally {
      await unlink(unfinished).catch(() => {}); // a name that no reader reads
    }
    await this.#syncName(file);
    return 'created';
  }

  async replace(key: string, bytes: Uint8Array): Promise<void> {
    const file = this.#fileOf(key);
    const unfinished = await this.#write(file, bytes);
    try {
      await rename(unfinished, file);
    } catch (error) {
      await unlink(unfinished).catch(() => {}); // as above
      throw storeError(error, file);
    }
    await this.#syncName(file);
  }

  async get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    const file = this.#fileOf(key);
    let handle: FileHandle;
    try {
      handle = await open(file, 'r');
    } catch (error) {
      if (!isNoPath(error)) throw storeError(error, file);
      await this.#checkRoot();
      if (codeOf(error) !== 'ENOENT') throw storeError(error, file);
      return undefined;
    }
    try {
      if (range === undefined) return await handle.readFile();
      return await readRange(handle, range);
    } catch (error) {
      throw storeError(error, file);
    } finally {
      await handle.close();
    }
  }

  async *list(prefix: string, after = ''): AsyncIterable<readonly StoredObject[]> {
    checkPrefix(prefix);
    const keys: string[] = [];
    await this.#gather(prefix.slice(0, prefix.lastIndexOf('/') + 1), prefix, after, keys);
    keys.sort(compareKeys);
    for (let at = 0; at < keys.length; at += PAGE_ENTRIES) {
      const page = await Promise.all(keys.slice(at, at + PAGE_ENTRIES).map((key) => this.#describe(key)));
      yield page.filter((object) => object !== undefined);
    }
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      const file = this.#fileOf(key);
      try {
        await unlink(file);
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw storeError(error, file);
      }
    }
  }

  close(): void {}

  #fileOf(key: string): string {
    checkKey(key);
    return path.join(this.#root, ...key.split('/'));
  }

  /** The bytes under a name beside the file's, on the disk. */
  async #write(file: string, bytes: Uint8Array): Promise<string> {
    const folder = path.dirname(file);
    const unfinished = path.join(folder, `${UNFINISHED_PREFIX}${this.#runtime.uuid()}`);
    try {
      const handle = await this.#openNew(unfinished);
      try {
        await handle.writeFile(bytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
      return unfinished;
    } catch (error) {
      await unlink(unfinished).catch(() => {}); // may not be there
      throw storeError(error, file);
    }
  }

  async #openNew(unfinished: string): Promise<FileHandle> {
    try {
      return await open(unfinished, 'wx');
    } catch (error) {
      if (!isNoPath(error)) throw error;
      await this.#checkRoot();
      if (codeOf(error) !== 'ENOENT') throw error;
      await this.#makeFolder(path.dirname(unfinished));
      return open(unfinished, 'wx');
    }
  }

  /** Makes the folders between the location and a file. Each new name is forced to the disk. */
  async #makeFolder(folder: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    for (let made = folder; made !== this.#root; made = path.dirname(made)) await syncFolder(path.dirname(made));
  }

  async #checkRoot(): Promise<void> {
    let isFolder: boolean;
    try {
      isFolder = (await stat(this.#root)).isDirectory();
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw storeError(error, this.#root);
      const text = `the folder ${this.#root} does not exist: mount its disk, or make it with \`mkdir -p\``;
      throw new StoreRefusedError('bucket', text, { cause: error });
    }
    if (!isFolder) throw new StoreRefusedError('other', `${this.#root} is a file: DELTA_LOCATION must be a folder`);
  }

  /** The file has its name already: an error here leaves open whether it survives a loss of power. */
  async #syncName(file: string): Promise<void> {
    try {
      await syncFolder(path.dirname(file));
    } catch (error) {
      throw new UnknownOutcomeError(`${file}: its name may not be on the disk yet`, { cause: error });
    }
  }

  /** Keys below a folder (`` or ending in `/`) that match. */
  async #gather(folder: string, prefix: string, after: string, into: string[]): Promise<void> {
    const place = path.join(this.#root, ...folder.split('/'));
    let entries: Dirent[];
    try {
      entries = await readdir(place, { withFileTypes: true });
    } catch (error) {
      if (!isNoPath(error)) throw storeError(error, place);
      await this.#checkRoot();
      if (codeOf(error) !== 'ENOENT') throw storeError(error, place);
      return;
    }
    for (const entry of entries) {
      const key = folder + entry.name;
      if (entry.isDirectory()) {
        const below = `${key}/`;
        const mayMatch = below.startsWith(prefix) || prefix.startsWith(below);
        if (mayMatch) await this.#gather(below, prefix, after, into);
      } else if (entry.isFile() && key.startsWith(prefix) && compareKeys(key, after) > 0) {
        into.push(key);
      }
    }
  }

  /** Undefined where it was removed meanwhile. */
  async #describe(key: string): Promise<StoredObject | undefined> {
    const file = path.join(this.#root, ...key.split('/'));
    try {
      const { size, mtimeMs } = await stat(file);
      return { key, byteLength: size, modifiedAtMs: Math.floor(mtimeMs) };
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw storeError(error, file);
    }
  }
}

/** A part of the path is not there, or is a file: the location itself may be the reason. */
function isNoPath(error: unknown): boolean {
  return codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function readRange(handle: FileHandle, { from, to }: ByteRange): Promise<Uint8Array> {
  const { size } = await handle.stat();
  const start = from < 0 ? Math.max(0, size + from) : Math.min(from, size);
  const end = Math.min(to ?? size, size);
  const bytes = new Uint8Array(Math.max(0, end - start));
  let read = 0;
  while (read < bytes.length) {
    const { bytesRead } = await handle.read(bytes, read, bytes.length - read, start + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return bytes.subarray(0, read);
}
