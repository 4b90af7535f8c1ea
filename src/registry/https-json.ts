/** One GET request for a JSON document, with bounds on its size and its time. Credentials are in no error. */
import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface JsonAnswer {
  readonly status: number;
  /** Undefined: the body is no JSON. */
  readonly body: unknown;
}

export interface JsonRequestOptions {
  /** `user:password`. */
  readonly auth?: string | undefined;
  /** PEM of authorities to trust instead of the system's. */
  readonly ca?: string | undefined;
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** Rejects with an error that says what happened: no connection, no answer in time, a body that is too large. */
export function getJson(url: URL, options: JsonRequestOptions, signal: AbortSignal): Promise<JsonAnswer> {
  const { auth, ca, timeoutMs, maxBytes } = options;
  return new Promise((resolve, reject) => {
    const late = AbortSignal.timeout(timeoutMs);
    const parts: RequestOptions & { ca?: string } = {
      signal: AbortSignal.any([signal, late]),
      headers: { accept: 'application/vnd.schemaregistry.v1+json, application/json' },
      ...(auth === undefined ? {} : { auth }),
      ...(ca === undefined ? {} : { ca }),
    };
    const fail = (error: Error): void => {
      if (signal.aborted) reject(signal.reason);
      else if (late.aborted) reject(new Error(`no answer within ${timeoutMs} ms`));
      else reject(new Error(reasonOf(error), { cause: error }));
    };
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(url, parts, (response) => {
      const chunks: Buffer[] = [];
      let byteLength = 0;
      response.on('error', fail);
      response.on('data', (chunk: Buffer) => {
        byteLength += chunk.length;
        if (byteLength > maxBytes) {
          reject(new Error(`the answer has over ${maxBytes} bytes`));
          request.destroy();
        } else chunks.push(chunk);
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: jsonOf(Buffer.concat(chunks)) }));
    });
    request.on('error', fail);
    request.end();
  });
}

/** Several addresses that all refuse give an error without a message of its own. */
function reasonOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  return error.message === '' ? (code ?? error.name) : error.message;
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
