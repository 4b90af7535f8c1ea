import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { SchemaProblem } from '../payments/event/schema/event-schema.ts';
import { ConfluentRegistry } from './confluent-registry.ts';

type Answers = Readonly<Record<string, { status?: number; body: unknown; raw?: string; afterMs?: number }>>;

let server: Server | undefined;
const never = new AbortController().signal;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function registry(answers: Answers, options: { user?: string; password?: string; timeoutMs?: number } = {}) {
  const seen: { url: string; authorization: string | undefined }[] = [];
  server = createServer((request, response) => {
    seen.push({ url: request.url!, authorization: request.headers.authorization });
    const answer = answers[request.url!] ?? { status: 404, body: { error_code: 404, message: 'HTTP 404 Not Found' } };
    setTimeout(() => {
      response.statusCode = answer.status ?? 200;
      response.end(answer.raw ?? JSON.stringify(answer.body));
    }, answer.afterMs ?? 0);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { seen, asked: new ConfluentRegistry({ url: `http://127.0.0.1:${port}/`, ...options }) };
}

test('a schema without a type is Avro, and comes without references', async () => {
  const { asked } = await registry({ '/schemas/ids/7': { body: { schema: '"string"' } } });
  expect(await asked.schema(7, never)).toEqual({ kind: 'avro', text: '"string"', references: [] });
});

test('references come after those that they have themselves, and each once', async () => {
  const refer = (...names: string[]) =>
    names.map((name) => ({ name: `${name}.proto`, subject: `s/${name}`, version: 2 }));
  const { asked, seen } = await registry({
    '/schemas/ids/7': { body: { schema: 'root', schemaType: 'PROTOBUF', references: refer('a', 'b') } },
    '/subjects/s%2Fa/versions/2': { body: { schema: 'A', schemaType: 'PROTOBUF', references: refer('b') } },
    '/subjects/s%2Fb/versions/2': { body: { schema: 'B', schemaType: 'PROTOBUF', references: null } },
  });
  expect(await asked.schema(7, never)).toEqual({
    kind: 'protobuf',
    text: 'root',
    references: [
      { name: 'b.proto', text: 'B' },
      { name: 'a.proto', text: 'A' },
    ],
  });
  expect(seen).toHaveLength(3);
});

test('references that name each other end', async () => {
  const refer = (name: string) => [{ name, subject: name, version: 1 }];
  const { asked } = await registry({
    '/schemas/ids/7': { body: { schema: 'root', references: refer('a') } },
    '/subjects/a/versions/1': { body: { schema: 'A', references: refer('b') } },
    '/subjects/b/versions/1': { body: { schema: 'B', references: refer('a') } },
  });
  expect((await asked.schema(7, never))?.references.map(({ name }) => name)).toEqual(['b', 'a']);
});

test('only the answer "schema not found" means that the id is unknown', async () => {
  const { asked } = await registry({
    '/schemas/ids/1': { status: 404, body: { error_code: 40403, message: 'Schema 1 not found' } },
    '/schemas/ids/2': { status: 404, raw: '<html>no such page</html>', body: null },
    '/schemas/ids/3': { status: 500, body: { error_code: 50001, message: 'store timeout' } },
    '/schemas/ids/4': { body: { hello: 'world' } },
    '/schemas/ids/5': { status: 401, body: { message: 'no' } },
    '/schemas/ids/6': { body: { schema: '"string"', references: [{ name: 'gone', subject: 'gone', version: 1 }] } },
  });
  expect(await asked.schema(1, never)).toBeUndefined();
  await expect(asked.schema(2, never)).rejects.toThrow('answers 404');
  await expect(asked.schema(3, never)).rejects.toThrow('answers 500: store timeout');
  await expect(asked.schema(4, never)).rejects.toThrow('check SCHEMA_REGISTRY_URL');
  await expect(asked.schema(5, never)).rejects.toThrow('refuses the credentials (401)');
  await expect(asked.schema(6, never)).rejects.toThrow('answers 404');
});

test('a JSON schema is a schema that cannot be used', async () => {
  const { asked } = await registry({ '/schemas/ids/7': { body: { schema: '{}', schemaType: 'JSON' } } });
  await expect(asked.schema(7, never)).rejects.toThrow(SchemaProblem);
});

test('the credentials are sent, and are in no error', async () => {
  const { asked, seen } = await registry(
    { '/schemas/ids/7': { status: 403, body: {} } },
    { user: 'reader', password: 'hush-hush' },
  );
  const error = await asked.schema(7, never).catch((thrown: Error) => thrown);
  expect(seen[0]!.authorization).toBe(`Basic ${Buffer.from('reader:hush-hush').toString('base64')}`);
  expect(`${error}${(error as Error).stack}${asked.name}`).not.toContain('hush-hush');
});

test('an answer that is late or too large is a failure', async () => {
  const late = await registry({ '/schemas/ids/1': { body: null, afterMs: 60_000 } }, { timeoutMs: 50 });
  await expect(late.asked.schema(1, never)).rejects.toThrow('no answer within 50 ms');
  server?.closeAllConnections();
  server?.close();
  const large = await registry({ '/schemas/ids/2': { raw: 'x'.repeat(5 * 1024 * 1024), body: null } });
  await expect(large.asked.schema(2, never)).rejects.toThrow('the answer has over 4194304 bytes');
});

test('nobody there', async () => {
  const asked = new ConfluentRegistry({ url: 'http://127.0.0.1:9' });
  await expect(asked.schema(1, never)).rejects.toThrow('ECONNREFUSED');
});

test('an aborted question rejects with the reason', async () => {
  const { asked } = await registry({ '/schemas/ids/1': { body: {}, afterMs: 5_000 } });
  const ended = new AbortController();
  const asking = asked.schema(1, ended.signal);
  ended.abort(new Error('released'));
  await expect(asking).rejects.toThrow('released');
});
