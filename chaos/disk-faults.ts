/**
 * Faults of a processor's local state on the disk. Those that change files need the processor to be down;
 * `disk_read_only` may come at any time, and lasts.
 */
import { execFile } from 'node:child_process';
import { chmod, copyFile, open, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { type AppliedFault, doneAtOnce, lasting } from './applied-fault.ts';
import type { ChaosTarget } from './chaos-target.ts';
import type { FaultOf } from './fault.ts';

export async function applyDiskFault(
  fault: FaultOf<'disk' | 'disk_read_only'>,
  target: ChaosTarget,
): Promise<AppliedFault> {
  const location = target.checkpointOf(fault.process);
  if (fault.what === 'disk_read_only') return readOnly(location);
  const isRunning = (): boolean => {
    try {
      return target.processor(fault.process).running;
    } catch {
      return false; // never started
    }
  };
  if (isRunning()) throw new Error(`processor ${fault.process} is running: its files cannot be changed under it`);
  return doneAtOnce({ files: await damage(fault, location) });
}

/** How many files were changed; throws where there was none to change. */
async function damage({ effect, at = 0.5 }: FaultOf<'disk'>, location: string): Promise<number> {
  const files = await stateFiles(location);
  if (files.length === 0) throw new Error(`${location} holds no state that could be damaged`);
  switch (effect) {
    case 'lost':
      await rm(location, { recursive: true });
      return files.length;
    case 'truncated':
      for (const file of files) await truncate(file, Math.floor((await stat(file)).size / 2));
      return files.length;
    case 'corrupted':
      for (const file of files) await flipBit(file, at);
      return files.length;
    case 'foreign':
      return swap(files, location);
    case 'stale':
      throw new Error('a stale local state exists in the simulated world only');
    default:
      return effect satisfies never;
  }
}

/** Data files of all partitions, in the order of their paths. */
export async function stateFiles(location: string): Promise<string[]> {
  const found = await readdir(location, { recursive: true, withFileTypes: true }).catch(() => []);
  return found
    .filter((entry) => entry.isFile() && entry.name.endsWith('.journal'))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

async function flipBit(file: string, at: number): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    const { size } = await handle.stat();
    const position = Math.min(size - 1, Math.floor(size * at));
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, position);
    buffer[0]! ^= 1;
    await handle.write(buffer, 0, 1, position);
  } finally {
    await handle.close();
  }
}

async function swap(files: readonly string[], location: string): Promise<number> {
  const [first, second] = files;
  if (first === undefined || second === undefined) throw new Error(`${location} holds only one partition's state`);
  const aside = `${first}.aside`;
  await copyFile(first, aside);
  await copyFile(second, first);
  await copyFile(aside, second);
  await rm(aside);
  return 2;
}

/** Permissions hold back everyone but root; for root the files are marked immutable. Throws where neither works. */
export async function readOnly(location: string): Promise<AppliedFault> {
  const paths = [location, ...(await everythingIn(location))];
  // A process that works there removes files meanwhile.
  const looked = await Promise.all(
    paths.map(async (each) => {
      const found = await stat(each).catch(() => undefined);
      return found === undefined ? undefined : { each, mode: found.mode };
    }),
  );
  const modes = looked.filter((one) => one !== undefined);
  const isRoot = process.getuid?.() === 0;
  const mark = (sign: '+' | '-'): Promise<unknown> => promisify(execFile)('chattr', ['-R', `${sign}i`, location]);
  const heal = async (): Promise<void> => {
    if (isRoot) await mark('-').catch(() => {}); // not marked, where marking did not work
    for (const { each, mode } of modes) await chmod(each, mode).catch(() => {}); // it may be gone
  };
  for (const { each, mode } of modes) await chmod(each, mode & ~0o222).catch(() => {}); // found out below
  if (isRoot) await mark('+').catch(() => {}); // found out below
  if (await canWrite(location)) {
    await heal();
    throw new Error(`${location} cannot be made read-only here: run as another user than root, or where chattr works`);
  }
  return lasting(heal, () => ({ paths: paths.length }));
}

async function everythingIn(location: string): Promise<string[]> {
  const found = await readdir(location, { recursive: true, withFileTypes: true });
  return found.map((entry) => path.join(entry.parentPath, entry.name));
}

async function canWrite(location: string): Promise<boolean> {
  const probe = path.join(location, 'probe');
  try {
    await writeFile(probe, '');
    await rm(probe);
    return true;
  } catch {
    return false;
  }
}
