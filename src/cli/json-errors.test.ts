/** With --json there is exactly one document on standard output, after any ending. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

const MAIN = path.join(import.meta.dirname, 'main.ts');

function run(...args: string[]): Promise<{ readonly code: unknown; readonly stdout: string; readonly stderr: string }> {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME };
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, stdout, stderr });
    });
  });
}

test.concurrent.each([
  ['without configuration', ['verify', '--json'], 'configuration', 'KAFKA_BOOTSTRAP_SERVERS is not set'],
  ['with an option that does not exist', ['reconcile', '--json', '--nope'], 'usage', "unknown option '--nope'"],
  ['of the lab, for a scenario that does not exist', ['lab', 'run', 'nope', '--json'], 'configuration', 'nope'],
] as const)('a command %s', async (_, args, code, message) => {
  const { stdout, stderr, code: exitCode } = await run(...args);
  expect(exitCode).toBe(64);
  expect(JSON.parse(stdout)).toEqual({
    verdict: 'UNKNOWN',
    error: { code, exitCode: 64, message: expect.stringContaining(message) },
  });
  expect(stderr).toContain(message);
});

describe('the document', () => {
  let said: string[];
  beforeEach(() => {
    said = [];
    // The module remembers, once per process, whether a document was written.
    vi.resetModules();
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(String(text)) > 0);
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    process.exitCode = undefined;
  });
  /** The classes must be of the same load as the module that tests for them. */
  const load = async () => ({
    ...(await import('./exit.ts')),
    ...(await import('../base/errors.ts')),
    ...(await import('./print.ts')),
  });

  test('of a contradiction is a FAIL with its code, of a service that is away UNKNOWN', async () => {
    const { failWith, ContradictionError: Contradiction } = await load();
    failWith(new Contradiction('table_missing', 'payment_transactions is gone'), { json: true });
    expect(JSON.parse(said.join(''))).toEqual({
      verdict: 'FAIL',
      error: { code: 'table_missing', exitCode: 65, message: 'payment_transactions is gone' },
    });
    said.length = 0;
    vi.resetModules();
    const again = await load();
    again.failWith(new again.UnreachableError('no answer'), { json: true });
    expect(JSON.parse(said.join(''))).toMatchObject({
      verdict: 'UNKNOWN',
      error: { code: 'unreachable', exitCode: 69 },
    });
  });

  test('is the only one: a report that is out is not followed by another', async () => {
    const { failWith, printJson, ContradictionError: Contradiction } = await load();
    printJson({ verdict: 'FAIL' });
    failWith(new Contradiction('rows_lost', 'gone'), { json: true });
    expect(JSON.parse(said.join(''))).toEqual({ verdict: 'FAIL' });
    expect(process.exitCode).toBe(65);
  });

  test('is not written where nobody asked for it', async () => {
    const { failWith, ConfigurationError: Configuration } = await load();
    failWith(new Configuration(['x is not set']));
    expect(said).toEqual([]);
  });
});
