/**
 * Locks CHECKPOINT_LOCATION to one process.
 *
 * The lock is a file lock of the kernel, taken through SQLite (Node offers none): it ends with the process in every
 * ending, so it is never stale and needs no wait. Its holder is in clear text beside it, for the message only.
 */
import { rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ConfigurationError } from '../base/errors.ts';
import { makeOwnFile, makeOwnLocation } from './own-files.ts';
import { readSmallFile, writeNewFile } from './small-file.ts';

export interface CheckpointLock {
  /** Idempotent. */
  release(): void;
}

const LOCK_FILE = 'processor.lock';
const HOLDER_FILE = 'processor.lock.json';
const SQLITE_BUSY = 5;

/**
 * Throws ConfigurationError if another process (or another owner in this one) holds the location, and the error of the
 * file system or SQLite if the lock cannot be made (read-only, full, no permission).
 */
export function lockCheckpointLocation(location: string, nowMs: number): CheckpointLock {
  makeOwnLocation(location);
  const lockPath = join(location, LOCK_FILE);
  // SQLite would follow a link, and let others read the file.
  makeOwnFile(lockPath);
  const database = new DatabaseSync(lockPath);
  try {
    // The journal stays in memory: nothing is ever written through SQLite.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) throw inUse(location);
    throw error;
  }
  const holderPath = join(location, HOLDER_FILE);
  const holder = { pid: process.pid, host: hostname(), since: new Date(nowMs).toISOString() };
  try {
    writeNewFile(holderPath, JSON.stringify(holder));
  } catch (error) {
    database.close();
    throw error;
  }
  let held = true;
  return {
    release() {
      if (!held) return;
      held = false;
      rmSync(holderPath, { force: true });
      database.close();
    },
  };
}

function inUse(location: string): ConfigurationError {
  return new ConfigurationError([
    `CHECKPOINT_LOCATION ${location} is in use by ${describeHolder(location)}; ` +
      'give each processor its own CHECKPOINT_LOCATION',
  ]);
}

function describeHolder(location: string): string {
  try {
    const holder = JSON.parse(readSmallFile(join(location, HOLDER_FILE))) as Record<string, unknown>;
    return `process ${holder.pid} on ${holder.host} since ${holder.since}`;
  } catch {
    // The holder has just begun, or its note is unreadable: only the lock itself counts.
    return 'another process';
  }
}
