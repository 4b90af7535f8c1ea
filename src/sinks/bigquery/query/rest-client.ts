/** REST calls to BigQuery. @google-cloud/bigquery does authentication and transport; query-job.ts waits and retries. */
import { BigQuery, type BigQueryOptions } from '@google-cloud/bigquery';
import { PassThroughClient } from 'google-auth-library';
import { ConfigurationError } from '../../../base/errors.ts';
import { spanText } from '../../../base/span-text.ts';
import type { DatasetRef } from '../identifiers.ts';
import { boundAnswers } from './answer-size.ts';

export interface RestOptions {
  readonly dataset: DatasetRef;
  /** REST host:port of an emulator: plaintext, no credentials. */
  readonly emulatorHost?: string | undefined;
  readonly location?: string | undefined;
  readonly requestTimeoutMs: number;
  /** Default MAX_ANSWER_BYTES. */
  readonly maxAnswerBytes?: number | undefined;
}

/** Limit of an answer's size. The service keeps its pages below 20 MB; pages of an emulator may be larger. */
const MAX_ANSWER_BYTES = 128 * 1024 * 1024;

/** A call that failed, or a job that did. */
export class RestError extends Error {
  /** HTTP status; undefined where there was no answer. */
  readonly status: number | undefined;
  /** BigQuery's reason, as `invalidQuery`, `duplicate`, `rateLimitExceeded`. */
  readonly reason: string | undefined;
  constructor(message: string, status: number | undefined, reason: string | undefined, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RestError';
    this.status = status;
    this.reason = reason;
  }

  /** Asking again may help: no answer, an overloaded or failing service, or a statement that lost a race. */
  get isTransient(): boolean {
    if (TRANSIENT_MESSAGE.test(this.message)) return true;
    if (this.reason !== undefined && TRANSIENT_REASONS.has(this.reason)) return true;
    return this.status === undefined || this.status === 408 || this.status === 429 || this.status >= 500;
  }

  get isNotFound(): boolean {
    return this.status === 404 || this.reason === 'notFound';
  }

  get isDuplicate(): boolean {
    return this.status === 409 || this.reason === 'duplicate';
  }
}

const TRANSIENT_REASONS: ReadonlySet<string> = new Set([
  'backendError',
  'internalError',
  'jobBackendError',
  'jobInternalError',
  'jobRateLimitExceeded',
  'rateLimitExceeded',
  'quotaExceeded',
  'stopped',
  'timeout',
]);
const TRANSIENT_MESSAGE =
  /Could not serialize|Too many DML statements|concurrent update|Transaction conflict|write-write conflict/i;

export interface RestRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below /projects/P. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: object;
  /** Nothing is read from the answer. Otherwise an answer without a JSON object is a lost one. */
  readonly mayBeEmpty?: boolean;
  /** Sent twice, it has the effect of once. Default: GET alone. */
  readonly isRepeatable?: boolean;
}

export interface RestCalls {
  /** As it was set (BIGQUERY_LOCATION). */
  readonly location: string | undefined;
  /**
   * Where jobs on the dataset run: the dataset's location, asked for once. If it does not exist or we may not see
   * it: `location`. Jobs outside the US and EU are found only with their location. Rejects with RestError, and with
   * ConfigurationError if the dataset's location is not `location`. Without this method: `location`.
   */
  jobLocation?(): Promise<string | undefined>;
  /** Rejects with RestError. */
  request<T>(request: RestRequest): Promise<T>;
}

export class RestClient implements RestCalls {
  readonly #client: BigQuery;
  readonly #options: RestOptions;
  #located: Promise<string | undefined> | undefined;

