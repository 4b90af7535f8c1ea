/**
 * One HTTP request and its answer as JSON, over connections that are kept. node:http alone: the client library that this could
 * be left to takes a fifth of a processor's start to load, and what it adds (retries, queues, streams) is switched off here.
 */
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

export interface HttpQuestion {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** From the first byte of the question to the last of the answer. */
  readonly timeoutMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly statusMessage: string;
  readonly text: string;
}

const unzip = promisify(gunzip);
const KEPT = { keepAlive: true } as const;

export class RestTransport {
  readonly #plain = new http.Agent(KEPT);
  // Proxies as HTTPS_PROXY and NO_PROXY name them: to the service only, an emulator is beside us.
  readonly #secure = new https.Agent({ ...KEPT, proxyEnv: process.env });

  /** Rejects where there is no whole answer within the time. */
  async ask(url: URL, { method, headers, body, timeoutMs }: HttpQuestion): Promise<HttpAnswer> {
    const isSecure = url.protocol === 'https:';
    const signal = AbortSignal.timeout(timeoutMs);
    const sent = { 'accept-encoding': 'gzip', ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        const options = { method, headers: { ...headers, ...sent }, signal };
        const request = isSecure
          ? https.request(url, { ...options, agent: this.#secure }, resolve)
          : http.request(url, { ...options, agent: this.#plain }, resolve);
        request.on('error', reject);
        request.end(body);
      });
      const { statusCode: status = 0, statusMessage = '' } = response;
      return { status, statusMessage, text: await textOf(response) };
    } catch (error) {
      if (signal.aborted) throw new Error(`no answer within ${timeoutMs} ms`, { cause: error });
      throw error;
    }
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  return (response.headers['content-encoding'] === 'gzip' ? await unzip(bytes) : bytes).toString();
}
