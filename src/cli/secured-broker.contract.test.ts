/**
 * On a broker that lets nobody in but by SASL_SSL: every mechanism lets a client in, and the reader of verify, and a wrong
 * password is answered with what to check. Whole runs, and tokens that are renewed: secured-broker.long.test.ts.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConfigurationError, UnreachableError } from '../base/errors.ts';
import { SecuredBench } from './testing/secured-bench.ts';

let bench: SecuredBench;

beforeAll(async () => {
  bench = await SecuredBench.open();
});
afterAll(() => bench?.[Symbol.asyncDispose]());

test.for(['SCRAM-SHA-512', 'SCRAM-SHA-256', 'PLAIN'])('%s over TLS lets the reader of verify in', async (mechanism) => {
  expect(await bench.checkersLetIn(bench.password(mechanism))).toEqual([0, 1]);
  const wrong = bench.checkersLetIn({ ...bench.password(mechanism), KAFKA_SASL_PASSWORD: 'wrong-one' });
  await expect(wrong).rejects.toThrow('check the user name, password and mechanism');
  await expect(wrong).rejects.not.toThrow('wrong-one');
  await expect(wrong).rejects.toBeInstanceOf(ConfigurationError);
});

test('with OAUTHBEARER, a token lets the reader of verify in, and a damaged one is refused', async () => {
  const file = path.join(bench.directory, 'checkers-token');
  const env = { KAFKA_SASL_MECHANISM: 'OAUTHBEARER', KAFKA_SASL_OAUTH_TOKEN_FILE: file };
  await expect(bench.checkersLetIn(env)).rejects.toThrow('cannot be read');
  await writeFile(file, `${bench.broker.token()}\n`);
  expect(await bench.checkersLetIn(env)).toEqual([0, 1]);
  await writeFile(file, `${bench.broker.token().slice(0, -8)}AAAAAAAA\n`);
  await expect(bench.checkersLetIn(env)).rejects.toThrow('the token was refused (invalid_token)');
});

test('a broker of an unknown authority, and one that wants TLS, are named by the reader of verify as well', async () => {
  const stranger = { ...bench.password('PLAIN'), KAFKA_SSL_CA_FILE: bench.broker.strangersCaFile };
  await expect(bench.checkersLetIn(stranger)).rejects.toThrow('set KAFKA_SSL_CA_FILE to the file of that authority');
  const plain = { ...bench.password('PLAIN'), KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT', KAFKA_SSL_CA_FILE: '' };
  await expect(bench.checkersLetIn(plain)).rejects.toBeInstanceOf(UnreachableError);
});

test.for(['SCRAM-SHA-512', 'SCRAM-SHA-256', 'PLAIN'])('%s over TLS lets the client in', async (mechanism) => {
  await expect(bench.letIn(bench.password(mechanism))).resolves.toBeInstanceOf(Array);
});

test('with OAUTHBEARER, a token from a file lets the client in, and a damaged one does not', async () => {
  const file = path.join(bench.directory, 'token');
  const env = { KAFKA_SASL_MECHANISM: 'OAUTHBEARER', KAFKA_SASL_OAUTH_TOKEN_FILE: file };
  await writeFile(file, `${bench.broker.token()}\n`);
  await expect(bench.letIn(env)).resolves.toBeInstanceOf(Array);
  await writeFile(file, `${bench.broker.token().slice(0, -8)}AAAAAAAA\n`);
  await expect(bench.letIn(env)).rejects.toThrow('the token was refused (invalid_token)');
});

test.concurrent.for(['process', 'simulate --count 10'])(
  '%s with a wrong password ends with 64 and says what to check, without the password',
  async (command) => {
    const env = { ...bench.fresh(), ...bench.password('SCRAM-SHA-512'), KAFKA_SASL_PASSWORD: 'wrong-one' };
    const refused = await bench.run(command.split(' '), env);
    expect(refused, refused.said).toMatchObject({ code: 64 });
    expect(refused.said).toContain('invalid credentials with SASL mechanism SCRAM-SHA-512');
    expect(refused.said).toContain('check the user name, password and mechanism');
    expect(refused.said).not.toMatch(/wrong-one|at .*\.ts:\d+/);
  },
);
