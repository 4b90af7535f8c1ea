/**
 * Files and directories under CHECKPOINT_LOCATION: accessible to the user of the process alone (0600, 0700), and never
 * reached through a link. The location itself may be a link: that is the operator's choice. A link below it was planted
 * by somebody else, and its target is neither read, written nor removed.
 */
import { chmodSync, closeSync, constants, lstatSync, openSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { makeDirectory } from './make-directory.ts';

export const OWN_FILE_MODE = 0o600;
export const OWN_DIRECTORY_MODE = 0o700;
/** Bits of a mode that give others access. */
const OTHERS = 0o077;

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_CREAT, O_EXCL, O_WRONLY } = constants;
/** Opening fails with ELOOP on a link, and does not wait for the other end of a pipe. */
export const OPEN_TO_READ = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
export const OPEN_TO_CHANGE = O_RDWR | O_NOFOLLOW | O_NONBLOCK;
/** A new file where there is none. */
export const OPEN_NEW = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;

/** Names that this program creates in a location, in this release or an earlier one. */
const OWN_NAMES: ReadonlySet<string> = new Set([
  'processor.lock',
  'processor.lock.json',
  'group-member.json',
  'group-member.json.new',
  'payment_transactions_raw',
]);

/**
 * Throws if something between the location and `path`, or `path` itself, is not a directory of ours. A missing one is
 * fine.
 */
export function requireOwnDirectories(location: string, path: string): void {
  let at = location;
  for (const name of relative(location, path).split(sep)) {
    at = join(at, name);
    const found = lstatSync(at, { throwIfNoEntry: false });
    if (found === undefined) return;
    if (found.isDirectory()) continue;
    const what = found.isSymbolicLink() ? 'a symbolic link' : 'not a directory';
    throw new Error(`${at} is ${what}, and was not made by provenonce: remove it`);
  }
}

/** Makes the directories from the location down to `path`, and closes existing ones to others. */
export function makeOwnDirectories(location: string, path: string): void {
  requireOwnDirectories(location, path);
  makeDirectory(path, OWN_DIRECTORY_MODE);
  let at = location;
  for (const name of relative(location, path).split(sep)) {
    at = join(at, name);
    shutOthersOut(at, OWN_DIRECTORY_MODE);
  }
}

/**
 * Makes the location if it is missing. One that an earlier release left open to others is closed, unless it also holds
 * other files: a directory with other uses is not ours to close, and our files in it are closed one by one.
 */
export function makeOwnLocation(location: string): void {
  makeDirectory(location, OWN_DIRECTORY_MODE);
  const names = readdirSync(location);
  if (names.length > 0 && names.every((name) => OWN_NAMES.has(name))) shutOthersOut(location, OWN_DIRECTORY_MODE);
  const states = join(location, 'payment_transactions_raw');
  if (lstatSync(states, { throwIfNoEntry: false })?.isDirectory()) shutOthersOut(states, OWN_DIRECTORY_MODE);
}

/**
 * An empty file where there is none; throws if there is a link or anything but a file. An existing file is not opened:
 * closing it would drop the locks that this process has on it.
 */
export function makeOwnFile(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) {
    closeSync(openSync(path, OPEN_NEW, OWN_FILE_MODE));
    return;
  }
  if (!found.isFile()) throw new Error(`${path} is not a file, and was not made by provenonce: remove it`);
  shutOthersOut(path, OWN_FILE_MODE);
}

/** Removes everything in a directory of ours except one name; links are removed, never followed. */
export function clearDirectory(directory: string, keep: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.name === keep) continue;
    const path = join(directory, entry.name);
    if (entry.isDirectory()) rmSync(path, { force: true, recursive: true });
    else unlinkSync(path);
  }
}

/** Whether an error says that a path is a link. */
export function isLinkError(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ELOOP';
}

/** If the owner is another, or the file system cannot do it, the mode stays. `path` is known not to be a link. */
function shutOthersOut(path: string, mode: number): void {
  try {
    if ((lstatSync(path).mode & OTHERS) !== 0) chmodSync(path, mode);
  } catch {
    // A volume whose root is another user's, or one that is mounted read-only: the processor works without it.
  }
}
