/**
 * Counts a processor's requests to BigQuery: the lab's proxies stand between, inject nothing, and see every request.
 */
import { GrpcProxy } from '../../chaos/proxies/grpc-proxy.ts';
import { HttpProxy } from '../../chaos/proxies/http-proxy.ts';
import type { ExternalEndpoints } from '../../src/infra/types.ts';

/** BigQuery's minimum bill for a query, for each table that it names; on-demand pricing. */
export const BILLED_MIB_AT_LEAST = 10;

export interface Asked {
  /** Query jobs by statement and tables, for example `SELECT checkpoint_log`. */
  readonly jobs: Readonly<Record<string, number>>;
  /** Other requests over REST, for example `GET queries`. */
  readonly rest: Readonly<Record<string, number>>;
  /** Calls of the Storage Write API, AppendRows counted by its requests. */
  readonly write: Readonly<Record<string, number>>;
  readonly appendedBytes: number;
  readonly largestAppendBytes: number;
  /** Of the jobs, by their tables. */
  readonly billedMibAtLeast: number;
}

class Counts {
  readonly jobs: Record<string, number> = {};
  readonly rest: Record<string, number> = {};
  readonly write: Record<string, number> = {};
  appendedBytes = 0;
  largestAppendBytes = 0;
  billedMibAtLeast = 0;

  onRest(method: string, path: string, body: string): void {
    const sql = statementIn(method, path, body);
    if (sql === undefined) {
      count(this.rest, `${method} ${resourceOf(path)}`);
      return;
    }
    const { verb, tables } = statementKind(sql);
    count(this.jobs, [verb, ...tables].join(' '));
    if (verb !== 'CREATE') this.billedMibAtLeast += BILLED_MIB_AT_LEAST * Math.max(1, tables.length);
  }

  onWrite(method: string, byteLength: number): void {
    count(this.write, method);
    if (method !== 'AppendRows') return;
    this.appendedBytes += byteLength;
    this.largestAppendBytes = Math.max(this.largestAppendBytes, byteLength);
  }
}

export class AskedOfBigQuery implements AsyncDisposable {
  readonly #rest: HttpProxy;
  readonly #write: GrpcProxy;
  readonly #counts: { now: Counts };

  private constructor(rest: HttpProxy, write: GrpcProxy, counts: { now: Counts }) {
    this.#rest = rest;
    this.#write = write;
    this.#counts = counts;
  }

  static async before(
    services: Pick<ExternalEndpoints, 'bigqueryEmulatorHost' | 'bigqueryStorageEmulatorHost'>,
  ): Promise<AskedOfBigQuery> {
    const counts = { now: new Counts() };
    const rest = await HttpProxy.start(services.bigqueryEmulatorHost, {
      onRequest: ({ method, path, body }) => counts.now.onRest(method, path, body.toString('utf8')),
    });
    const write = await GrpcProxy.start(services.bigqueryStorageEmulatorHost, (method, request) =>
      counts.now.onWrite(method, request.length),
    );
    return new AskedOfBigQuery(rest, write, counts);
  }

  /** For the processor that is counted. */
  get settings(): Readonly<Record<string, string>> {
    return { BIGQUERY_EMULATOR_HOST: this.#rest.address, BIGQUERY_STORAGE_EMULATOR_HOST: this.#write.address };
  }

  /** Since the previous call. */
  take(): Asked {
    const taken = this.#counts.now;
    this.#counts.now = new Counts();
    return taken;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#rest.close(), this.#write.close()]);
  }
}

export function jobsIn({ jobs }: Asked): number {
  return Object.values(jobs).reduce((total, times) => total + times, 0);
}

/** The SQL of a request that inserts a query job; undefined for any other. */
function statementIn(method: string, path: string, body: string): string | undefined {
  if (method !== 'POST' || !/\/jobs(\?|$)/.test(path)) return undefined;
  const { configuration } = JSON.parse(body) as { configuration?: { query?: { query?: string } } };
  return configuration?.query?.query;
}

/** Its first word, and the tables that it names, each once. */
export function statementKind(sql: string): { readonly verb: string; readonly tables: readonly string[] } {
  const verb = /\b(SELECT|INSERT|UPDATE|DELETE|MERGE|CREATE)\b/i.exec(sql)?.[1]?.toUpperCase() ?? 'OTHER';
  const named = [...sql.matchAll(/`([^`]+)`/g)].map(([, name]) => name!.split('.').at(-1)!);
  return { verb, tables: [...new Set(named)].sort() };
}

/** For example `queries` of /bigquery/v2/projects/p/queries/job. */
function resourceOf(path: string): string {
  return /\/projects\/[^/]+\/([a-z]+)/i.exec(path)?.[1] ?? path;
}

function count(counts: Record<string, number>, what: string): void {
  counts[what] = (counts[what] ?? 0) + 1;
}
