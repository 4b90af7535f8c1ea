import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { killAt } from './kill-at.ts';

const KILL_AT = new URL('./kill-at.ts', import.meta.url).href;
const POINTS = ['a.before', 'a.after'] as const;

/**
 * The ending of a process that reaches a.before three times, prints each time, and counts the SIGTERMs that it
 * receives.
 */
async function endOf(crashAt: string, listens: boolean) {
  const heard = listens ? `process.on('SIGTERM', () => ++terms);` : '';
  const source = `import { killAt } from '${KILL_AT}'; setInterval(() => {}, 1_000); let terms = 0; ${heard}
    const hit = killAt('${crashAt}', ['a.before', 'a.after']);
    for (let i = 1; i <= 3; i++) { await hit('a.before'); console.log(i); }
    process.exit(10 + terms);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (data) => {
    said += String(data);
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { code, signal, passed: said.split('\n').filter(Boolean).length };
}

test.each([
  ['a.before:2', true, { code: null, signal: 'SIGKILL', passed: 1 }],
  ['a.before', true, { code: null, signal: 'SIGKILL', passed: 0 }],
  ['a.after:1', true, { code: 10, signal: null, passed: 3 }],
  ['a.before:2:SIGTERM', true, { code: 11, signal: null, passed: 3 }],
  ['a.before:2:SIGTERM+SIGTERM', true, { code: 12, signal: null, passed: 3 }],
  ['a.before:2:SIGTERM', false, { code: null, signal: 'SIGTERM', passed: 1 }],
])('at %s (listening: %s) a process ends as %o', async (crashAt, listens, end) => {
  expect(await endOf(crashAt, listens)).toEqual(end);
});

test.each(['b.before', 'a.before:0', 'a.before:x', 'a.before:1:SIGHUP', 'a.before:1:SIGTERM:1'])(
  '%s is refused with what there is',
  (text) => {
    expect(() => killAt(text, POINTS)).toThrow(/it must be <point>:<n>.*SIGTERM\+SIGTERM.*a\.before, a\.after/);
  },
);

test('without the variable there is no code path', () => {
  expect(killAt(undefined, POINTS)).toBeUndefined();
  expect(killAt('', POINTS)).toBeUndefined();
});
