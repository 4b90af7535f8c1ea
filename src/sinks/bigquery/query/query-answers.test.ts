/** An answer that says nothing is a lost one: asked for again, within bounds, and never a result of no rows. */
import { describe, expect, it, test } from 'vitest';
import { UnreachableError } from '../../../base/errors.ts';
import type { FixedSettings } from '../../../payments/types.ts';
import { requireItself } from '../../../processor/takeover/checkpoint-mark.ts';
import {
  type Answering,
  type Ask,
  CHANGE,
  DONE,
  DUPLICATE,
  kinds,
  LOST,
  NOT_FOUND,
  page,
  READ,
  RUNNING,
  startJobs,
} from '../testing/scripted-rest.ts';
import { OWNERSHIP_COLUMNS } from './ownership-rows.ts';
import { BigQueryQueries } from './queries.ts';
import type { RestError } from './rest-client.ts';

const whole = page('a');
const { rows: _, ...rowless } = whole;
const { schema: __, ...withoutSchema } = whole;
const { totalRows: ___, ...withoutTotal } = whole;

const UNUSABLE: readonly (readonly [string, object])[] = [
  ['is empty', {}],
  ['does not say that the job is complete', { ...whole, jobComplete: undefined }],
  ['says that it is not', { ...whole, jobComplete: false }],
  ['has no columns', withoutSchema],
  ['has an empty list of columns', { ...whole, schema: { fields: [] }, rows: [{ f: [] }] }],
  ['has a column without a name', { ...whole, schema: { fields: [{ type: 'STRING' }] } }],
  ['does not say how many rows there are', withoutTotal],
  ['says a number of rows that is none', { ...whole, totalRows: 'NaN' }],
  ['says less than no rows', { ...whole, totalRows: '-1', rows: [] }],
  ['says more rows than come', rowless],
  ['says fewer rows than come', { ...whole, totalRows: '0' }],
  ['has rows that are no list', { ...whole, rows: {} }],
  ['has a row without cells', { ...whole, rows: [{}] }],
  ['has a row with a cell too many', { ...whole, rows: [{ f: [{ v: 'a' }, { v: 'b' }] }] }],
  ['has a cell without a value', { ...whole, rows: [{ f: [{}] }] }],
  ['is of another job', { ...whole, jobReference: { jobId: 'another' } }],
  ['has no rows, and a token', { ...rowless, pageToken: 'next' }],
];

describe('an answer to a question for rows that', () => {
  it.each(UNUSABLE)('%s is asked for again, of the same job', async (_what, answer) => {
    const { jobs, asked, waits, run } = startJobs(({ kind }, all) => {
      if (kind === 'insert') return DONE;
      return kinds(all).filter((each) => each === 'results').length === 1 ? answer : whole;
    });
    expect((await run(jobs.read(READ))).rows).toEqual([['a']]);
    expect(kinds(asked)).toEqual(['insert', 'results', 'results']);
    expect(waits).toHaveLength(1);
  });

  it('has other columns than those that were selected is none', async () => {
    const other = { ...whole, schema: { fields: [{ name: 'y', type: 'STRING' }] } };
    const { jobs, run } = startJobs(({ kind }, all) => (kind === 'insert' ? DONE : all.length === 2 ? other : whole));
    expect((await run(jobs.read({ ...READ, columns: ['x'] }))).rows).toEqual([['a']]);
  });

  it('never comes otherwise ends the read as unreachable, with one job', async () => {
    const { jobs, asked, run } = startJobs(({ kind }) => (kind === 'insert' ? DONE : {}));
    await expect(run(jobs.read(READ))).rejects.toBeInstanceOf(UnreachableError);
    expect(kinds(asked).filter((kind) => kind === 'insert')).toHaveLength(1);
  });
});

