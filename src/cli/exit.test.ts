import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import { OwnershipLostError } from '../base/errors.ts';
import { connectionRefused, kafkaError } from '../kafka/testing/kafka-errors.ts';
import { RestError } from '../sinks/bigquery/query/rest-client.ts';
import { StoreRefusedError } from '../sinks/delta/ports.ts';
import { failWith, StoppedBySignal } from './exit.ts';

const EXIT = new URL('./exit.ts', import.meta.url).href;
const FIRST = new URL('./first-signals.ts', import.meta.url).href;

/** Runs the script, sends SIGTERM once it is ready, and returns its exit code and what killed it. */
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

test('what waits for the stop learns which signal came, as an end that is not a bug', async () => {
  const isTold = `({ reason }) => reason.name === 'StoppedBySignal' && reason.signal === 'SIGTERM'`;
  const script = `const stop = stopSignal(); stop.addEventListener('abort', () => process.exit((${isTold})(stop) ? 9 : 8))`;
  expect(await endOf(script)).toEqual({ code: 9, signal: null });
});

/** The exit code of an error, and its text on standard error. */
function ending(error: unknown): { readonly code: unknown; readonly said: string } {
  const before = process.exitCode;
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    failWith(error);
    return { code: process.exitCode, said: write.mock.calls.map(([text]) => text).join('') };
  } finally {
    write.mockRestore();
    process.exitCode = before;
  }
}

const STACK = /^ +at /m;

test('a change that lost its partitions to processors ends with 64 and its advice: that is no bug', () => {
  const text =
    'topic payments: other processes claimed the partitions. Stop the processors, and run the command again.';
  expect(ending(new OwnershipLostError(text))).toEqual({ code: 64, said: `${text}\n` });
});

test('a store of Delta tables that refuses ends with 64 and what it says: that is no bug', () => {
  const text = 'the folder /lake does not exist: mount its disk, or make it with `mkdir -p`';
  expect(ending(new StoreRefusedError('bucket', text))).toEqual({ code: 64, said: `${text}\n` });
});

test('a command that a signal ended before it was done says so, with the code of the signal', () => {
  const { code, said } = ending(new StoppedBySignal('SIGTERM'));
  expect(code).toBe(143);
  expect(said).toMatch(/^SIGTERM received: .*Run it again.*\n$/);
});
const NAMES = 'check BIGQUERY_PROJECT and BIGQUERY_DATASET, or make the tables with `provenonce schema apply`';
const CREDENTIALS = 'check the credentials (Application Default Credentials) and their roles on project and dataset';

describe('a refusal of BigQuery that the operator can mend ends with 64 and says how', () => {
  test.for([
    ['a dataset or table that is not there', 404, 'notFound', NAMES],
    ['a job that found no table, and has no status', undefined, 'notFound', NAMES],
    ['no credentials', 401, 'required', CREDENTIALS],
    ['a missing role', 403, 'accessDenied', CREDENTIALS],
    ['a status of 403 without a reason', 403, undefined, CREDENTIALS],
    ['a job that may not read, and has no status', undefined, 'accessDenied', CREDENTIALS],
  ] as const)('%s', ([, status, reason, whatToDo]) => {
    expect(ending(new RestError('refused', status, reason))).toEqual({ code: 64, said: `refused: ${whatToDo}\n` });
  });
});

describe('a failure of BigQuery that may pass ends with 69, without a stack trace', () => {
  test.for([
    ['no answer', undefined, undefined, 'socket hang up'],
    ['an overloaded service', 503, 'backendError', 'try again later'],
    ['too many calls', 429, undefined, 'slow down'],
    ['a job that was stopped', 400, 'stopped', 'job stopped'],
    ['a statement that lost a race', 400, 'invalidQuery', 'Could not serialize access to table'],
  ] as const)('%s', ([, status, reason, message]) => {
    expect(ending(new RestError(message, status, reason))).toEqual({ code: 69, said: `${message}\n` });
  });

  // Waiting helps; other roles do not.
  test.for(['rateLimitExceeded', 'quotaExceeded'])('a status of 403 whose reason is %s', (reason) => {
    expect(ending(new RestError('exceeded', 403, reason))).toEqual({ code: 69, said: 'exceeded\n' });
  });
});

test('a statement that BigQuery cannot read is a bug of ours: 70, with the stack trace', () => {
  const { code, said } = ending(new RestError('Syntax error at [1:8]', 400, 'invalidQuery'));
  expect(code).toBe(70);
  expect(said).toMatch(STACK);
});

describe("an error of Kafka's client", () => {
  test('that no waiting mends ends with 64 and says what to do', () => {
    const { code, said } = ending(kafkaError('GROUP_AUTHORIZATION_FAILED', 'Not authorized to access group'));
    expect({ code, said }).toEqual({
      code: 64,
      said: expect.stringMatching(/^Kafka: Not authorized to access group: allow this user to Read .*\n$/),
    });
  });

  test('that may pass ends with 69 and tells its causes, without a stack trace', () => {
    const outer = Object.assign(new Error('gave up', { cause: connectionRefused }), {
      name: 'KafkaJSNumberOfRetriesExceeded',
    });
    expect(ending(outer)).toEqual({ code: 69, said: 'Kafka: gave up: connect ECONNREFUSED\n' });
  });

  test('counts by its name: the same message of another error is a bug', () => {
    const { code, said } = ending(new Error('connect ECONNREFUSED'));
    expect(code).toBe(70);
    expect(said).toMatch(STACK);
  });
});
