/**
 * Names of owners: host, process and a random part. From the name alone this host can tell that one of its processes is
 * gone. That helps when CHECKPOINT_LOCATION, and the note in it, was lost with the process.
 */
import { hostname } from 'node:os';

export interface ThisProcess {
  readonly host: string;
  readonly pid: number;
  isRunning(pid: number): boolean;
  /** Names of the owners that run in this process now. */
  readonly owners: ReadonlySet<string>;
}

/** A program may run several processors, each an owner of its own. */
const running = new Set<string>();

export function ownerName(uuid: string, { host, pid }: ThisProcess = thisProcess): string {
  return `${host}-${pid}-${uuid.slice(0, 8)}`;
}

/** Runs `work` as this owner: until it ends, no other processor of this process takes the owner for dead. */
export async function runAsOwner<T>(name: string, work: () => Promise<T>): Promise<T> {
  running.add(name);
  try {
    return await work();
  } finally {
    running.delete(name);
  }
}

/**
 * Whether `name` is a dead owner on this host: its process is gone, or its process id is now ours and no owner of that
 * name runs here, as in a restarted container. False if that cannot be determined. Another machine of the same name
 * would be taken for this one.
 */
export function isDeadOwner(name: string, ownName: string, own: ThisProcess = thisProcess): boolean {
  const match = /^(.+)-(\d{1,10})-[0-9a-f]{8}$/.exec(name);
  if (match === null || match[1] !== own.host || name === ownName) return false;
  const pid = Number(match[2]);
  return pid === own.pid ? !own.owners.has(name) : !own.isRunning(pid);
}

const thisProcess: ThisProcess = {
  host: hostname(),
  pid: process.pid,
  owners: running,
  isRunning(pid) {
    try {
      process.kill(pid, 0); // Signal 0 only tests whether the process exists.
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== 'ESRCH';
    }
  },
};
