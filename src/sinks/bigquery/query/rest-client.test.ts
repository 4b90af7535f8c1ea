/** Against a server of our own on this machine: what leaves, and what each answer is taken for. */
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { RestClient, type RestRequest } from './rest-client.ts';

type Answer = (response: ServerResponse, request: IncomingMessage & { readonly body: string }) => void;

const QUESTION: RestRequest = { method: 'GET', path: '/queries/job', query: { maxResults: 5, odd: 'a b&c' } };

async function withServer<T>(
  answer: Answer,
  use: (client: RestClient, host: string) => Promise<T>,
  options: Partial<ConstructorParameters<typeof RestClient>[0]> = {},
): Promise<T> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    answer(response, Object.assign(request, { body: Buffer.concat(chunks).toString() }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const dataset = { projectId: 'p', dataset: 'd' };
  try {
    return await use(
      new RestClient({ dataset, emulatorHost: `127.0.0.1:${port}`, requestTimeoutMs: 5_000, ...options }),
      `127.0.0.1:${port}`,
    );
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function refusedWith(status: number, body: string): Promise<unknown> {
  return withServer(
    (response) => response.writeHead(status).end(body),
    (client) => client.request(QUESTION).catch((error: unknown) => error),
  );
}

test('a question names project, path and parameters, and an emulator gets no token', async () => {
  const seen = await withServer(
    (response, { method, url, headers }) => response.end(JSON.stringify({ method, url, token: headers.authorization })),
    (client) => client.request(QUESTION),
  );
  expect(seen).toEqual({
    method: 'GET',
    url: expect.stringMatching(
      /^\/bigquery\/v2\/projects\/p\/queries\/job\?(?=.*maxResults=5)(?=.*odd=a(\+|%20)b%26c)/,
    ),
  });
});

test('a body travels as JSON', async () => {
  const seen = await withServer(
    (response, { method, headers, body }) =>
      response.end(JSON.stringify({ method, type: headers['content-type'], body })),
    (client) => client.request({ method: 'POST', path: '/jobs', body: { text: 'é' } }),
  );
  expect(seen).toEqual({ method: 'POST', type: 'application/json', body: '{"text":"é"}' });
});

test('an answer may come compressed', async () => {
  const read = await withServer(
    (response) => response.setHeader('content-encoding', 'gzip').end(gzipSync('{"rows":[1]}')),
    (client) => client.request(QUESTION),
  );
  expect(read).toEqual({ rows: [1] });
});

test.each([
  ['nothing', ''],
  ['a page of something in between', '<html>Sign in</html>'],
  ['null', 'null'],
  ['a list', '[]'],
  ['a number', '0'],
])('%s under status 200 is a lost answer, where one is needed', async (_, body) => {
  expect(await refusedWith(200, body)).toMatchObject({ name: 'RestError', status: undefined, isTransient: true });
  const removed = await withServer(
    (response) => response.end(body),
    (client) => client.request({ method: 'DELETE', path: '/datasets/d', mayBeEmpty: true }).then(() => 'done'),
  );
  expect(removed).toBe('done');
});

const located = (answers: readonly [number, object][], location?: string) => {
  let asked = 0;
  return withServer(
    (response) => {
      const [status, body] = answers[Math.min(asked++, answers.length - 1)]!;
      response.writeHead(status).end(JSON.stringify(body));
    },
    async (client) => {
      const seen: unknown[] = [];
      for (let i = 0; i < 3; i++) {
        seen.push(
          await client.jobLocation().catch((error: Error & { isTransient?: boolean }) => [error.name, error.message]),
        );
      }
      return { seen, asked };
    },
    location === undefined ? {} : { location },
  );
};
const FOUND: [number, object] = [200, { id: 'p:d', location: 'europe-west1' }];
const ABSENT: [number, object] = [404, { error: { code: 404, message: 'Not found: Dataset p:d' } }];
const FORBIDDEN: [number, object] = [403, { error: { code: 403, message: 'Access Denied' } }];

test('jobs run where the dataset is, which is asked once', async () => {
  const here = 'europe-west1';
  expect(await located([FOUND])).toEqual({ seen: [here, here, here], asked: 1 });
  expect(await located([FOUND], 'EUROPE-WEST1')).toEqual({ seen: [here, here, here], asked: 1 });
});

test('a location that contradicts that of the dataset is a wrong configuration, and both are named', async () => {
  const { seen } = await located([FOUND], 'us-east4');
  expect(seen[0]).toEqual(['ConfigurationError', expect.stringMatching(/us-east4.*europe-west1/)]);
});

test('where there is no dataset, or it may not be seen, jobs run where was set', async () => {
  expect(await located([ABSENT, ABSENT, FOUND], 'europe-west1')).toMatchObject({ asked: 3 });
  expect(await located([ABSENT, FOUND])).toEqual({ seen: [undefined, 'europe-west1', 'europe-west1'], asked: 2 });
  expect(await located([FORBIDDEN], 'eu')).toEqual({ seen: ['eu', 'eu', 'eu'], asked: 1 });
});

test('an answer about the dataset that is empty or lost is asked for again', async () => {
  expect((await located([[200, {}], [503, {}], FOUND])).seen).toEqual([
    ['RestError', expect.any(String)],
    ['RestError', expect.any(String)],
    'europe-west1',
  ]);
});

test('one question after the other goes over one connection', async () => {
  const ports = new Set<number | undefined>();
  await withServer(
    (response, request) => {
      ports.add(request.socket.remotePort);
      response.end('{}');
    },
    async (client) => {
      for (let i = 0; i < 5; i += 1) await client.request(QUESTION);
    },
  );
  expect(ports.size).toBe(1);
});

/** The first answer comes; then the server closes the connection `times` times over a request. */
function closing(times: number, ask: RestRequest) {
  let asked = 0;
  return withServer(
    (response, request) => {
      asked += 1;
      if (asked > 1 && asked <= 1 + times) request.socket.destroy();
      else response.end(JSON.stringify({ asked }));
    },
    async (client) => {
      await client.request(QUESTION);
      const answer = await client.request(ask).catch((error: unknown) => error);
      return { answer, asked };
    },
  );
}

const CHANGE: RestRequest = { method: 'POST', path: '/jobs', body: {} };

test.each([QUESTION, { ...CHANGE, isRepeatable: true }])(
  'a connection that the server closes between two requests is no outage where the request may be sent twice: $method',
  async (ask) => {
    expect(await closing(1, ask)).toEqual({ answer: { asked: 3 }, asked: 3 });
    expect(await closing(2, ask)).toMatchObject({ answer: { name: 'RestError', isTransient: true }, asked: 3 });
  },
);

test('what must not be sent twice is left to its caller', async () => {
  expect(await closing(1, CHANGE)).toMatchObject({ answer: { name: 'RestError', isTransient: true }, asked: 2 });
});

test("a refusal has the service's code, reason and words", async () => {
  const error = { code: 409, message: 'Already Exists: Job', errors: [{ reason: 'duplicate' }] };
  expect(await refusedWith(409, JSON.stringify({ error }))).toMatchObject({
    name: 'RestError',
    message: expect.stringContaining('Already Exists: Job'),
    status: 409,
    reason: 'duplicate',
    isTransient: false,
  });
});

test('an error counts as one also under status 200', async () => {
  expect(await refusedWith(200, '{"error":{"code":404,"message":"Not found: Job"}}')).toMatchObject({
    status: 404,
    isNotFound: true,
  });
});

test("a proxy's page is a refusal by its status", async () => {
  expect(await refusedWith(502, '<html>Bad Gateway</html>')).toMatchObject({ status: 502, isTransient: true });
  expect(await refusedWith(403, '<html>no</html>')).toMatchObject({ status: 403, isTransient: false });
});

test('an answer that is cut short, or none, is a lost one', async () => {
  expect(await refusedWith(200, '{"rows":')).toMatchObject({ status: undefined, isTransient: true });
  const broken = await withServer(
    (response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{"rows":', () => response.destroy());
    },
    (client) => client.request(QUESTION).catch((error: unknown) => error),
  );
  expect(broken).toMatchObject({ name: 'RestError', status: undefined, isTransient: true });
});

test('an answer that does not come, or does not end, is given up at the limit', async () => {
  for (const answer of [() => {}, (response: ServerResponse) => void response.write('{"rows":')]) {
    const late = await withServer(answer, (client) => client.request(QUESTION).catch((error: unknown) => error), {
      requestTimeoutMs: 100,
    });
    expect(late).toMatchObject({ name: 'RestError', message: 'no answer within 100 ms', status: undefined });
  }
});

test('an answer that does not end is broken off, and is a lost one; as large as it may be, it is read', async () => {
  const maxAnswerBytes = 1024 * 1024;
  let closed: () => void;
  const ended = new Promise<void>((resolve) => (closed = resolve));
  const error = await withServer(
    async (response) => {
      response.on('close', closed);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{');
      for (const blanks = Buffer.alloc(64 * 1024, ' '); !response.destroyed; ) {
        if (!response.write(blanks)) await Promise.race([once(response, 'drain'), ended]);
      }
    },
    (client) => client.request(QUESTION).catch((failure: unknown) => failure),
    { maxAnswerBytes },
  );
  await ended;
  expect(error).toMatchObject({ name: 'RestError', isTransient: true });
  expect(String(error)).toContain(`more than ${maxAnswerBytes} bytes`);
  const whole = JSON.stringify({ text: 'x'.repeat(maxAnswerBytes - 20) });
  const read = await withServer(
    (response) => response.end(whole),
    (client) => client.request<{ readonly text: string }>(QUESTION),
    { maxAnswerBytes },
  );
  expect(read.text.length).toBe(maxAnswerBytes - 20);
});

test('an answer of the same host that somebody reads later is whole', async () => {
  const text = await withServer(
    (response) => response.end('x'.repeat(1_000)),
    async (_, host) => {
      const asked = get(`http://${host}/`);
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      await new Promise((resolve) => setTimeout(resolve, 50));
      let read = '';
      for await (const part of answer) read += String(part);
      return read;
    },
  );
  expect(text).toBe('x'.repeat(1_000));
});