describe('the pages of a result', () => {
  it('must be as many rows as the result has: a lost one makes the read start over, and the end is bounded', async () => {
    // The page in the middle is gone: its neighbours fit each other.
    const lossy: Answering = ({ kind, pageToken }) => {
      if (kind === 'insert') return DONE;
      return pageToken === undefined ? page('a', 'last', '3') : page('c', undefined, '3');
    };
    const once = startJobs((ask, all) => {
      if (ask.kind !== 'insert' && ask.jobId.endsWith('_2'))
        return ask.pageToken === undefined ? page('a', 'l') : page('b', undefined, '2');
      return lossy(ask, all);
    });
    expect((await once.run(once.jobs.read(READ))).rows).toEqual([['a'], ['b']]);

    const always = startJobs(lossy);
    await expect(always.run(always.jobs.read(READ))).rejects.toThrow(/5 jobs ran and none gave its result.*bq ls -j/);
    expect(kinds(always.asked).filter((kind) => kind === 'insert')).toHaveLength(5);
  });

  it.each([
    ['a token that leads to itself', page('b', 'second', '3')],
    ['a total that changes on the way', page('b', undefined, '7')],
  ])('with %s are asked for again', async (_what, answer) => {
    let isFirst = true;
    const { jobs, asked, run } = startJobs(({ kind, pageToken }) => {
      if (kind === 'insert') return DONE;
      if (pageToken === undefined) return page('a', 'second', '2');
      if (!isFirst) return page('b', undefined, '2');
      isFirst = false;
      return answer;
    });
    expect((await run(jobs.read(READ))).rows).toEqual([['a'], ['b']]);
    expect(kinds(asked)).toEqual(['insert', 'results', 'results', 'results']);
  });
});

describe('an answer about a job that', () => {
  it.each([
    ['is empty', {}],
    ['has a state that nobody knows', { status: { state: 'FINISHED' } }],
    ['is of another job', { ...DONE, jobReference: { jobId: 'another' } }],
  ])('%s says nothing: it is asked for again', async (_what, answer) => {
    const inserted = startJobs(({ kind }, all) => {
      if (kind === 'results') return whole;
      return all.length === 1 ? answer : DONE;
    });
    expect((await inserted.run(inserted.jobs.read(READ))).rows).toEqual([['a']]);
    expect(new Set(inserted.asked.map(({ jobId }) => jobId)).size).toBe(1);

    const polled = startJobs(({ kind }, all) => {
      if (kind === 'insert') return RUNNING;
      return kind === 'results' ? whole : kinds(all).filter((each) => each === 'get').length === 1 ? answer : DONE;
    });
    expect((await polled.run(polled.jobs.read(READ))).rows).toEqual([['a']]);
    expect(new Set(polled.asked.map(({ jobId }) => jobId)).size).toBe(1);
  });

  it('is empty leaves a change unknown: it is settled, not taken for done', async () => {
    const { jobs, asked, run } = startJobs(({ kind }) => (kind === 'insert' ? {} : DONE));
    await run(jobs.change(CHANGE));
    expect(kinds(asked)).toEqual(['insert', 'cancel', 'get']);
  });
});

describe('the jobs of one read', () => {
  it('are one, as long as nobody knows whether it arrived', async () => {
    const { jobs, asked, run } = startJobs(({ kind }, all) => {
      if (kind === 'results') return whole;
      if (kind === 'get') return all.filter((ask) => ask.kind === 'get').length < 4 ? LOST : DONE;
      return all.length < 4 ? LOST : DUPLICATE;
    });
    expect((await run(jobs.read(READ))).rows).toEqual([['a']]);
    expect(new Set(asked.map(({ jobId }) => jobId)).size).toBe(1);
  });

  it('are few, where none can be found again', async () => {
    const { jobs, asked, run } = startJobs(({ kind }) => (kind === 'insert' ? DONE : NOT_FOUND));
    await expect(run(jobs.read(READ))).rejects.toBeInstanceOf(UnreachableError);
    expect(kinds(asked).filter((kind) => kind === 'insert')).toHaveLength(5);
  });

  it('are few, where each takes longer than it may', async () => {
    const { jobs, asked, run } = startJobs(() => RUNNING, {}, { unreachableAfterMs: 600_000 });
    await expect(run(jobs.read(READ))).rejects.toThrow(/5 jobs ran and none gave its result/);
    expect(kinds(asked).filter((kind) => kind === 'insert')).toHaveLength(5);
  });
});

