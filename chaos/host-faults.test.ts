import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ChaosTarget } from './chaos-target.ts';
import { applyHostFault, NAMES_ENV, smallHeap } from './host-faults.ts';

/** Answers every line: opens a file, connects, asks for a name in both ways, or takes memory until there is none. */
const PROGRAM = `
  const fs = require('node:fs');
  const dns = require('node:dns');
  const answers = {
    open: () => { try { fs.closeSync(fs.openSync('/dev/null')); return 'opened'; } catch (error) { return error.code; } },
    connect: () => new Promise((resolve) => {
      require('node:net').connect(1, '127.0.0.1').on('error', ({ code }) => resolve(code));
    }),
    callback: () => new Promise((resolve) => dns.lookup('localhost', (error) => resolve(error ? error.code : 'found'))),
    promise: () => dns.promises.lookup('localhost').then(() => 'found', ({ code }) => code),
    address: () => dns.promises.lookup('127.0.0.1').then(({ address }) => address),
    allocate: () => { for (const all = []; ; ) all.push(new Array(1000).fill(all.length + 0.5)); },
  };
  console.log('ready');
  require('node:readline').createInterface({ input: process.stdin }).on('line', async (line) => {
    console.log(await answers[line]());
  });`;

let folder: string;
let child: ChildProcess;
let ask: (line: string) => Promise<string>;
let counters: { readonly text: string; lines: number }[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'provenonce-chaos-'));
  counters = [];
});

afterEach(async () => {
  child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
  child = spawn(process.execPath, ['-e', PROGRAM], {
    env: { ...process.env, CHECKPOINT_LOCATION: path.join(folder, 'state'), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const count = (line: string): void => {
    for (const each of counters) if (line.includes(each.text)) each.lines++;
  };
  createInterface({ input: child.stderr! }).on('line', count);
  const output = createInterface({ input: child.stdout! }).on('line', count);
  const lines = output[Symbol.asyncIterator]();
  const heard = async (): Promise<string> => String((await lines.next()).value);
  expect(await heard()).toBe('ready');
  ask = (line) => {
    child.stdin!.write(`${line}\n`);
    return heard();
  };
}

function apply(fault: Parameters<typeof applyHostFault>[0]) {
  const target = {
    processor: () => ({
      pid: child.pid,
      get running() {
        return child.exitCode === null && child.signalCode === null;
      },
      exited: once(child, 'close').then(([code, signal]) => ({ code, signal })),
      countLines(text: string) {
        const counter = { text, lines: 0 };
        counters.push(counter);
        return counter;
      },
    }),
    checkpointOf: () => path.join(folder, 'state'),
  };
  return applyHostFault(fault, target as unknown as ChaosTarget);
}

test('without descriptors neither files nor connections open; the fault hits when that was logged, and heals', async () => {
  await start();
  expect(await ask('open')).toBe('opened');
  const { hit, heal, counts } = await apply({ what: 'out_of_files', process: 'p' });
  expect(counts()).toEqual({ refusalsSaid: 0 });
  expect(await ask('open')).toBe('EMFILE');
  expect(await ask('connect')).toBe('EMFILE');
  await hit;
  expect(counts()).toEqual({ refusalsSaid: 2 });
  await heal();
  expect([await ask('open'), await ask('connect')]).toEqual(['opened', 'ECONNREFUSED']);
});

test('without room in its address space a process dies when it asks for more, by no kill of ours', async () => {
  await start();
  const { hit, heal, counts } = await apply({ what: 'out_of_memory', process: 'p', by: 'address-space' });
  expect(counts()).toEqual({ deaths: 0 });
  child.stdin!.write('allocate\n');
  await hit;
  expect(counts()).toEqual({ deaths: 1 });
  expect(['SIGABRT', 'SIGTRAP', 'SIGILL', 'SIGSEGV']).toContain(child.signalCode);
  await heal();
});

test('a heap that is too small ends the process, and another end is not taken for it', async () => {
  await start(smallHeap(24));
  const { hit, isOver, counts } = await apply({ what: 'out_of_memory', process: 'p', by: 'heap' });
  child.stdin!.write('allocate\n');
  await hit;
  expect([isOver, counts(), child.signalCode]).toEqual([true, { deaths: 1 }, 'SIGABRT']);

  await start(smallHeap(24));
  const other = await apply({ what: 'out_of_memory', process: 'p', by: 'heap' });
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(other.counts()).toEqual({ deaths: 0 });
});

test('the kernel kills a process whose memory cgroup is full; where no group can be made, the error names it', async () => {
  await start();
  const limited = await apply({ what: 'out_of_memory', process: 'p', by: 'cgroup' }).catch(String);
  if (typeof limited === 'string') {
    expect(limited).toContain('no memory cgroup can be made here');
    expect(await ask('open'), 'and nothing was done to it').toBe('opened');
    return;
  }
  child.stdin!.write('allocate\n');
  await limited.hit;
  expect(child.signalCode).toBe('SIGKILL');
  await limited.heal();
});

test('names fail for as long as that lasts, in both ways of asking; addresses do not', async () => {
  await start(NAMES_ENV);
  expect([await ask('callback'), await ask('promise')]).toEqual(['found', 'found']);
  const { hit, heal, counts } = await apply({ what: 'names', process: 'p', error: 'EAI_AGAIN' });
  expect([await ask('callback'), await ask('promise')]).toEqual(['EAI_AGAIN', 'EAI_AGAIN']);
  expect(await ask('address')).toBe('127.0.0.1');
  await hit;
  expect(counts()).toEqual({ lookupsTroubled: 2 });
  await heal();
  expect([await ask('callback'), await ask('promise')]).toEqual(['found', 'found']);
});

test('names come late', async () => {
  await start(NAMES_ENV);
  const { heal } = await apply({ what: 'names', process: 'p', delayMs: 150 });
  for (const way of ['callback', 'promise']) {
    const startedMs = performance.now();
    expect(await ask(way)).toBe('found');
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(145);
  }
  await heal();
});
