import { describe, expect, it } from 'vitest';
import { UnreachableError } from '../../../base/errors.ts';
import {
  CHANGE,
  DONE,
  DUPLICATE,
  failed,
  kinds,
  LOST,
  NOT_FOUND,
  NOTHING,
  page,
  READ,
  RUNNING,
  startJobs as start,
} from '../testing/scripted-rest.ts';
import { JobFailedError, QueryJobs } from './query-job.ts';
import { RestError, type RestRequest } from './rest-client.ts';

it('a job is inserted twice only where it reads: of a change, somebody asks which sending it was', async () => {
  const inserted: (boolean | undefined)[] = [];
  const request = async <T>({ method, isRepeatable }: RestRequest): Promise<T> => {
    if (method === 'POST') inserted.push(isRepeatable);
    return (method === 'POST' ? DONE : page('a', undefined)) as T;
  };
  const { jobs, run } = start(() => DONE, { request });
  await run(jobs.read(READ));
  await run(jobs.change(CHANGE));
  expect(inserted).toEqual([true, false]);
});

describe('reads', () => {
  it('wait for the job and gather its pages', async () => {
    let polls = 0;
    const { jobs, run } = start(({ kind, pageToken }) => {
      if (kind === 'insert') return RUNNING;
      if (kind === 'get') return ++polls < 3 ? RUNNING : DONE;
      return pageToken === undefined ? page('a', 'next') : page('b', undefined, '2');
    });
    expect((await run(jobs.read(READ))).rows).toEqual([['a'], ['b']]);
  });

  it('start over under a new id when the job vanishes half way, and give no row twice', async () => {
    const { jobs, asked, run } = start(({ kind, jobId, pageToken }) => {
      if (kind === 'insert') return DONE;
      if (pageToken === undefined) return page('a', 'next');
      return jobId.endsWith('1') ? NOT_FOUND : page('b', undefined, '2');
    });
    expect((await run(jobs.read(READ))).rows).toEqual([['a'], ['b']]);
    expect(new Set(asked.map(({ jobId }) => jobId)).size).toBe(2);
  });

  it('ask again for a page that was lost on its way, of the same job', async () => {
    let pages = 0;
    const { jobs, asked, waits, run } = start(({ kind, pageToken }) => {
      if (kind === 'insert') return DONE;
      if (pageToken === undefined) return page('a', 'next');
      return ++pages === 1 ? LOST : page('b', undefined, '2');
    });
    const found = run(
      (async () => {
        const rows: unknown[] = [];
        for await (const { rows: some } of jobs.pages(READ, 1, jobs.patience(READ.what))) rows.push(...some);
        return rows;
      })(),
    );
    expect(await found).toEqual([['a'], ['b']]);
    expect(new Set(asked.map(({ jobId }) => jobId)).size).toBe(1);
    expect(waits).toHaveLength(1);
  });

  it.each([
    ['no answer', LOST],
    ['an overloaded service', new RestError('try later', 503, 'backendError')],
    ['a quota', new RestError('slow down', 403, 'rateLimitExceeded')],
  ])('wait out %s, and say so', async (_, error) => {
    const { jobs, waits, run } = start(({ kind }, all) => {
      if (all.length < 3) return error;
      return kind === 'insert' ? DONE : page('a');
    });
    expect((await run(jobs.read(READ))).rows).toEqual([['a']]);
    expect(waits).toHaveLength(2);
    expect(waits[0]).toMatchObject({ service: 'bigquery', what: 'read', error: error.message });
  });

  it('are unreachable after the limit', async () => {
    const { jobs, run } = start(() => LOST);
    await expect(run(jobs.read(READ))).rejects.toBeInstanceOf(UnreachableError);
  });

  it('are unreachable after the limit also when each attempt got as far as waiting for its page', async () => {
    const refused = failed('invalidQuery', 'a fourth attempt');
    const { jobs, asked, run } = start(({ kind, jobId }, all) => {
      if (kind === 'insert') return jobId.endsWith('4') ? refused : DONE;
      // Twenty waits for the page of each job; then the job is gone.
      return all.filter((ask) => ask.kind === 'results' && ask.jobId === jobId).length <= 20 ? LOST : NOT_FOUND;
    });
    await expect(run(jobs.read(READ))).rejects.toBeInstanceOf(UnreachableError);
    expect(kinds(asked)).toContain('results');
  });

  it('fail at once on what no repetition helps against', async () => {
    const { jobs, asked, run } = start(() => failed('invalidQuery', 'Syntax error'));
    await expect(run(jobs.read(READ))).rejects.toBeInstanceOf(JobFailedError);
    expect(asked).toHaveLength(1);
  });
});

describe('a job that takes its time', () => {
  it.each(['read', 'change'] as const)('of a %s is asked for less and less often', async (what) => {
    const lookedAtMs: number[] = [];
    const { jobs, run, options } = start(({ kind }) => {
      if (kind === 'insert') return RUNNING;
      if (kind === 'results') return page('a', undefined);
      lookedAtMs.push(options.runtime.monotonicMs());
      return lookedAtMs.length < 5 ? RUNNING : DONE;
    });
    await (what === 'read' ? run(jobs.read(READ)) : run(jobs.change(CHANGE)));
    const pauses = lookedAtMs.slice(1).map((atMs, nth) => atMs - lookedAtMs[nth]!);
    expect(pauses).toHaveLength(4);
    expect(Math.min(...pauses)).toBeGreaterThan(0);
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
  });

  it('that failed and then was done is reported as recovered', async () => {
    let tries = 0;
    const recovered: string[] = [];
    const { options, run } = start(({ kind }) => {
      if (kind === 'insert') return ++tries === 1 ? LOST : DONE;
      return page('a', undefined);
    });
    const jobs = new QueryJobs({ ...options, onRecovered: ({ what }) => recovered.push(what) });
    await run(jobs.read(READ));
    expect(recovered).toEqual([READ.what]);
  });
});

