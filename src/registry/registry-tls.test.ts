/** A registry over TLS: whom the client trusts, and that nothing is asked of a server that it does not. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { ConfluentRegistry } from './confluent-registry.ts';
import { type CertificateOptions, PrivateAuthority } from './testing/private-authority.ts';

const never = new AbortController().signal;
const authority = new PrivateAuthority('our authority');
let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function registry(certificate: CertificateOptions = {}): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  server = createServer(authority.issue(certificate), (request, response) => {
    asked.push(`${request.url} ${request.headers.authorization}`);
    response.end(JSON.stringify({ schema: '"string"' }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

test('a certificate of the authority that is named is trusted, and the credentials are sent', async () => {
  const { url, asked } = await registry();
  const client = new ConfluentRegistry({ url, user: 'reader', password: 'secret', ca: authority.ca });
  expect(await client.schema(7, never)).toEqual({ kind: 'avro', text: '"string"', references: [] });
  expect(asked).toEqual([`/schemas/ids/7 Basic ${Buffer.from('reader:secret').toString('base64')}`]);
});

test.each([
  ['without an authority', {}, undefined, /certificate/],
  ['of another authority of the same name', {}, new PrivateAuthority('our authority').ca, /certificate/],
  ['for another address', { addresses: ['127.0.0.2'] }, authority.ca, /IP: 127\.0\.0\.1 is not in the cert's list/],
  ['that has expired', { notAfter: new Date(Date.now() - 60_000) }, authority.ca, /certificate has expired/],
])('a certificate %s is refused, and no credentials are sent', async (_, certificate, ca, message) => {
  const { url, asked } = await registry(certificate);
  const client = new ConfluentRegistry({ url, user: 'reader', password: 'secret', ca });
  await expect(client.schema(7, never)).rejects.toThrow(message);
  expect(asked).toEqual([]);
});

test('a server without TLS behind an https address is refused with the reason', async () => {
  const { url } = await registry();
  const plain = new ConfluentRegistry({ url: url.replace('https:', 'http:'), ca: authority.ca });
  await expect(plain.schema(7, never)).rejects.toThrow(/socket hang up|ECONNRESET/);
});