describe('a dataset in a region', () => {
  const HERE = 'europe-west1';
  /** As the service: a job is found only by those who name its location. */
  const regional: Answering = (ask, all) => {
    if (ask.kind !== 'insert') return ask.location === HERE ? (ask.kind === 'results' ? whole : DONE) : NOT_FOUND;
    const isAgain = all.some((before) => before !== ask && before.jobId === ask.jobId && before.kind === 'insert');
    return isAgain ? DUPLICATE : { ...RUNNING, jobReference: { jobId: ask.jobId, location: HERE } };
  };

  it('that nobody named is learned of the job', async () => {
    const { jobs, asked, run } = startJobs(regional);
    expect((await run(jobs.read(READ))).rows).toEqual([['a']]);
    await run(jobs.change(CHANGE));
    expect(kinds(asked)).toEqual(['insert', 'get', 'results', 'insert', 'get']);
  });

  it('that nobody named is learned of the dataset where the answer to the insertion was lost', async () => {
    const losing: Answering = (ask, all) => {
      const answer = regional(ask, all);
      return ask.kind === 'insert' && all.filter(({ kind }) => kind === 'insert').length === 1 ? LOST : answer;
    };
    const read = startJobs(losing, { jobLocation: async () => HERE });
    expect((await read.run(read.jobs.read(READ))).rows).toEqual([['a']]);
    expect(kinds(read.asked)).toEqual(['insert', 'insert', 'get', 'results']);
    const changed = startJobs(losing, { jobLocation: async () => HERE });
    await changed.run(changed.jobs.change(CHANGE));
    expect(kinds(changed.asked)).toEqual(['insert', 'cancel', 'get']);
    const awaited = startJobs(regional, { jobLocation: async () => HERE });
    await awaited.run(awaited.jobs.awaitEnd('someone_elses', 'a change'));
    expect(kinds(awaited.asked)).toEqual(['get']);
  });

  it('of another is awaited: to its failure too, and for as long as the service is away', async () => {
    const end = async (answers: readonly (object | RestError)[]) => {
      let next = 0;
      const { jobs, asked, run } = startJobs(() => answers[Math.min(next++, answers.length - 1)]!, {
        jobLocation: async () => HERE,
      });
      await run(jobs.awaitEnd('someone_elses', 'a change'));
      return kinds(asked);
    };
    const failure = { status: { state: 'DONE', errorResult: { reason: 'invalidQuery', message: 'no' } } };
    expect(await end([failure])).toEqual(['get']);
    expect(await end([LOST, LOST, DONE])).toEqual(['get', 'get', 'get']);
  });

  it('is waited for while nothing says where it is', async () => {
    let asks = 0;
    const jobLocation = async () => {
      asks += 1;
      if (asks < 3) throw LOST;
      return HERE;
    };
    const { jobs, asked, run } = startJobs(regional, { jobLocation });
    expect((await run(jobs.read(READ))).rows).toEqual([['a']]);
    expect(asked[0]).toMatchObject({ kind: 'insert', location: HERE });
  });

  it('is no reason to ask on where the insertion is refused: nothing was made', async () => {
    const { jobs, asked, run } = startJobs(() => NOT_FOUND);
    await expect(run(jobs.read(READ))).rejects.toMatchObject({ name: 'JobFailedError' });
    await expect(run(jobs.change(CHANGE))).rejects.toMatchObject({ name: 'JobFailedError' });
    expect(kinds(asked)).toEqual(['insert', 'insert']);
  });
});

const DATASET = { projectId: 'project', dataset: 'dataset' };
const CHECKPOINT =
  'owner writer_epoch next_offset watermark consumed accepted duplicates late rejected stream_offsets state_digest record_fingerprint kafka_partition';

