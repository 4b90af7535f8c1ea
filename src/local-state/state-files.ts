/**
 * The file system as journals need it, so that the simulated world can provide one in memory. nodeFiles is the real
 * one. Methods throw or reject as node:fs does, with a `code`.
 */
import { lstatSync, rmSync } from 'node:fs';
import { type FileHandle, lstat, open, rename } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { clearDirectory, makeOwnDirectories, requireOwnDirectories } from './own-files.ts';

export interface StateFiles {
  open(path: string, flags: number, mode?: number): Promise<StateFile>;
  rename(from: string, to: string): Promise<void>;
  /** Of the name itself, not of a link's target. */
  lstat(path: string): Promise<{ readonly ino: number; readonly size: number }>;
  exists(path: string): boolean;
  /** A missing file is fine. */
  remove(path: string): void;
  /** As in own-files.ts. */
  requireOwnDirectories(location: string, path: string): void;
  makeOwnDirectories(location: string, path: string): void;
  clearDirectory(directory: string, keep: string): void;
  /** Yields to other tasks between two reads. */
  giveWay(): Promise<void>;
}

export type StateFile = Pick<FileHandle, 'chmod' | 'close'> & {
  stat(): Promise<{ readonly ino: number; readonly size: number; readonly mode: number; isFile(): boolean }>;
  read(memory: Buffer, at: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
  write(bytes: Buffer, from: number, length: number, position: number): Promise<{ readonly bytesWritten: number }>;
};

export const nodeFiles: StateFiles = {
  open,
  rename,
  lstat,
  exists: (path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined,
  remove: (path) => rmSync(path, { force: true }),
  requireOwnDirectories,
  makeOwnDirectories,
  clearDirectory,
  // Reads that the kernel answers at once must not starve other tasks.
  giveWay: () => setImmediate(),
};
