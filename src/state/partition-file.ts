/**
 * One partition's lmdb file, for writing.
 *
 * lmdb only ever maps files that this process has made: a file from before is read by lmdb-file-reader.ts and copied, so
 * nothing that is on the disk at start can make lmdb crash the process. A new file is filled beside the old one and then
 * takes its name, so a crash in between leaves the old one whole.
 *
 * No fsync: this is a cache. A killed process loses nothing that was saved (the kernel has the pages); after a crash of the
 * machine the seals, and last the state digest, find what did not reach the disk.
 *
 * All methods are synchronous but `close` and throw what lmdb or the file system says.
 */
import { readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import type { KeyRange } from './keys.ts';
import { makeDirectory } from './make-directory.ts';
import type { StoredValue } from './segment-codec.ts';

export const DATA_FILE = 'data.mdb';
const FRESH_PREFIX = 'fresh-';
/** lmdb's name for the lock file of a data file. */
const LOCK_SUFFIX = '-lock';

let filesMade = 0;

export class PartitionFile {
  readonly #directory: string;
  readonly #freshPath: string;
  readonly #database: RootDatabase<Buffer, Buffer>;
  /** Identity and size of the published file, to notice when someone else touches it. */
  #published: { readonly inode: number; readonly bytes: number } | undefined;

  private constructor(directory: string, freshPath: string) {
    this.#directory = directory;
    this.#freshPath = freshPath;
    this.#database = open<Buffer, Buffer>(freshPath, {
      noSubdir: true,
      noSync: true,
      overlappingSync: false,
      keyEncoding: 'binary',
      encoding: 'binary',
      maxReaders: 2,
    });
  }

  /** A new, empty file beside the partition's current one. */
  static create(directory: string): PartitionFile {
    makeDirectory(directory);
    removeLeftovers(directory);
    filesMade += 1;
    return new PartitionFile(directory, join(directory, `${FRESH_PREFIX}${process.pid}-${filesMade}.mdb`));
  }

  /** One transaction: all of it or, on an error, nothing. */
  write(values: Iterable<StoredValue>, dead: readonly KeyRange[] = []): void {
    this.#assertUntouched();
    this.#database.transactionSync(() => {
      for (const { key, value } of values) this.#database.putSync(key, value);
      for (const range of dead) {
        for (const key of [...this.#database.getKeys(range)]) this.#database.removeSync(key);
      }
    });
    if (this.#published !== undefined) this.#remember();
  }

  /** Takes the place of the partition's current file. */
  publish(): void {
    renameSync(this.#freshPath, join(this.#directory, DATA_FILE));
    // Only needed by processes that open the file later: none do.
    rmSync(this.#freshPath + LOCK_SUFFIX, { force: true });
    this.#remember();
  }

  /** Ends the mapping; an unpublished file goes away. Never throws. */
  async close(): Promise<void> {
    try {
      await this.#database.close();
      if (this.#published === undefined) removeLeftovers(this.#directory);
    } catch {
      // What is left over is removed when the partition is opened again.
    }
  }

  #remember(): void {
    const { ino, size } = statSync(join(this.#directory, DATA_FILE));
    this.#published = { inode: ino, bytes: size };
  }

  /** A mapped file that was cut from outside would end the process with SIGBUS at the next read. */
  #assertUntouched(): void {
    if (this.#published === undefined) return;
    const found = statSync(join(this.#directory, DATA_FILE), { throwIfNoEntry: false });
    if (found?.ino === this.#published.inode && found.size >= this.#published.bytes) return;
    const what = found === undefined ? 'removed' : 'replaced or cut';
    throw new Error(`${join(this.#directory, DATA_FILE)} was ${what} while it was in use`);
  }
}

/** Removes the partition's file. Throws what the file system says. */
export function removePartitionFile(directory: string): void {
  rmSync(join(directory, DATA_FILE), { force: true });
}

function removeLeftovers(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (name !== DATA_FILE) rmSync(join(directory, name), { force: true, recursive: true });
  }
}
