import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';

const EXIT = new URL('./exit.ts', import.meta.url).href;
const FIRST = new URL('./first-signals.ts', import.meta.url).href;

/** How a process that runs this ends after the first SIGTERM, sent once it has said so: its code and what killed it. */
async function endOf(script: string): Promise<{ code: number | null; signal: string | null }> {
  const source = `import { stopSignal } from '${EXIT}'; import { endOnSignals } from '${FIRST}'; setInterval(() => {}, 1000); ${script}; console.log('up');`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return { code, signal };
}

test('before a command listens, SIGTERM ends the process by a handler: the first process of a container has no default', async () => {
  expect(await endOf('endOnSignals()')).toEqual({ code: 143, signal: null });
});

test('a command that listens gets the first SIGTERM, and ends as it likes', async () => {
  const script = `endOnSignals(); stopSignal().addEventListener('abort', () => process.exit(7))`;
  expect(await endOf(script)).toEqual({ code: 7, signal: null });
});
