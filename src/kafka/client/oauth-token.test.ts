import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { ConfigurationError } from '../../base/errors.ts';
import { clientResponse, refusalIn } from './oauth-authenticator.ts';
import { tokenByClientCredentials, tokenFromFile } from './oauth-token.ts';

async function tokenServer(answer: RequestListener): Promise<AsyncDisposable & { readonly tokenUrl: string }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    tokenUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const client = { clientId: 'processor', clientSecret: 'hush', scope: 'kafka' };

test('a token is asked for once and used until a tenth of its life is left', async () => {
  let asked = 0;
  await using server = await tokenServer((_request, response) => {
    asked += 1;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ access_token: `t${asked}`, token_type: 'Bearer', expires_in: 1_000 }));
  });
  let nowMs = 0;
  const token = tokenByClientCredentials({ ...client, tokenUrl: server.tokenUrl }, { nowMs: () => nowMs });
  expect(await Promise.all([token(), token(), token()])).toEqual(['t1', 't1', 't1']);
  nowMs = 899_999;
  expect(await token()).toBe('t1');
  nowMs = 900_000;
  expect(await token()).toBe('t2');
});

test('a server that refuses the client is a wrong configuration, without the secret in its message', async () => {
  await using server = await tokenServer((_request, response) => {
    response.writeHead(400, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: 'invalid_scope', error_description: 'kafka is not allowed' }));
  });
  const token = tokenByClientCredentials({ ...client, tokenUrl: server.tokenUrl }, { nowMs: () => 0 });
  const error = await token().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(String(error)).toContain('refused the client (400, invalid_scope: kafka is not allowed)');
  expect(String(error)).not.toContain('hush');
});

test('a server that fails or is away may come back: that is no wrong configuration, and it is asked again', async () => {
  let status = 503;
  await using server = await tokenServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ access_token: 't', token_type: 'Bearer', expires_in: 60 }));
  });
  const token = tokenByClientCredentials({ ...client, tokenUrl: server.tokenUrl }, { nowMs: () => 0 });
  const error: unknown = await token().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Error);
  expect(error).not.toBeInstanceOf(ConfigurationError);
  status = 200;
  expect(await token()).toBe('t');
});

test('a token file is read for every token, and says what is wrong with it', async () => {
  const files = new Map([['token', 'first\n']]);
  const token = tokenFromFile('token', (path) => files.get(path)!);
  expect(await token()).toBe('first');
  files.set('token', 'second');
  expect(await token()).toBe('second');
  files.set('token', ' \n');
  await expect(token()).rejects.toThrow('KAFKA_SASL_OAUTH_TOKEN_FILE token: is empty');
  files.set('token', 'two words');
  await expect(token()).rejects.toThrow('does not hold exactly one bearer token');
  const absent = tokenFromFile('absent', () => {
    throw new Error('ENOENT');
  });
  await expect(absent()).rejects.toThrow('cannot be read: ENOENT');
});

test('the message to the broker is that of RFC 7628, and only an empty answer is a yes', () => {
  expect(clientResponse('abc').subarray(4).toString()).toBe('n,,\u0001auth=Bearer abc\u0001\u0001');
  expect(clientResponse('abc').readInt32BE()).toBe(21);
  expect(refusalIn(Buffer.alloc(0))).toBeUndefined();
  expect(refusalIn(Buffer.from('{"status":"invalid_token"}'))).toBe('invalid_token');
  expect(refusalIn(Buffer.from('no'))).toBe('an answer that is not JSON');
});
