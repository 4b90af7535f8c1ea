/**
 * A memory cgroup for one process that runs: the kernel kills it when it asks for more than the group may have. Version 2
 * where its memory controller is there, otherwise version 1. Throws where neither can be written to: as another user than
 * root, and in most containers.
 */
import { access, mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

interface Hierarchy {
  /** Where groups are made. */
  readonly root: string;
  readonly limit: string;
  /** Swapping would put the end off; not everywhere there. */
  readonly swap: readonly [file: string, value: (bytes: number) => number];
}

const HIERARCHIES: readonly Hierarchy[] = [
  { root: '/sys/fs/cgroup', limit: 'memory.max', swap: ['memory.swap.max', () => 0] },
  {
    root: '/sys/fs/cgroup/memory',
    limit: 'memory.limit_in_bytes',
    swap: ['memory.memsw.limit_in_bytes', (bytes) => bytes],
  },
];
/** Memory that was used before the process came into the group is not the group's: what may come on top. */
const ROOM_BYTES = 8 * 1024 * 1024;

/** Returns what lifts the limit. */
export async function limitMemory(pid: number): Promise<() => Promise<void>> {
  const problems: string[] = [];
  for (const { root, limit, swap } of HIERARCHIES) {
    const group = path.join(root, `provenonce-chaos-${pid}`);
    const home = await ownGroup(pid, root);
    try {
      await mkdir(group);
      // The kernel makes it with the group: where it is not, this is a folder like any other.
      await access(path.join(group, limit));
      await writeFile(path.join(group, limit), String(ROOM_BYTES));
      const [file, value] = swap;
      await writeFile(path.join(group, file), String(value(ROOM_BYTES))).catch(() => {});
      await writeFile(path.join(group, 'cgroup.procs'), String(pid));
      return async () => {
        // A process that lives goes back to where it was; a group with none in it can be removed.
        await writeFile(path.join(home, 'cgroup.procs'), String(pid)).catch(() => {});
        await rmdir(group);
      };
    } catch (error) {
      problems.push(String(error));
      await rmdir(group).catch(() => {}); // it was not made
    }
  }
  throw new Error(`no memory cgroup can be made here: ${problems.join('; ')}`);
}

/** Where the process is now. */
async function ownGroup(pid: number, root: string): Promise<string> {
  const controller = root.endsWith('/memory') ? 'memory' : '';
  const lines = (await readFile(`/proc/${pid}/cgroup`, 'utf8')).split('\n').map((line) => line.split(':'));
  const [, , below = '/'] = lines.find(([, controllers]) => controllers === controller) ?? [];
  return path.join(root, below);
}
