/**
 * Runs statements as jobs with our own ids, without the cache. Looks a job up by its id after a lost answer. Concludes
 * nothing from a missing or an empty answer (job-answers.ts). Retries reads while the service is away, under the same
 * id as long as their job may exist.
 * Invariant: when the call of a change returns, the change is DONE or can never be applied.
 */
import { UnreachableError } from '../../../base/errors.ts';
import type { Runtime } from '../../../base/runtime.ts';
import { spanText } from '../../../base/span-text.ts';
import {
  IncompleteResultError,
  type JobAnswer,
  type ReadPage,
  type ResultField,
  type ResultPage,
  ResultReader,
  readJobAnswer,
} from './job-answers.ts';
import { EarlierJobFailedError, isDone, isFruitless, isLostJob, JobFailedError } from './job-errors.ts';
import type { QueryParameter } from './query-values.ts';
import { type RestCalls, RestError } from './rest-client.ts';
import { Patience, type WaitingObserver, type WaitLimits } from './waiting.ts';

export { IncompleteResultError, type ResultField, type ResultPage } from './job-answers.ts';
export { EarlierJobFailedError, JobFailedError } from './job-errors.ts';

export interface QueryJobLimits extends WaitLimits {
  readonly jobTimeoutMs: number;
}

export interface QueryJobOptions extends WaitingObserver {
  readonly rest: RestCalls;
  readonly runtime: Runtime;
  readonly limits: QueryJobLimits;
  /** SQL of a change without effect. Inserted under the id of a job that must no longer run. */
  readonly nothing: string;
}

export interface Statement {
  /** For messages, as `claim of payments`. */
  readonly what: string;
  readonly sql: string;
  readonly parameters?: readonly QueryParameter[];
  /** Names of the columns that a read selects. An answer with other columns counts as lost. */
  readonly columns?: readonly string[];
}

interface Job {
  readonly id: string;
  /** From the answer to its insertion, otherwise the dataset's; undefined if neither is known. */
  readonly location: string | undefined;
}

type Start = { readonly started: 'done' | 'running' | 'was there'; readonly job: Job };

const POLL_MIN_MS = 20;
const POLL_MAX_MS = 1_000;
/**
 * Maximum of jobs of one read that ran, were billed, and gave no result; and of requests for a last page that stays
 * incomplete.
 */
const FRUITLESS_JOBS_MAX = 5;
const LAST_PAGE_ASKS_MAX = 3;

export class QueryJobs {
  readonly #options: QueryJobOptions;

  constructor(options: QueryJobOptions) {
    this.#options = options;
  }

  /** All rows of a read; a read that is lost half way starts over. For results of bounded size. */
  async read(statement: Statement, pageRows = 5_000): Promise<ResultPage> {
    const patience = this.patience(statement.what);
    for (let fruitless = 0; ; ) {
      try {
        let fields: readonly ResultField[] = [];
        const rows: (readonly unknown[])[] = [];
        for await (const page of this.pages(statement, pageRows, patience)) {
          fields = page.fields;
          for (const row of page.rows) rows.push(row);
        }
        patience.success();
        return { fields, rows };
      } catch (error) {
        fruitless = this.countFruitless(statement, fruitless, error);
        await patience.wait(this.transient(error));
      }
    }
  }

  /**
   * One job of a read, page by page. Retries a lost answer while the job exists and `patience` lasts. The caller passes
   * the patience, so that all jobs of a read together wait no longer than one would, and calls its success(). Rejects
   * with RestError; `transient` tells the caller whether to start over, `countFruitless` limits how often.
   */
  async *pages(statement: Statement, pageRows: number, patience: Patience): AsyncIterable<ResultPage> {
    const job = await this.#begin(statement, patience);
    const reader = new ResultReader(job.id, statement.columns);
    // The next page is on its way while the caller works on this one.
    let next: Promise<ReadPage> | undefined = this.#pageAgain(job, reader, pageRows, undefined, patience);
    while (next !== undefined) {
      const { nextToken, ...page }: ReadPage = await next;
      next = nextToken === undefined ? undefined : this.#pageAgain(job, reader, pageRows, nextToken, patience);
      next?.catch(() => {}); // a caller that stops here never awaits it
      yield page;
    }
  }

