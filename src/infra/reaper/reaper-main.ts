/**
 * The reaper: a separate process, parent of the broker and the emulator, that briefly outlives the process that started
 * it.
 *
 * 1. Its standard input is a pipe that only the starting process holds. End of input, after any ending of that process
 *    (return, crash, kill -9), makes it kill all its children, remove their data and the labelled containers, and end.
 * 2. It runs in its own session: Ctrl-C at a terminal reaches only the starting process, not the reaper or its
 *   children.
 * 3. It receives commands as lines of JSON (reaper-protocol.ts) and imports nothing else, so that it starts in 50 ms.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { ReaperMessage, ReaperRequest } from './reaper-protocol.ts';

const children = new Map<number, ChildProcess>();
const directories: string[] = [];
const containerLabels: string[] = [];
let ending = false;

function say(message: ReaperMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function start(request: Extract<ReaperRequest, { op: 'spawn' }>): void {
  const log = openSync(request.logFile, 'a');
  const child = spawn(request.command, request.args, {
    env: request.env,
    cwd: request.cwd,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.once('error', (error) => say({ event: 'answer', id: request.id, error: error.message }));
  child.once('spawn', () => {
    const pid = child.pid!;
    children.set(pid, child);
    if (ending) child.kill('SIGKILL');
    child.once('exit', (code, signal) => {
      children.delete(pid);
      say({ event: 'exit', pid, code, signal });
    });
    say({ event: 'answer', id: request.id, pid });
  });
}

function serve(request: ReaperRequest): void {
  if (request.op === 'spawn') {
    start(request);
    return;
  }
  if (request.op === 'signal') children.get(request.pid)?.kill(request.signal);
  if (request.op === 'remove-at-end') directories.push(request.directory);
  if (request.op === 'remove-containers-at-end') containerLabels.push(request.label);
  say({ event: 'answer', id: request.id });
}

async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  const gone = [...children.values()].map((child) => new Promise((resolve) => child.once('exit', resolve)));
  for (const child of children.values()) child.kill('SIGKILL');
  await Promise.all(gone);
  for (const directory of directories) await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  for (const label of containerLabels) await removeContainers(label);
  process.exit(0);
}

async function removeContainers(label: string): Promise<void> {
  // Twice: a container whose creation was in flight when the starting process died may appear after the first look.
  for (const waitMs of [0, 1000]) {
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    const ids = (await docker('ps', '-aq', '--filter', `label=${label}`)).split('\n').filter(Boolean);
    if (ids.length > 0) await docker('rm', '-f', '-v', ...ids);
  }
}

function docker(...args: string[]): Promise<string> {
  return new Promise((resolve) => execFile('docker', args, { timeout: 30_000 }, (_error, stdout) => resolve(stdout)));
}

process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
process.on('SIGTERM', () => void end());
process.stdout.on('error', () => void end());
createInterface({ input: process.stdin })
  .on('line', (line) => serve(JSON.parse(line) as ReaperRequest))
  .on('close', () => void end());
