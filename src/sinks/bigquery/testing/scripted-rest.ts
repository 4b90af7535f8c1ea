/** QueryJobs on a REST service whose every answer a test gives, in virtual time. */
import { setImmediate as turn } from 'node:timers/promises';
import { QueryJobs } from '../query/query-job.ts';
import { type RestCalls, RestError, type RestRequest } from '../query/rest-client.ts';
import type { Waiting } from '../query/waiting.ts';
import { VirtualRuntime } from './virtual-runtime.ts';

export const NOTHING = 'UPDATE nothing';
export const LIMITS = { backoffMinMs: 100, backoffMaxMs: 1_000, unreachableAfterMs: 30_000, jobTimeoutMs: 10_000 };
export const LOST = new RestError('socket hang up', undefined, undefined);
export const NOT_FOUND = new RestError('Not found: Job', 404, 'notFound');
export const DUPLICATE = new RestError('Already Exists: Job', 409, 'duplicate');
export const DONE = { status: { state: 'DONE' } };
export const RUNNING = { status: { state: 'RUNNING' } };

export function failed(reason: string, message: string): object {
  return { status: { state: 'DONE', errorResult: { reason, message } } };
}

export interface Ask {
  readonly kind: 'insert' | 'get' | 'cancel' | 'results';
  readonly jobId: string;
  readonly sql: string | undefined;
  readonly pageToken: unknown;
  /** The location that the call names. */
  readonly location: unknown;
}

export type Answering = (ask: Ask, all: readonly Ask[]) => object | RestError;

/** RestCalls that answer each request as the test says, and write down what was asked. */
export function scriptedRest(answer: Answering): { readonly rest: RestCalls; readonly asked: Ask[] } {
  const asked: Ask[] = [];
  const rest: RestCalls = {
    location: undefined,
    async request<T>(request: RestRequest): Promise<T> {
      const ask = readAsk(request);
      asked.push(ask);
      const result = answer(ask, asked);
      if (result instanceof RestError) throw result;
      return result as T;
    },
  };
  return { rest, asked };
}

/** Query jobs on such a service; `more` takes the place of what its REST has. */
export function startJobs(answer: Answering, more: Partial<RestCalls> = {}, limits: Partial<typeof LIMITS> = {}) {
  const { rest, asked } = scriptedRest(answer);
  const runtime = new VirtualRuntime();
  let ids = 0;
  const waits: Waiting[] = [];
  const options = {
    rest: { ...rest, ...more },
    runtime: {
      nowMs: () => 0,
      monotonicMs: () => runtime.monotonicMs(),
      random: () => 0.5,
      uuid: () => `${++ids}`,
      sleep: (ms: number, signal?: AbortSignal) => runtime.sleep(ms, signal),
    },
    limits: { ...LIMITS, ...limits },
    nothing: NOTHING,
    onWaiting: (waiting: Waiting) => waits.push(waiting),
  };
  /** Lets time pass until the promise is settled. */
  const run = async <T>(promise: Promise<T>): Promise<T> => {
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    promise.then(over, over);
    for (let i = 0; i < 500 && !isOver; i++) {
      await turn(); // gathered reads begin with a turn of the event loop
      await runtime.advance(500);
    }
    return promise;
  };
  return { jobs: new QueryJobs(options), options, asked, waits, run };
}

function readAsk({ method, path, query, body }: RestRequest): Ask {
  const job = body as
    | { jobReference: { jobId: string; location?: string }; configuration: { query: { query: string } } }
    | undefined;
  if (job !== undefined) {
    const { jobId, location } = job.jobReference;
    return { kind: 'insert', jobId, sql: job.configuration.query.query, pageToken: undefined, location };
  }
  const jobId = path.split('/')[2]!;
  const kind = method === 'POST' ? 'cancel' : path.startsWith('/queries') ? 'results' : 'get';
  return { kind, jobId, sql: undefined, pageToken: query?.pageToken, location: query?.location };
}

export function kinds(asked: readonly Ask[]): string[] {
  return asked.map(({ kind }) => kind);
}

/** A page of one row of one column; the first of two where it has a token. */
export function page(value: string, pageToken?: string, totalRows = pageToken === undefined ? '1' : '2') {
  return {
    jobComplete: true,
    schema: { fields: [{ name: 'x', type: 'STRING' }] },
    rows: [{ f: [{ v: value }] }],
    totalRows,
    ...(pageToken === undefined ? {} : { pageToken }),
  };
}

export const READ = { what: 'read', sql: 'SELECT x' };
export const CHANGE = { what: 'claim', sql: 'UPDATE x' };
