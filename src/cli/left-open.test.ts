import { execFile } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';

const MAIN = path.join(import.meta.dirname, 'main.ts');
/** A server that nobody closes, like an open connection. */
const LEFT_OPEN = `data:text/javascript,import net from 'node:net'; net.createServer().listen(0, '127.0.0.1');`;

function ending(
  args: readonly string[],
): Promise<{ readonly code: number | string | undefined; readonly said: string }> {
  return new Promise((resolve) => {
    const all = ['--import', LEFT_OPEN, MAIN, ...args];
    execFile(process.execPath, all, { timeout: 25_000 }, (error, stdout) => {
      resolve({ code: error === null ? 0 : (error.code ?? error.signal ?? undefined), said: stdout.trim() });
    });
  });
}

test.concurrent.each([
  ['that succeeded', ['--version'], 0],
  ['that failed', ['verify', '--no-such-option'], 64],
] as const)('a command %s ends in spite of open handles', async (_, args, code) => {
  expect((await ending(args)).code).toBe(code);
});