  constructor(options: RestOptions) {
    this.#options = options;
    const { emulatorHost, dataset, maxAnswerBytes = MAX_ANSWER_BYTES } = options;
    const common = { projectId: dataset.projectId, autoRetry: false, maxRetries: 0 };
    if (emulatorHost === undefined) {
      this.#client = new BigQuery(common);
      boundAnswers(this.#client.baseUrl, maxAnswerBytes);
      return;
    }
    const endpoint = emulatorHost.includes('://') ? emulatorHost : `http://${emulatorHost}`;
    // Credentials that need none: otherwise the library looks for a metadata server, and warns.
    // The cast: the library has its own copy of the auth library, of another version with the same call.
    const authClient = new PassThroughClient() as unknown as NonNullable<BigQueryOptions['authClient']>;
    this.#client = new BigQuery({ ...common, apiEndpoint: endpoint, authClient });
    // The library takes BIGQUERY_EMULATOR_HOST of the environment, as it is, for the whole base address.
    this.#client.baseUrl = `${endpoint.replace(/\/$/, '')}/bigquery/v2`;
    boundAnswers(this.#client.baseUrl, maxAnswerBytes);
  }

  get location(): string | undefined {
    return this.#options.location;
  }

  jobLocation(): Promise<string | undefined> {
    this.#located ??= this.#locate();
    return this.#located;
  }

  async #locate(): Promise<string | undefined> {
    const { dataset, location: set } = this.#options;
    let found: unknown;
    try {
      const resource = await this.request<{ readonly location?: unknown }>({
        method: 'GET',
        path: `/datasets/${dataset.dataset}`,
      });
      found = resource.location;
      if (typeof found !== 'string' || found === '') {
        throw new RestError(`dataset ${dataset.dataset}: an answer without its location`, undefined, undefined);
      }
    } catch (error) {
      // The dataset does not exist yet, or there was no answer: the next job asks again. If we may not see the dataset,
      // the answers about jobs contain their location.
      if (!(error instanceof RestError) || error.isNotFound || error.isTransient) this.#located = undefined;
      if (error instanceof RestError && !error.isTransient) return set;
      throw error;
    }
    if (set !== undefined && set.toLowerCase() !== found.toLowerCase()) {
      throw new ConfigurationError([
        `BIGQUERY_LOCATION is ${set}, and the dataset ${dataset.projectId}.${dataset.dataset} is in ${found}: ` +
          `leave BIGQUERY_LOCATION out, or set it to ${found}`,
      ]);
    }
    return found;
  }

  /**
   * A server closes idle connections, and may do so while a request is in flight. That is no outage: a repeatable
   * request is sent once more over another connection, without a log entry.
   */
  async request<T>(request: RestRequest): Promise<T> {
    try {
      return await this.#send<T>(request);
    } catch (error) {
      const isRepeatable = request.isRepeatable ?? request.method === 'GET';
      if (!isRepeatable || !(error instanceof RestError) || !isConnectionClosed(error)) throw error;
      return this.#send<T>(request);
    }
  }

  #send<T>(request: RestRequest): Promise<T> {
    const { requestTimeoutMs } = this.#options;
    const options = {
      method: request.method,
      uri: request.path,
      qs: { ...request.query },
      ...(request.body === undefined ? {} : { json: request.body }),
    };
    return new Promise<T>((resolve, reject) => {
      // The library accepts a time limit and ignores it: its transport (node-fetch 3) has no such option and cannot end
      // a request. A request that times out here stays in flight until the service or TCP ends it, and would
      // keep a command from ending (see cli/main.ts).
      const late = setTimeout(
        () => reject(new RestError(`no answer within ${spanText(requestTimeoutMs)}`, undefined, undefined)),
        requestTimeoutMs,
      );
      this.#client.request(options, (error: unknown, body: unknown) => {
        clearTimeout(late);
        if (error) reject(toRestError(error));
        // The library passes on a cut answer, or a proxy's page, as text with status 200, an empty answer as no value.
        else if (request.mayBeEmpty || (typeof body === 'object' && body !== null && !Array.isArray(body))) {
          resolve(body as T);
        } else reject(noObject(body));
      });
    });
  }
}

/** The connection ended before the answer began. */
function isConnectionClosed({ status, cause }: RestError): boolean {
  if (status !== undefined || typeof cause !== 'object' || cause === null || !('code' in cause)) return false;
  return cause.code === 'ECONNRESET' || cause.code === 'EPIPE';
}

function noObject(body: unknown): RestError {
  const seen = typeof body === 'string' ? body.slice(0, 200) : JSON.stringify(body)?.slice(0, 200);
  return new RestError(`an answer that is no JSON object: ${seen || 'nothing'}`, undefined, undefined);
}

function toRestError(error: unknown): RestError {
  const { code, message, errors } = error as {
    code?: unknown;
    message?: unknown;
    errors?: readonly { reason?: unknown }[];
  };
  const reason = errors?.[0]?.reason;
  return new RestError(
    String(message ?? error),
    typeof code === 'number' ? code : undefined,
    typeof reason === 'string' ? reason : undefined,
    { cause: error },
  );
}
