import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ChaosTarget } from './chaos-target.ts';
import { applyProcessFault, clockEnv, FULL_DISK_ENV } from './process-faults.ts';

/** Answers every line: says what time it is, or whether it could write a file of that size. */
const PROGRAM = `
  const { writeFileSync } = require('node:fs');
  console.log('ready');
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    if (line === 'time') return console.log(String(Date.now() - 0) + ' ' + String(new Date().getTime()));
    try { writeFileSync(line, 'x'.repeat(100)); console.log('written'); } catch (error) { console.log(error.code); }
  });`;

let folder: string;
let child: ChildProcess;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'provenonce-chaos-'));
});

afterEach(async () => {
  child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

async function start(env: Readonly<Record<string, string>> = {}): Promise<(line: string) => Promise<string>> {
  child = spawn(process.execPath, ['-e', PROGRAM], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const heard = async (): Promise<string> => String((await lines.next()).value);
  expect(await heard()).toBe('ready');
  return (line) => {
    child.stdin!.write(`${line}\n`);
    return heard();
  };
}

function apply(fault: Parameters<typeof applyProcessFault>[0]) {
  const exited = once(child, 'close');
  const process = {
    pid: child.pid,
    running: child.exitCode === null && child.signalCode === null,
    kill: () => child.kill('SIGKILL') && exited,
    stop: () => child.kill('SIGTERM') && exited,
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    signal: (signal: NodeJS.Signals) => child.kill(signal),
  };
  return applyProcessFault(fault, { processor: () => process } as unknown as ChaosTarget);
}

test('a kill is SIGKILL, and over when the process is gone', async () => {
  await start();
  const { isOver, counts } = await apply({ what: 'crash', process: 'p' });
  expect([child.signalCode, isOver, counts()]).toEqual(['SIGKILL', true, { kills: 1 }]);
});

test('a paused process says nothing until it is healed', async () => {
  const ask = await start();
  const { heal } = await apply({ what: 'pause', process: 'p' });
  const answer = ask('time');
  const first = await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 150, 'silence'))]);
  expect(first).toBe('silence');
  await heal();
  expect(await answer).toMatch(/^\d+ \d+$/);
});

test('on a full disk writes fail, the process lives, and healed they work again', async () => {
  const ask = await start(FULL_DISK_ENV);
  const file = path.join(folder, 'file');
  expect(await ask(file)).toBe('written');
  const { heal } = await apply({ what: 'disk_full', process: 'p' });
  expect(await ask(file)).toBe('EFBIG');
  await heal();
  expect(await ask(file)).toBe('written');
});

test('a clock is off from the start, jumps, and jumps back', async () => {
  const hourMs = 3_600_000;
  const ask = await start(clockEnv({ offMs: -hourMs, jumpMs: 10 * hourMs }));
  const offHours = async (): Promise<number[]> =>
    (await ask('time')).split(' ').map((ms) => Math.round((Number(ms) - Date.now()) / hourMs));
  /** A signal may arrive after the question. */
  const untilOff = async (hours: number): Promise<void> => {
    while ((await offHours()).join() !== `${hours},${hours}`);
  };
  expect(await offHours()).toEqual([-1, -1]);
  const { heal } = await apply({ what: 'clock_toggle', process: 'p' });
  await untilOff(9);
  await heal();
  await untilOff(-1);
});

test('what is done to a process that is gone did not happen', async () => {
  await start();
  child.kill('SIGKILL');
  await once(child, 'exit');
  await expect(apply({ what: 'pause', process: 'p' })).rejects.toThrow('not running');
});
