/** Uncaught errors, in whole processes: the command reports them and ends with 70. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ENTRY } from '../base/launch.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
/** Nothing listens there: commands wait for it. */
const AWAY = {
  PATH: process.env.PATH,
  KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1',
  BIGQUERY_PROJECT: 'test-project',
  BIGQUERY_EMULATOR_HOST: '127.0.0.1:1',
  BIGQUERY_STORAGE_EMULATOR_HOST: '127.0.0.1:1',
  METRICS_PORT: '0',
  CHECKPOINT_LOCATION: '/dev/null/none',
  LOG_FORMAT: 'json',
};

interface Ending {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command in whose process `script` runs once `afterText` was printed on either output. */
function endOf(args: readonly string[], script: string, afterText: string, readsOn = true): Promise<Ending> {
  const preload = `data:text/javascript,${encodeURIComponent(`process.on('SIGUSR2', () => { ${script} })`)}`;
  const child = spawn(process.execPath, ['--import', preload, path.join(ROOT, ENTRY), ...args], { env: AWAY });
  const said = { stdout: '', stderr: '' };
  let isStruck = false;
  for (const output of ['stdout', 'stderr'] as const) {
    child[output].setEncoding('utf8').on('data', (part: string) => {
      said[output] += part;
      if (isStruck || !said[output].includes(afterText)) return;
      isStruck = true;
      if (!readsOn) child.stdout.destroy();
      child.kill('SIGUSR2');
    });
  }
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ code, ...said }));
  });
}

const LINE = /^a bug of provenonce ended this command \(exit code 70\): Error: struck\. Report it .*$/m;
const STACK = /^ {4,6}at /m;

test.each([
  ['an exception', `throw new Error('struck')`],
  ['a rejection', `Promise.reject(new Error('struck'))`],
])('process: %s that nobody caught is logged, told on standard error, and ends it with 70', async (_, script) => {
  const { code, stdout, stderr } = await endOf(['process'], script, 'metrics.listening');
  expect(code).toBe(70);
  expect(stderr).toMatch(LINE);
  expect(stderr).toMatch(STACK);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; level: string; error?: { message: string } });
  expect(lines.find(({ event }) => event === 'processor.bug')).toMatchObject({
    level: 'error',
    error: { message: 'struck' },
  });
});

test.each([['verify'], ['reconcile']])('%s: so does every other command', async (command) => {
  const { code, stderr } = await endOf([command], `throw new Error('struck')`, 'waiting for bigquery');
  expect({ code, stderr }).toEqual({ code: 70, stderr: expect.stringMatching(LINE) });
});

test('a reader of the output that goes away is no bug', async () => {
  const script = `process.stdout.write('a line')`;
  expect(await endOf(['verify'], script, 'waiting for bigquery', false)).toMatchObject({ code: 141 });
});