/** Each read that a takeover hangs on, with the columns of its answer, and what no rows make of it. */
const READS: readonly (readonly [string, string, (queries: BigQueryQueries) => Promise<unknown>, unknown])[] = [
  ['ownership', OWNERSHIP_COLUMNS.join(' '), (queries) => queries.readOwnership('t'), []],
  ['topics', 'topic', (queries) => queries.topics(), []],
  ['checkpoints', CHECKPOINT, (queries) => queries.latestCheckpoint('t', 0), undefined],
  [
    'last offsets',
    'data_table kafka_partition last',
    (queries) => queries.tablesWithRows(['payment_exceptions'], 0, 0),
    new Set(),
  ],
  [
    'rows past a checkpoint',
    'kafka_partition cells bucket',
    (queries) => queries.rowsFrom('payment_exceptions', 0, 0),
    [],
  ],
  ['payments', 'payments bucket', (queries) => Array.fromAsync(queries.payments(0, 9, 0)), []],
];

/** What the service says when there are no rows. */
function noRows(columns: string): object {
  const fields = columns.split(' ').map((name) => ({ name, type: 'STRING' }));
  return { jobComplete: true, totalRows: '0', schema: { fields } };
}

function queriesOn(answer: Answering) {
  const { options, asked, run } = startJobs(answer);
  return { queries: new BigQueryQueries({ ...options, dataset: DATASET }), asked, run };
}

const isResults = ({ kind }: Ask): boolean => kind === 'results';

test.each(READS)(
  '%s: an empty answer is asked for again, an empty result is one',
  async (_name, columns, read, none) => {
    const { queries, asked, run } = queriesOn(({ kind }, all) => {
      if (kind === 'insert') return DONE;
      return all.filter(isResults).length <= 2 ? {} : noRows(columns);
    });
    expect(await run(read(queries))).toEqual(none);
    expect(asked.filter(isResults)).toHaveLength(3);
  },
);

test.each(READS)('%s: other columns than those asked for are no result', async (_name, columns, read, none) => {
  const { queries, asked, run } = queriesOn(({ kind }, all) => {
    if (kind === 'insert') return DONE;
    return all.filter(isResults).length === 1 ? noRows('another') : noRows(columns);
  });
  expect(await run(read(queries))).toEqual(none);
  expect(asked.filter(isResults)).toHaveLength(2);
});

test.each([
  ['null', {}],
  ['5', {}],
  ['{"epoch":2}', { epoch: 2 }],
])('checkpoints: one that says %s of itself is read, and contradicts its columns', async (of, read) => {
  const counts =
    '"payment_transactions":0,"payment_transactions_fraud":0,"payment_metrics_partials":0,"payment_exceptions":0';
  const cells = CHECKPOINT.split(' ').map((name) => {
    if (name === 'stream_offsets') return { v: `{${counts},"of":${of}}` };
    return { v: name === 'owner' || name === 'state_digest' ? 'x' : '0' };
  });
  const { queries, run } = queriesOn(({ kind }) =>
    kind === 'insert' ? DONE : { ...noRows(CHECKPOINT), totalRows: '1', rows: [{ f: cells }] },
  );
  const checkpoint = (await run(queries.latestCheckpoint('t', 0)))!;
  expect({ ...checkpoint.of }).toEqual(read);
  expect(() => requireItself(checkpoint, { fixed: {} as FixedSettings, epoch: 1 })).toThrow('is not as it was written');
});

test.each([
  ['checkpoints', CHECKPOINT, (queries: BigQueryQueries) => queries.latestCheckpoint('t', 0)],
  [
    'rows past a checkpoint',
    'kafka_partition cells bucket',
    (queries: BigQueryQueries) => queries.rowsFrom('payment_exceptions', 0, 0),
  ],
  ['payments', 'payments bucket', (queries: BigQueryQueries) => Array.fromAsync(queries.payments(0, 9, 0))],
])('%s: a cell that cannot be read is a contradiction with its code, and no crash', async (_name, columns, read) => {
  const names = columns.split(' ');
  const cells = names.map((name) => ({ v: name === 'kafka_partition' ? '0' : null }));
  const { queries, run } = queriesOn(({ kind }) =>
    kind === 'insert' ? DONE : { ...noRows(columns), totalRows: '1', rows: [{ f: cells }] },
  );
  await expect(run<unknown>(read(queries))).rejects.toMatchObject({
    name: 'ContradictionError',
    code: 'rows_differ',
    message: expect.stringMatching(/partition 0.*cannot be read/),
  });
});
