/**
 * Statements as jobs with ids of our own, without the cache. A job whose answer was lost is looked up by its id; nothing is
 * concluded from silence. Reads are asked again while the service is away; a change is either DONE or certain never to be
 * applied when its call returns.
 */
import type { Runtime } from '../processor/ports.ts';
import type { QueryParameter } from './query-values.ts';
import { type RestCalls, RestError } from './rest-client.ts';
import { Patience, type WaitingObserver, type WaitLimits } from './waiting.ts';

export interface QueryJobLimits extends WaitLimits {
  readonly jobTimeoutMs: number;
}

export interface QueryJobOptions extends WaitingObserver {
  readonly rest: RestCalls;
  readonly runtime: Runtime;
  readonly limits: QueryJobLimits;
  /** Inserted under the id of a job that must not run any more: a change that changes nothing. */
  readonly nothing: string;
}

export interface Statement {
  /** For messages, as `claim of payments`. */
  readonly what: string;
  readonly sql: string;
  readonly parameters?: readonly QueryParameter[];
}

/** `name` and `type` of a result's column. */
export interface ResultField {
  readonly name: string;
  readonly type: string;
}

export interface ResultPage {
  readonly fields: readonly ResultField[];
  /** Cells by column: text, or null. */
  readonly rows: readonly (readonly unknown[])[];
}

interface JobResource {
  readonly status?: { readonly state?: string; readonly errorResult?: { reason?: string; message?: string } };
}

interface ResultsResource {
  readonly jobComplete?: boolean;
  readonly schema?: { readonly fields?: readonly ResultField[] };
  readonly rows?: readonly { readonly f: readonly { readonly v: unknown }[] }[];
  readonly pageToken?: string;
}

const POLL_MIN_MS = 20;
const POLL_MAX_MS = 1_000;

export class QueryJobs {
  readonly #options: QueryJobOptions;

  constructor(options: QueryJobOptions) {
    this.#options = options;
  }

