import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';

const FIXTURE = join(import.meta.dirname, 'processor-child.fixture.ts');

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

it('processors end with the lab that started them, when that gets a signal to stop', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'provenonce-child-'));
  const lab = spawn(process.execPath, [FIXTURE, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [said] = (await once(lab.stdout!, 'data')) as [Buffer];
    const pid = Number(said);
    expect(isAlive(pid)).toBe(true);
    const ended = once(lab, 'exit');
    lab.kill('SIGTERM');
    await ended;
    const limitMs = performance.now() + 5_000;
    while (isAlive(pid) && performance.now() < limitMs) await sleep(20);
    expect(isAlive(pid)).toBe(false);
  } finally {
    lab.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
});