  /**
   * Number of jobs of a read that ran without a result, including this error's. Throws UnreachableError at the limit:
   * each is billed.
   */
  countFruitless({ what }: Statement, before: number, error: unknown): number {
    if (!(error instanceof RestError) || !isFruitless(error)) return before;
    if (before + 1 < FRUITLESS_JOBS_MAX) return before + 1;
    throw new UnreachableError(
      `bigquery: ${what}: ${before + 1} jobs ran and none gave its result; last error: ${error.message}. Look at the jobs of this ` +
        'project in the location of the dataset (`bq ls -j`), then start again',
      { cause: error },
    );
  }

  /** Runs a read's job until DONE. Resends it under its id while its arrival is uncertain: it cannot run twice. */
  async #begin(statement: Statement, patience: Patience): Promise<Job> {
    const asked = { id: this.#newJobId(), location: await this.#again(patience, () => this.#datasetLocation()) };
    const { started, job } = await this.#again(patience, () => this.#start(asked, statement, true));
    if (started !== 'done') await this.#untilDone(job, patience);
    return job;
  }

  /** Retries until there is an answer. Rejects with an error that a retry cannot help: the job failed or is gone. */
  async #again<T>(patience: Patience, ask: () => Promise<T>): Promise<T> {
    for (let incomplete = 0; ; ) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof RestError) || error instanceof JobFailedError) throw error;
        if (!error.isTransient || isLostJob(error)) throw error;
        if (error instanceof IncompleteResultError && ++incomplete >= LAST_PAGE_ASKS_MAX) throw error;
        await patience.wait(error);
      }
    }
  }

  #pageAgain(job: Job, reader: ResultReader, pageRows: number, pageToken: string | undefined, patience: Patience) {
    return this.#again(patience, async () => reader.read(await this.#page(job, pageRows, pageToken), pageToken));
  }

  #page({ id, location }: Job, pageRows: number, pageToken: string | undefined): Promise<unknown> {
    return this.#options.rest.request({
      method: 'GET',
      path: `/queries/${id}`,
      query: {
        maxResults: pageRows,
        'formatOptions.useInt64Timestamp': true,
        ...named({ location }),
        ...named({ pageToken }),
      },
    });
  }

  /** Returns the error if a retry may help, otherwise throws it. A vanished job means that the emulator restarted. */
  transient(error: unknown): RestError {
    if (error instanceof RestError && (error.isTransient || isLostJob(error))) return error;
    throw error;
  }

  patience(what: string): Patience {
    const { runtime, limits } = this.#options;
    return new Patience(runtime, limits, this.#options, { service: 'bigquery', what });
  }

  /**
   * Runs a change that may safely be repeated (its WHERE names what it expects). Returns when the change is DONE or can
   * never be applied: the caller reads the result back.
   */
  async change(statement: Statement): Promise<void> {
    const patience = this.patience(statement.what);
    for (;;) {
      const failure = await this.changeOnce(this.#newJobId(), statement);
      if (failure === undefined) return patience.success();
      await patience.wait(this.transient(failure));
    }
  }

  /**
   * One job under this id, run to its end; if it exists already, its end is awaited. Resolves with its error, if any.
   */
  async changeOnce(jobId: string, statement: Statement): Promise<RestError | undefined> {
    let wasThere = false;
    let job: Job = { id: jobId, location: undefined };
    try {
      // The job was not sent yet, so a failure here leaves nothing to settle.
      job = { id: jobId, location: await this.#datasetLocation() };
    } catch (error) {
      if (error instanceof RestError) return error;
      throw error;
    }
    try {
      const start = await this.#start(job, statement);
      job = start.job;
      wasThere = start.started === 'was there';
      if (start.started !== 'done') await this.#untilDone(job);
      return undefined;
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      if (error instanceof JobFailedError) return wasThere ? new EarlierJobFailedError(error) : error;
      if (!error.isTransient && !isLostJob(error)) return error;
      await this.#settle(job, statement.what);
      return undefined;
    }
  }

  /**
   * Like changeOnce, under the first id `<prefix>_<n>`, n from `from` on, that no earlier failed job has used: an id
   * runs once, and the cause of the failure may be gone. Resolves with the next number, and the job's error, if any.
   */
  async changeUnderNextId(prefix: string, from: number, statement: Statement) {
    for (let number = from; ; number++) {
      const failure = await this.changeOnce(`${prefix}_${number}`, statement);
      if (!(failure instanceof EarlierJobFailedError)) return { next: number + 1, failure };
    }
  }

  /**
   * Returns when the job under this id can no longer have an effect. Does not cancel it: awaits its end if it runs; if
   * it never arrived, takes its id with a job that does nothing.
   */
  async awaitEnd(jobId: string, what: string): Promise<void> {
    const patience = this.patience(`end of ${what}`);
    const job = { id: jobId, location: await this.#again(patience, () => this.#datasetLocation()) };
    for (;;) {
      try {
        return await this.#untilDone(job);
      } catch (error) {
        if (error instanceof JobFailedError) return;
        if (!(error instanceof RestError)) throw error;
        if (error.isNotFound && (await this.#bar(job, what))) return;
        await patience.wait(error);
      }
    }
  }

  #newJobId(): string {
    return `provenonce_${this.#options.runtime.uuid()}`;
  }

  async #datasetLocation(): Promise<string | undefined> {
    const { rest } = this.#options;
    return rest.jobLocation === undefined ? rest.location : rest.jobLocation();
  }

  /** Inserts the job. It is then DONE, runs, or was there before, in any state. A read may be sent twice. */
  async #start(job: Job, statement: Statement, isRead = false): Promise<Start> {
    const { rest, limits } = this.#options;
    const { id, location } = job;
    let answer: unknown;
    try {
      answer = await rest.request({
        method: 'POST',
        path: '/jobs',
        isRepeatable: isRead,
        body: {
          jobReference: { jobId: id, ...named({ location }) },
          configuration: {
            jobTimeoutMs: String(limits.jobTimeoutMs),
            query: {
              query: statement.sql,
              useLegacySql: false,
              useQueryCache: false,
              parameterMode: 'NAMED',
              queryParameters: statement.parameters ?? [],
            },
          },
        },
      });
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      if (error.isDuplicate) return { started: 'was there', job };
      // No job was created: the dataset or project does not exist. (NOT_FOUND of a known job means that it is lost.)
      if (error.isNotFound) throw new JobFailedError(`${statement.what} (${id}): ${error.message}`, 'notFound');
      throw error;
    }
    const read = readJobAnswer(answer, id);
    const started = isDone(read, id, statement.what) ? 'done' : 'running';
    return { started, job: { id, location: read.location ?? location } };
  }

  /** Retries lost answers if there is a `patience`; otherwise rejects. */
  async #untilDone(job: Job, patience?: Patience): Promise<void> {
    const { runtime, limits } = this.#options;
    let pauseMs = POLL_MIN_MS;
    for (let waitedMs = 0; waitedMs < limits.jobTimeoutMs; waitedMs += pauseMs) {
      const look = async () => isDone(await this.#look(job), job.id, 'job');
      if (await (patience === undefined ? look() : this.#again(patience, look))) return;
      await runtime.sleep(pauseMs);
      pauseMs = Math.min(POLL_MAX_MS, pauseMs * 2);
    }
    throw new RestError(`job ${job.id} is not done after ${spanText(limits.jobTimeoutMs)}`, undefined, 'timeout');
  }

  async #look({ id, location }: Job): Promise<JobAnswer> {
    const answer = await this.#options.rest.request({
      method: 'GET',
      path: `/jobs/${id}`,
      query: named({ location }),
    });
    return readJobAnswer(answer, id);
  }

  /**
   * Returns when the job can no longer have an effect: it was cancelled and is DONE, or it never arrived and a job that
   * does nothing took its id. (An emulator takes an id twice, but runs changes one after the other: ours is the last.)
   */
  async #settle(job: Job, what: string): Promise<void> {
    const patience = this.patience(`end of ${what}`);
    for (;;) {
      try {
        await this.#cancel(job);
        await this.#untilDone(job);
        return;
      } catch (error) {
        if (error instanceof JobFailedError) return;
        if (error instanceof RestError && error.isNotFound && (await this.#bar(job, what))) return;
        await patience.wait(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }

  /** Ignores the answer's content: the caller then polls the job until its end. */
  async #cancel({ id, location }: Job): Promise<void> {
    await this.#options.rest.request({
      method: 'POST',
      path: `/jobs/${id}/cancel`,
      query: named({ location }),
      mayBeEmpty: true,
    });
  }

  async #bar(job: Job, what: string): Promise<boolean> {
    try {
      return (await this.#start(job, { what: `end of ${what}`, sql: this.#options.nothing })).started === 'done';
    } catch (error) {
      return error instanceof JobFailedError;
    }
  }
}

/** The members that have a value. */
function named<K extends string>(member: Readonly<Record<K, string | undefined>>): Partial<Record<K, string>> {
  return Object.fromEntries(Object.entries(member).filter(([, value]) => value !== undefined)) as Partial<
    Record<K, string>
  >;
}
