/**
 * Owners by name: host, process and chance. Whether a process of this host is gone can be told from its name alone, which
 * helps where CHECKPOINT_LOCATION, and the note in it, was lost with it.
 */
import { hostname } from 'node:os';

export interface ThisProcess {
  readonly host: string;
  readonly pid: number;
  isRunning(pid: number): boolean;
}

export function ownerName(uuid: string, { host, pid }: ThisProcess = thisProcess): string {
  return `${host}-${pid}-${uuid.slice(0, 8)}`;
}

/**
 * Whether `name` is that of an owner on this host that is dead: its process is gone, or its number is ours, as in a
 * container that was started again. Says no where it cannot tell. Another machine of the same name would be taken for this one.
 */
export function isDeadOwner(name: string, ownName: string, own: ThisProcess = thisProcess): boolean {
  const match = /^(.+)-(\d{1,10})-[0-9a-f]{8}$/.exec(name);
  if (match === null || match[1] !== own.host || name === ownName) return false;
  const pid = Number(match[2]);
  return pid === own.pid || !own.isRunning(pid);
}

const thisProcess: ThisProcess = {
  host: hostname(),
  pid: process.pid,
  isRunning(pid) {
    try {
      process.kill(pid, 0); // asks, and sends nothing
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== 'ESRCH';
    }
  },
};
