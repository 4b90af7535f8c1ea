/**
 * Faults of the machine under one processor: no more file descriptors, no more memory, names that do not resolve. Each is done
 * to that process alone.
 *
 * Files and memory are limits set from outside with prlimit (RLIMIT_NOFILE, RLIMIT_AS), or with a memory cgroup: what the process
 * has it keeps, and the next thing that it asks for is refused. Names are resolved inside, so the process must be started
 * with NAMES_ENV, and must know its services by name.
 */
import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { type AppliedFault, doneAtOnce, lasting } from './applied-fault.ts';
import type { ChaosTarget, ProcessTarget, ServiceName } from './chaos-target.ts';
import type { FaultOf, MemoryLimit } from './fault.ts';
import { setLibcClock } from './libc-clock.ts';
import { limitMemory } from './memory-cgroup.ts';
import { type NamesTrouble, namesFile } from './preload/names-file.ts';
import { preload } from './process-faults.ts';
import { until } from './until.ts';

/** Environment of a processor that has so little for its objects. */
export function smallHeap(mebibytes: number): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: `--max-old-space-size=${mebibytes}` };
}

/** Environment of a processor whose names can be troubled. */
export const NAMES_ENV: Readonly<Record<string, string>> = { NODE_OPTIONS: preload('names.ts') };

export async function applyHostFault(
  fault: FaultOf<'out_of_files' | 'out_of_memory' | 'names' | 'libc_clock'>,
  target: ChaosTarget,
): Promise<AppliedFault> {
  const process = target.processor(fault.process);
  if (!process.running) throw new Error(`processor ${fault.process} is not running`);
  switch (fault.what) {
    case 'out_of_files':
      return outOfFiles(process, fault.cut ?? [], target);
    case 'out_of_memory':
      return outOfMemory(process, fault.by);
    case 'names':
      return troubledNames(process, target.checkpointOf(fault.process), fault);
    case 'libc_clock':
      await setLibcClock(fault.file, fault.aheadMs);
      return fault.stays ? doneAtOnce({ jumps: 1 }) : lasting(() => setLibcClock(fault.file, 0));
    default:
      return fault satisfies never;
  }
}

async function outOfFiles(
  process: ProcessTarget,
  cut: readonly ServiceName[],
  target: ChaosTarget,
): Promise<AppliedFault> {
  const refused = process.countLines('EMFILE');
  const before = await softLimit(process.pid, 'Max open files');
  // Below every descriptor that it has: the lowest that is free is always past the limit.
  await prlimit(process.pid, '--nofile=3:');
  for (const service of cut) target.proxies[service].network.cut();
  const { hit, stop } = until(() => refused.lines > 0);
  const heal = async (): Promise<void> => {
    stop();
    if (process.running) await prlimit(process.pid, `--nofile=${before}:`);
  };
  return { hit, isOver: false, heal, counts: () => ({ refusalsSaid: refused.lines }) };
}

async function outOfMemory(process: ProcessTarget, by: MemoryLimit): Promise<AppliedFault> {
  // V8 says so last; of the kernel's kill there is only the signal.
  const said = process.countLines('out of memory');
  const lift = by === 'cgroup' ? await limitMemory(process.pid) : await limits[by](process);
  let deaths = 0;
  const { promise: hit, resolve } = Promise.withResolvers<void>();
  process.exited.then(({ signal }) => {
    if (signal === null || (by === 'heap' && said.lines === 0)) return; // it ended otherwise
    deaths++;
    resolve();
  });
  return { hit, isOver: true, heal: lift, counts: () => ({ deaths }) };
}

const limits: Readonly<
  Record<Exclude<MemoryLimit, 'cgroup'>, (process: ProcessTarget) => Promise<() => Promise<void>>>
> = {
  'address-space': limitAddressSpace,
  heap: async () => async () => {},
};

async function limitAddressSpace(process: ProcessTarget): Promise<() => Promise<void>> {
  // What it has mapped now: no page more.
  const kibibytes = Number(await statusOf(process.pid, 'VmSize'));
  await prlimit(process.pid, `--as=${kibibytes * 1024}:`);
  return async () => {
    if (process.running) await prlimit(process.pid, '--as=unlimited:');
  };
}

async function troubledNames(process: ProcessTarget, checkpoint: string, trouble: NamesTrouble): Promise<AppliedFault> {
  const { delayMs, error } = trouble;
  const troubled = process.countLines('chaos: name ');
  const file = namesFile(checkpoint);
  const said = { ...(delayMs === undefined ? {} : { delayMs }), ...(error === undefined ? {} : { error }) };
  await writeFile(file, JSON.stringify(said));
  const { hit, stop } = until(() => troubled.lines > 0);
  const heal = async (): Promise<void> => {
    stop();
    await rm(file, { force: true });
  };
  return { hit, isOver: false, heal, counts: () => ({ lookupsTroubled: troubled.lines }) };
}

/** Soft limits alone: a hard one could not be raised again. */
async function prlimit(pid: number, limit: string): Promise<void> {
  await promisify(execFile)('prlimit', ['--pid', String(pid), limit]);
}

/** A field of /proc/PID/status, without its unit. */
async function statusOf(pid: number, field: string): Promise<string> {
  const value = new RegExp(`^${field}:\\s*(\\S+)`, 'm').exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (value === undefined) throw new Error(`/proc/${pid}/status says no ${field}`);
  return value;
}

async function softLimit(pid: number, name: string): Promise<string> {
  const value = new RegExp(`^${name}\\s+(\\S+)`, 'm').exec(await readFile(`/proc/${pid}/limits`, 'utf8'))?.[1];
  if (value === undefined) throw new Error(`/proc/${pid}/limits says no ${name}`);
  return value;
}