describe('changes', () => {
  it('end when the job is done', async () => {
    const { jobs, asked, run } = start(({ kind }) => (kind === 'insert' ? RUNNING : DONE));
    await run(jobs.change(CHANGE));
    expect(kinds(asked)).toEqual(['insert', 'get']);
  });

  it('whose answer is lost are cancelled and awaited', async () => {
    let polls = 0;
    const { jobs, asked, run } = start(({ kind }) => {
      if (kind === 'insert') return LOST;
      if (kind === 'cancel') return {};
      return ++polls < 3 ? RUNNING : DONE;
    });
    await run(jobs.change(CHANGE));
    expect(kinds(asked)).toEqual(['insert', 'cancel', 'get', 'get', 'get']);
  });

  it('that time out are cancelled, and awaited for as long as that takes', async () => {
    let isCancelled = false;
    let pollsAfter = 0;
    const { jobs, asked, run } = start(({ kind }) => {
      if (kind === 'insert') return RUNNING;
      if (kind === 'cancel') {
        isCancelled = true;
        return {};
      }
      return isCancelled && ++pollsAfter > 30 ? DONE : RUNNING;
    });
    await run(jobs.change(CHANGE));
    expect(isCancelled).toBe(true);
    expect(asked.at(-1)!.kind).toBe('get');
    expect(pollsAfter).toBe(31);
  });

  it('that never arrived are barred: their id is taken by a job that changes nothing', async () => {
    const { jobs, asked, run } = start(({ kind, sql }) => {
      if (kind === 'insert') return sql === NOTHING ? DONE : LOST;
      return NOT_FOUND;
    });
    await run(jobs.change(CHANGE));
    expect(kinds(asked)).toEqual(['insert', 'cancel', 'insert']);
    expect(asked[2]).toMatchObject({ sql: NOTHING, jobId: asked[0]!.jobId });
  });

  it('that arrive late after all are noticed when their id cannot be barred, and awaited', async () => {
    let isThere = false;
    const { jobs, asked, run } = start(({ kind, sql }) => {
      if (kind === 'insert' && sql !== NOTHING) return LOST;
      if (kind === 'insert') {
        isThere = true;
        return DUPLICATE;
      }
      if (!isThere) return NOT_FOUND;
      return kind === 'cancel' ? {} : DONE;
    });
    await run(jobs.change(CHANGE));
    expect(kinds(asked)).toEqual(['insert', 'cancel', 'insert', 'cancel', 'get']);
  });

  it.each([
    'Could not serialize access to table x due to concurrent update',
    'Resources exceeded: Too many DML statements outstanding against table x, limit is 20',
  ])('that lost a race are repeated under a new id: %s', async (message) => {
    const { jobs, asked, run } = start((_, all) => (all.length === 1 ? failed('invalidQuery', message) : DONE));
    await run(jobs.change(CHANGE));
    expect(kinds(asked)).toEqual(['insert', 'insert']);
    expect(asked[0]!.jobId).not.toBe(asked[1]!.jobId);
  });

  it('that fail for a while are tried again after pauses that grow', async () => {
    const askedAtMs: number[] = [];
    const { jobs, run, options } = start(({ kind }) => {
      if (kind !== 'insert') return DONE;
      askedAtMs.push(options.runtime.monotonicMs());
      return askedAtMs.length < 4 ? failed('jobBackendError', 'try again') : DONE;
    });
    await run(jobs.change(CHANGE));
    expect(askedAtMs).toHaveLength(4);
    const pauses = askedAtMs.slice(1).map((atMs, nth) => atMs - askedAtMs[nth]!);
    expect(Math.min(...pauses)).toBeGreaterThan(0);
  });

  it('under an id that exists already await the job of that id', async () => {
    const { jobs, asked, run } = start(({ kind }) => (kind === 'insert' ? DUPLICATE : DONE));
    expect(await run(jobs.changeOnce('seed_0', CHANGE))).toBeUndefined();
    expect(kinds(asked)).toEqual(['insert', 'get']);
    expect(asked[1]!.jobId).toBe('seed_0');
  });

  it('under the next id step over jobs that failed before, and say what fails their own', async () => {
    const used = new Set(['seed_3', 'seed_4']);
    const denied = failed('accessDenied', 'Permission denied');
    const { jobs, asked, run } = start(({ kind, jobId }) => {
      if (kind === 'get') return denied;
      return used.has(jobId) ? DUPLICATE : denied;
    });
    const { next, failure } = await run(jobs.changeUnderNextId('seed', 3, CHANGE));
    expect(asked.map(({ jobId }) => jobId)).toEqual(['seed_3', 'seed_3', 'seed_4', 'seed_4', 'seed_5']);
    expect([next, failure?.message]).toEqual([6, expect.stringContaining('Permission denied')]);
  });

  it('under the next id take the end of a job that was there and did it', async () => {
    const { jobs, run } = start(({ kind }) => (kind === 'insert' ? DUPLICATE : DONE));
    expect(await run(jobs.changeUnderNextId('seed', 0, CHANGE))).toEqual({ next: 1, failure: undefined });
  });
});
