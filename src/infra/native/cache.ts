/**
 * The cache of fetched software, so that a second start takes seconds. An entry appears whole or not at all: it is made
 * in a separate directory and renamed. A lock keeps others from making the same entry at the same time. It only saves
 * work (two makers cannot harm each other), so the lock of a dead process is ignored.
 */
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const LOCK_REFRESH_MS = 2_000;
const LOCK_STALE_MS = 15_000;
const LOCK_POLL_MS = 200;
const LOCK_WAIT_LIMIT_MS = 10 * 60_000;
const ABANDONED_MS = 60 * 60_000;

export function cacheDirectory(env: NodeJS.ProcessEnv): string {
  if (env.PROVENONCE_CACHE) return env.PROVENONCE_CACHE;
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'provenonce');
}

/** A name that changes with every input of the entry. */
export function entryName(name: string, ...madeFrom: readonly string[]): string {
  return `${name}-${createHash('sha256').update(JSON.stringify(madeFrom)).digest('hex').slice(0, 12)}`;
}

export interface CacheEntry {
  readonly cache: string;
  readonly name: string;
  /** Fills the directory, whose path differs from that of the finished entry. */
  readonly make: (directory: string) => Promise<void>;
  /** Called when someone else is making the same entry. */
  readonly onWait?: () => void;
}

export async function isCached(cache: string, name: string): Promise<boolean> {
  return await exists(join(cache, name));
}

/** The path of the entry, which is made first if missing. Rejects with the error of `make`, and then leaves nothing. */
export async function cached(entry: CacheEntry): Promise<string> {
  const target = join(entry.cache, entry.name);
  if (await exists(target)) return target;
  await mkdir(entry.cache, { recursive: true });
  const unlock = await lock(`${target}.lock`, target, entry.onWait ?? (() => {}));
  try {
    if (await exists(target)) return target;
    await removeAbandoned(entry);
    const making = await mkdtemp(join(entry.cache, `.making-${entry.name}-`));
    try {
      await entry.make(making);
      await rename(making, target);
    } catch (error) {
      await rm(making, { recursive: true, force: true });
      if (!(await exists(target))) throw error;
    }
    return target;
  } finally {
    await unlock();
  }
}

/** Takes the lock, or returns without it once `target` exists. */
async function lock(path: string, target: string, onWait: () => void): Promise<() => Promise<void>> {
  const giveUpAtMs = Date.now() + LOCK_WAIT_LIMIT_MS;
  for (let waited = false; !(await tryLock(path)); waited = true) {
    if (await exists(target)) return async () => {};
    if (!waited) onWait();
    const touchedMs = await stat(path).then(
      (found) => found.mtimeMs,
      () => Date.now(),
    );
    if (Date.now() - touchedMs > LOCK_STALE_MS) await rm(path, { recursive: true, force: true });
    if (Date.now() > giveUpAtMs) throw new Error(`${path} is still held by another process after 10 minutes`);
    await sleep(LOCK_POLL_MS);
  }
  const refresh = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, LOCK_REFRESH_MS).unref();
  return async () => {
    clearInterval(refresh);
    await rm(path, { recursive: true, force: true });
  };
}

async function tryLock(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Left behind by makers that were killed. */
async function removeAbandoned(entry: CacheEntry): Promise<void> {
  for (const name of await readdir(entry.cache)) {
    if (!name.startsWith(`.making-${entry.name}-`)) continue;
    const path = join(entry.cache, name);
    const changedMs = await stat(path).then(
      (found) => found.mtimeMs,
      () => Date.now(),
    );
    if (Date.now() - changedMs > ABANDONED_MS) await rm(path, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
