/**
 * A file system in memory for the journals of local state: whole files, no directories of their own. It settles in
 * microtasks, so that what is done with it is one event of the simulated world.
 */
import { constants } from 'node:fs';
import type { StateFile, StateFiles } from '../../../local-state/state-files.ts';

const { O_CREAT } = constants;

class MemoryFile {
  readonly ino: number;
  bytes: Buffer;

  constructor(ino: number, bytes: Buffer) {
    this.ino = ino;
    this.bytes = bytes;
  }
}

export class MemoryFiles implements StateFiles {
  readonly #files = new Map<string, MemoryFile>();
  #inodes = 0;
  /** The disk answers with an error, as a full or broken one does. */
  isBroken = false;

  async open(path: string, flags: number): Promise<StateFile> {
    this.#answer();
    const found = this.#files.get(path);
    const file = found ?? (isNew(flags) ? this.#put(path, Buffer.alloc(0)) : undefined);
    if (file === undefined) throw failure('ENOENT', path);
    return {
      stat: async () => ({ ino: file.ino, size: file.bytes.length, mode: 0o600, isFile: () => true }),
      chmod: async () => {},
      close: async () => {},
      read: async (memory, at, length, position) => {
        this.#answer();
        return { bytesRead: file.bytes.copy(memory, at, position, position + length) };
      },
      write: async (bytes, from, length, position) => {
        this.#answer();
        if (position + length > file.bytes.length) {
          file.bytes = Buffer.concat([file.bytes, Buffer.alloc(position + length - file.bytes.length)]);
        }
        bytes.copy(file.bytes, position, from, from + length);
        return { bytesWritten: length };
      },
    };
  }

  async rename(from: string, to: string): Promise<void> {
    this.#answer();
    const file = this.#files.get(from);
    if (file === undefined) throw failure('ENOENT', from);
    this.#files.delete(from);
    this.#files.set(to, file);
  }

  async lstat(path: string): Promise<{ readonly ino: number; readonly size: number }> {
    this.#answer();
    const file = this.#files.get(path);
    if (file === undefined) throw failure('ENOENT', path);
    return { ino: file.ino, size: file.bytes.length };
  }

  exists(path: string): boolean {
    return this.#files.has(path);
  }

  remove(path: string): void {
    this.#answer();
    this.#files.delete(path);
  }

  requireOwnDirectories(): void {
    this.#answer();
  }

  makeOwnDirectories(): void {
    this.#answer();
  }

  clearDirectory(directory: string, keep: string): void {
    for (const path of this.#files.keys()) {
      if (path.startsWith(`${directory}/`) && path !== `${directory}/${keep}`) this.#files.delete(path);
    }
  }

  async giveWay(): Promise<void> {}

  /** Which file has the name. */
  inodeOf(path: string): number | undefined {
    return this.#files.get(path)?.ino;
  }

  /** A copy of the bytes; undefined where there is no such file. */
  bytesOf(path: string): Buffer | undefined {
    const found = this.#files.get(path);
    return found === undefined ? undefined : Buffer.from(found.bytes);
  }

  /** Another file of that name, as somebody else puts it there. */
  replace(path: string, bytes: Buffer): void {
    this.#put(path, Buffer.from(bytes));
  }

  #put(path: string, bytes: Buffer): MemoryFile {
    const file = new MemoryFile(++this.#inodes, bytes);
    this.#files.set(path, file);
    return file;
  }

  #answer(): void {
    if (this.isBroken) throw failure('EIO', 'the disk');
  }
}

function isNew(flags: number): boolean {
  return (flags & O_CREAT) !== 0;
}

function failure(code: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
