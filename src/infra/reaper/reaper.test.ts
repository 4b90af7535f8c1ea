import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Reaper } from './reaper.ts';

const REAPER_MODULE = new URL('./reaper.ts', import.meta.url).href;
const NEVER_ENDING = 'setInterval(() => {}, 1000)';

interface Owner {
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly childPid: number;
  readonly directory: string;
}

/**
 * A process in its own process group that runs `first`, keeps one child and one directory, and then runs `afterwards`.
 */
async function startOwner(afterwards: string, first = ''): Promise<Owner> {
  const directory = await mkdtemp(join(tmpdir(), 'provenonce-reaper-test-'));
  const program = `
    import { Reaper } from ${JSON.stringify(REAPER_MODULE)};
    ${first}
    const reaper = new Reaper();
    await reaper.removeAtEnd(${JSON.stringify(directory)});
    const child = await reaper.spawn({
      command: process.execPath, args: ['-e', ${JSON.stringify(NEVER_ENDING)}], env: process.env,
      cwd: ${JSON.stringify(directory)}, logFile: ${JSON.stringify(join(directory, 'log'))},
    });
    console.log(child.pid);
    ${afterwards}`;
  const owner = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = await new Promise<string[]>((resolve, reject) => {
    createInterface({ input: owner.stdout }).once('line', (text) => resolve([text]));
    owner.once('exit', () => reject(new Error('the owner ended before it had a child')));
  });
  return { kill: (signal) => process.kill(-owner.pid!, signal), childPid: Number(line), directory };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function expectNothingLeft({ childPid, directory }: Owner): Promise<void> {
  await expect.poll(() => isAlive(childPid), { timeout: 10_000 }).toBe(false);
  await expect.poll(() => existsSync(directory), { timeout: 10_000 }).toBe(false);
}

test('kill -9 of the owner ends its children and removes their data', async () => {
  const owner = await startOwner(NEVER_ENDING);
  expect(isAlive(owner.childPid)).toBe(true);
  owner.kill('SIGKILL');
  await expectNothingLeft(owner);
});

test('Ctrl-C to the whole process group leaves the children to an owner who wants to finish first', async () => {
  const owner = await startOwner(NEVER_ENDING, `process.on('SIGINT', () => {});`);
  owner.kill('SIGINT');
  await sleep(300);
  expect(isAlive(owner.childPid)).toBe(true);
  owner.kill('SIGKILL');
  await expectNothingLeft(owner);
});

test('Ctrl-C to an owner who does not listen ends everything', async () => {
  const owner = await startOwner(NEVER_ENDING);
  owner.kill('SIGINT');
  await expectNothingLeft(owner);
});

test('an owner who forgets to end its reaper still ends, and the children with it', async () => {
  await expectNothingLeft(await startOwner(''));
});

test('an owner who crashes takes the children along', async () => {
  await expectNothingLeft(await startOwner(`setTimeout(() => process.abort(), 10)`));
});

test('a kept process can be signalled, says how it ended, and its output is in its log', async () => {
  const reaper = new Reaper();
  const directory = await mkdtemp(join(tmpdir(), 'provenonce-reaper-test-'));
  const logFile = join(directory, 'log');
  await reaper.removeAtEnd(directory);
  const program = `console.log('up'); ${NEVER_ENDING}`;
  const kept = await reaper.spawn({
    command: process.execPath,
    args: ['-e', program],
    env: {},
    cwd: directory,
    logFile,
  });
  await expect.poll(() => readFile(logFile, 'utf8'), { timeout: 10_000 }).toBe('up\n');
  await kept.signal('SIGTERM');
  expect(await kept.exited).toBe('killed by SIGTERM');
  expect(kept.running).toBe(false);
  await kept.signal('SIGTERM');
  await reaper.end();
  expect(existsSync(directory)).toBe(false);
});

test('a command that does not exist is an error, not a crash', async () => {
  const reaper = new Reaper();
  const request = { command: '/nowhere/at/all', args: [], env: {}, cwd: tmpdir(), logFile: '/dev/null' };
  await expect(reaper.spawn(request)).rejects.toThrow('ENOENT');
  await reaper.end();
});
