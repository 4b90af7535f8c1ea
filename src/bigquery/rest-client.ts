/** REST calls to BigQuery: what is asked, and what an answer means; waiting and retries are not here. */
import { ConfigurationError } from '../processor/errors.ts';
import { type AccountHeaders, googleAccount, googleUniverse } from './google-account.ts';
import type { DatasetRef } from './identifiers.ts';
import { type HttpAnswer, RestTransport } from './rest-transport.ts';

export interface RestOptions {
  readonly dataset: DatasetRef;
  /** REST host:port of an emulator: plaintext, no credentials. */
  readonly emulatorHost?: string | undefined;
  readonly location?: string | undefined;
  readonly requestTimeoutMs: number;
  /** Default: those of the environment; none for an emulator. */
  readonly account?: AccountHeaders | undefined;
}

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
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below /projects/P. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: object;
}

export interface RestCalls {
  /** Of the dataset; jobs elsewhere than in the US or EU are found only with it. */
  readonly location: string | undefined;
  /** Rejects with RestError. */
  request<T>(request: RestRequest): Promise<T>;
}

export class RestClient implements RestCalls {
  readonly #transport = new RestTransport();
  readonly #options: RestOptions;
  /** Up to and with the project. */
  readonly #base: string;
  readonly #account: AccountHeaders | undefined;

  constructor(options: RestOptions) {
    this.#options = options;
    const { emulatorHost, dataset, account } = options;
    const { projectId } = dataset;
    const service = emulatorHost ?? `https://bigquery.${googleUniverse()}`;
    const endpoint = service.includes('://') ? service : `http://${service}`;
    this.#base = `${endpoint.replace(/\/$/, '')}/bigquery/v2/projects/${projectId}`;
    this.#account = account ?? (emulatorHost === undefined ? googleAccount(projectId) : undefined);
  }

  get location(): string | undefined {
    return this.#options.location;
  }

  async request<T>({ method, path, query, body }: RestRequest): Promise<T> {
    const url = new URL(this.#base + path);
    url.searchParams.set('prettyPrint', 'false');
    for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, String(value));
    let answer: HttpAnswer;
    try {
      answer = await this.#transport.ask(url, {
        method,
        // The service compresses only for those that name it here too.
        headers: { 'user-agent': 'provenonce (gzip)', ...(await this.#account?.(url.href)) },
        body: body === undefined ? undefined : JSON.stringify(body),
        timeoutMs: this.#options.requestTimeoutMs,
      });
    } catch (error) {
      if (error instanceof ConfigurationError) throw error;
      throw new RestError(error instanceof Error ? error.message : String(error), undefined, undefined, {
        cause: error,
      });
    }
    return contentOf(answer) as T;
  }
}

interface ErrorBody {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly errors?: readonly { readonly reason?: unknown }[];
}

/** The JSON of an answer that went well. Throws RestError for any other. */
function contentOf({ status, statusMessage, text }: HttpAnswer): unknown {
  const isRefused = status < 200 || status > 299;
  let content: unknown;
  try {
    content = text === '' ? undefined : JSON.parse(text);
  } catch {
    // A proxy's page, or an answer that was cut short.
    const what = `HTTP ${status} ${statusMessage}, and not JSON: ${text.slice(0, 200)}`;
    throw new RestError(what, isRefused ? status : undefined, undefined);
  }
  const error = (content as { error?: ErrorBody } | undefined)?.error;
  if (!isRefused && (error === undefined || error === null)) return content;
  const reason = error?.errors?.[0]?.reason;
  throw new RestError(
    String(error?.message ?? `HTTP ${status} ${statusMessage}`),
    typeof error?.code === 'number' ? error.code : status,
    typeof reason === 'string' ? reason : undefined,
  );
}