  /** All rows of a read; a read that is lost half way starts over. For results of bounded size. */
  async read(statement: Statement, pageRows = 5_000): Promise<ResultPage> {
    const patience = this.patience(statement.what);
    for (;;) {
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
        await patience.wait(this.transient(error));
      }
    }
  }

  /**
   * One attempt at a read, page by page; a page that is lost on its way is asked for again while the job is there, as long
   * as the patience lasts, which is the caller's: so all attempts together wait no longer than one would. What counts as a
   * success is the caller's to say. Rejects with RestError; `transient` says whether to start over.
   */
  async *pages(statement: Statement, pageRows: number, patience: Patience): AsyncIterable<ResultPage> {
    const jobId = this.#newJobId();
    if ((await this.#start(jobId, statement)) !== 'done') await this.#untilDone(jobId);
    // The next page is on its way while the caller works on this one.
    let next: Promise<ResultsResource> | undefined = this.#pageAgain(jobId, pageRows, undefined, patience);
    while (next !== undefined) {
      const { jobComplete, schema, rows, pageToken }: ResultsResource = await next;
      if (jobComplete === false) throw new RestError(`job ${jobId} is not complete`, 503, undefined);
      next = pageToken === undefined ? undefined : this.#pageAgain(jobId, pageRows, pageToken, patience);
      next?.catch(() => {}); // a caller that stops here never awaits it
      yield { fields: schema?.fields ?? [], rows: (rows ?? []).map((row) => row.f.map((cell) => cell.v)) };
    }
  }

  /** A page that has no answer, or one that says later; a job that is gone rejects. */
  async #pageAgain(jobId: string, pageRows: number, pageToken: string | undefined, patience: Patience) {
    for (;;) {
      try {
        return await this.#page(jobId, pageRows, pageToken);
      } catch (error) {
        if (!(error instanceof RestError) || !error.isTransient || isLostJob(error)) throw error;
        await patience.wait(error);
      }
    }
  }

  #page(jobId: string, pageRows: number, pageToken: string | undefined): Promise<ResultsResource> {
    return this.#options.rest.request({
      method: 'GET',
      path: `/queries/${jobId}`,
      query: {
        maxResults: pageRows,
        'formatOptions.useInt64Timestamp': true,
        ...this.#location(),
        ...(pageToken === undefined ? {} : { pageToken }),
      },
    });
  }

  /** The error to wait out; throws what no repetition helps against. A vanished job is a restarted emulator. */
  transient(error: unknown): RestError {
    if (error instanceof RestError && (error.isTransient || isLostJob(error))) return error;
    throw error;
  }

  patience(what: string): Patience {
    const { runtime, limits } = this.#options;
    return new Patience(runtime, limits, this.#options, { service: 'bigquery', what });
  }

  /**
   * A change that may safely be repeated (its WHERE names what it expects). Returns when it is DONE, or certain never to be
   * applied: the caller reads back what holds.
   */
  async change(statement: Statement): Promise<void> {
    const patience = this.patience(statement.what);
    for (;;) {
      const failure = await this.changeOnce(this.#newJobId(), statement);
      if (failure === undefined) return patience.success();
      await patience.wait(this.transient(failure));
    }
  }

  /** One job under this id, run to its end; if it exists already, its end is awaited. Resolves with its error, if any. */
  async changeOnce(jobId: string, statement: Statement): Promise<RestError | undefined> {
    let wasThere = false;
    try {
      const started = await this.#start(jobId, statement);
      wasThere = started === 'was there';
      if (started !== 'done') await this.#untilDone(jobId);
      return undefined;
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      if (error instanceof JobFailedError) return wasThere ? new EarlierJobFailedError(error) : error;
      if (!error.isTransient && !isLostJob(error)) return error;
      await this.#settle(jobId, statement.what);
      return undefined;
    }
  }

  /**
   * The same under the first of the ids `<prefix>_<n>`, n from `from` on, that no failed job of before has used up: what failed
   * it may be mended since, and an id runs once. Resolves with the number after it, and the job's error, if any.
   */
  async changeUnderNextId(prefix: string, from: number, statement: Statement) {
    for (let number = from; ; number++) {
      const failure = await this.changeOnce(`${prefix}_${number}`, statement);
      if (!(failure instanceof EarlierJobFailedError)) return { next: number + 1, failure };
    }
  }

  /**
   * Returns when the job under this id can have no effect any more, without disturbing it: awaited where it runs, and where
   * it never arrived, its id is taken by a job that does nothing.
   */
  async awaitEnd(jobId: string, what: string): Promise<void> {
    const patience = this.patience(`end of ${what}`);
    for (;;) {
      try {
        return await this.#untilDone(jobId);
      } catch (error) {
        if (error instanceof JobFailedError) return;
        if (!(error instanceof RestError)) throw error;
        const statement = { what: `end of ${what}`, sql: this.#options.nothing };
        if (error.isNotFound && (await this.#bar(jobId, statement))) return;
        await patience.wait(error);
      }
    }
  }

  #newJobId(): string {
    return `provenonce_${this.#options.runtime.uuid()}`;
  }

  #location(): { readonly location?: string } {
    const { location } = this.#options.rest;
    return location === undefined ? {} : { location };
  }

  /** Inserts the job: it is DONE with the answer, or runs, or was there already, whatever has become of it. */
  async #start(jobId: string, statement: Statement): Promise<'done' | 'running' | 'was there'> {
    const { rest, limits } = this.#options;
    try {
      const job = await rest.request<JobResource>({
        method: 'POST',
        path: '/jobs',
        body: {
          jobReference: { jobId, ...this.#location() },
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
      return isDone(job, jobId, statement.what) ? 'done' : 'running';
    } catch (error) {
      if (error instanceof RestError && error.isDuplicate && !(error instanceof JobFailedError)) return 'was there';
      throw error;
    }
  }

  async #untilDone(jobId: string): Promise<void> {
    const { runtime, limits } = this.#options;
    let pauseMs = POLL_MIN_MS;
    for (let waitedMs = 0; waitedMs < limits.jobTimeoutMs; waitedMs += pauseMs) {
      if (isDone(await this.#job(jobId), jobId, 'job')) return;
      await runtime.sleep(pauseMs);
      pauseMs = Math.min(POLL_MAX_MS, pauseMs * 2);
    }
    throw new RestError(`job ${jobId} is not done after ${limits.jobTimeoutMs} ms`, undefined, undefined);
  }

  #job(jobId: string): Promise<JobResource> {
    return this.#options.rest.request({ method: 'GET', path: `/jobs/${jobId}`, query: this.#location() });
  }

  /**
   * Returns when the job can have no effect any more: cancelled and DONE, or, where it never arrived, its id taken by a job
   * that does nothing. (An emulator takes an id twice, but runs changes one after the other: ours is the last.)
   */
  async #settle(jobId: string, what: string): Promise<void> {
    const patience = this.patience(`end of ${what}`);
    const nothing = { what: `end of ${what}`, sql: this.#options.nothing };
    for (;;) {
      try {
        await this.#cancel(jobId);
        await this.#untilDone(jobId);
        return;
      } catch (error) {
        if (error instanceof JobFailedError) return;
        if (error instanceof RestError && error.isNotFound) {
          const barred = await this.#bar(jobId, nothing);
          if (barred) return;
        }
        await patience.wait(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }

  async #cancel(jobId: string): Promise<void> {
    await this.#options.rest.request({ method: 'POST', path: `/jobs/${jobId}/cancel`, query: this.#location() });
  }

  async #bar(jobId: string, nothing: Statement): Promise<boolean> {
    try {
      return (await this.#start(jobId, nothing)) === 'done';
    } catch (error) {
      return error instanceof JobFailedError;
    }
  }
}

/** The job is DONE, with an error. */
export class JobFailedError extends RestError {
  constructor(message: string, reason: string | undefined) {
    super(message, undefined, reason);
    this.name = 'JobFailedError';
  }

  override get isTransient(): boolean {
    // Without an HTTP status the base class would take every failure for a lost answer.
    return new RestError(this.message, 400, this.reason).isTransient;
  }
}

/** A job under this id was there before it was asked for now: what failed it may be mended since. */
export class EarlierJobFailedError extends JobFailedError {
  constructor(failure: JobFailedError) {
    super(failure.message, failure.reason);
    this.name = 'EarlierJobFailedError';
  }
}

function isDone(job: JobResource, jobId: string, what: string): boolean {
  if (job.status?.state !== 'DONE') return false;
  const error = job.status.errorResult;
  if (error) throw new JobFailedError(`${what} (${jobId}): ${error.message ?? 'no message'}`, error.reason);
  return true;
}

function isLostJob(error: RestError): boolean {
  return error.isNotFound && !(error instanceof JobFailedError);
}
