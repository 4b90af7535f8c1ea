/**
 * The commands on a broker that accepts only SASL_SSL: every mechanism lets a client in, two of them carry a whole run,
 * a connection that reads authenticates again before its session expires, and a refused client learns what to do.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { ConfigurationError, UnreachableError } from '../base/errors.ts';
import { systemRuntime } from '../base/system-runtime.ts';
import { topicInputs } from '../checks/inputs/topic-inputs.ts';
import { TopicReader } from '../checks/topic/topic-reader.ts';
import { type SecuredBroker, startSecuredBroker } from '../infra/secured-broker.ts';
import type { KafkaConnectionOptions } from '../kafka/client/connection-options.ts';
import { TopicConnection } from '../kafka/client/topic-connection.ts';
import { KafkaAdmin } from '../kafka/kafka-admin.ts';
import { kafkaConnection } from './config/kafka-connection.ts';
import { parseKafka } from './config/process-config.ts';

const MAIN = path.join(import.meta.dirname, 'main.ts');
/** The broker's session lifetime; kafkajs authenticates again ten seconds before its end, here after one second. */
const REAUTHENTICATE_MS = 11_000;
const EVENTS = 500;
const CHECKED_TOPIC = `secured-${randomUUID().slice(0, 8)}`;

interface Ended {
  readonly code: number;
  readonly out: string;
  /** Standard error. */
  readonly errors: string;
  /** Both. */
  readonly said: string;
}

let broker: SecuredBroker;
let directory: string;
let base: Record<string, string>;

beforeAll(async () => {
  broker = await startSecuredBroker({ reauthenticateMs: REAUTHENTICATE_MS });
  directory = await mkdtemp(path.join(tmpdir(), 'provenonce-secured-test-'));
  base = {
    PATH: process.env.PATH ?? '',
    METADATA_SERVER_DETECTION: 'none',
    KAFKA_BOOTSTRAP_SERVERS: broker.bootstrapServers,
    KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
    KAFKA_SSL_CA_FILE: broker.caFile,
    BIGQUERY_PROJECT: inject('bigqueryProjectId'),
    BIGQUERY_EMULATOR_HOST: inject('bigqueryEmulatorHost'),
    BIGQUERY_STORAGE_EMULATOR_HOST: inject('bigqueryStorageEmulatorHost'),
    LOG_FORMAT: 'json',
    METRICS_PORT: '0',
  };
  const { config } = parseKafka({ ...base, ...password('PLAIN') }, {});
  await using admin = await KafkaAdmin.connect(kafkaConnection(config, 'secured-test', (f) => readFileSync(f, 'utf8')));
  await admin.createTopic({ topic: CHECKED_TOPIC, partitions: 2, timestamps: 'append' });
});

afterAll(async () => {
  await broker?.[Symbol.asyncDispose]();
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
});

function run(args: readonly string[], env: Record<string, string>): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [MAIN, ...args],
      { env: { ...base, ...env }, timeout: 90_000, maxBuffer: 2 ** 26 },
      (error, out, errors) =>
        resolve({ code: error === null ? 0 : Number(error.code), out, errors, said: out + errors }),
    );
  });
}

const password = (mechanism: string) => ({
  KAFKA_SASL_MECHANISM: mechanism,
  KAFKA_SASL_USERNAME: broker.username,
  KAFKA_SASL_PASSWORD: broker.password,
});

/** A new topic and a new dataset. */
function fresh(): Record<string, string> {
  const id = randomUUID().slice(0, 8);
  return {
    KAFKA_TOPIC_PAYMENTS: `secured-${id}`,
    KAFKA_GROUP_ID: `secured-${id}`,
    BIGQUERY_DATASET: `secured_${id}`,
    CHECKPOINT_LOCATION: path.join(directory, id),
  };
}

async function expectWholeRun(env: Record<string, string>): Promise<void> {
  const sent = await run(['simulate', '--count', String(EVENTS), '--partitions', '2', '--json'], env);
  expect(sent, sent.errors).toMatchObject({ code: 0 });
  const processed = await run(['process', '--until-caught-up'], env);
  expect(processed, processed.said).toMatchObject({ code: 0 });
  const verified = await run(['verify', '--json'], env);
  expect(verified, verified.errors).toMatchObject({ code: 0 });
  expect(JSON.parse(verified.out)).toMatchObject({ verdict: 'PASS' });
}

/** Connects as a command would, until it is let in. */
async function letIn(env: Record<string, string>): Promise<string[]> {
  const { config } = parseKafka({ ...base, ...env }, {});
  await using admin = await KafkaAdmin.connect(
    kafkaConnection(config, 'secured-test', (file) => readFileSync(file, 'utf8')),
  );
  return await admin.listTopics();
}

/** The reader of `verify`, which has a client of its own, on an existing topic. */
async function checkersLetIn(env: Record<string, string>): Promise<readonly number[]> {
  const { config } = parseKafka({ ...base, ...env }, {});
  const kafka = kafkaConnection(config, 'secured-test', (file) => readFileSync(file, 'utf8'));
  return await topicInputs({ topic: CHECKED_TOPIC, kafka, runtime: systemRuntime }).topicPartitions();
}

test.for(['SCRAM-SHA-512', 'SCRAM-SHA-256', 'PLAIN'])('%s over TLS lets the reader of verify in', async (mechanism) => {
  expect(await checkersLetIn(password(mechanism))).toEqual([0, 1]);
  const wrong = checkersLetIn({ ...password(mechanism), KAFKA_SASL_PASSWORD: 'wrong-one' });
  await expect(wrong).rejects.toThrow('check the user name, password and mechanism');
  await expect(wrong).rejects.not.toThrow('wrong-one');
  await expect(wrong).rejects.toBeInstanceOf(ConfigurationError);
});

test('with OAUTHBEARER, a token lets the reader of verify in, and a damaged one is refused', async () => {
  const file = path.join(directory, 'checkers-token');
  const env = { KAFKA_SASL_MECHANISM: 'OAUTHBEARER', KAFKA_SASL_OAUTH_TOKEN_FILE: file };
  await expect(checkersLetIn(env)).rejects.toThrow('cannot be read');
  await writeFile(file, `${broker.token()}\n`);
  expect(await checkersLetIn(env)).toEqual([0, 1]);
  await writeFile(file, `${broker.token().slice(0, -8)}AAAAAAAA\n`);
  await expect(checkersLetIn(env)).rejects.toThrow('the token was refused (invalid_token)');
});

test('a broker of an unknown authority, and one that wants TLS, are named by the reader of verify as well', async () => {
  const stranger = { ...password('PLAIN'), KAFKA_SSL_CA_FILE: broker.strangersCaFile };
  await expect(checkersLetIn(stranger)).rejects.toThrow('name the file of its authority with KAFKA_SSL_CA_FILE');
  const plain = { ...password('PLAIN'), KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT', KAFKA_SSL_CA_FILE: '' };
  await expect(checkersLetIn(plain)).rejects.toBeInstanceOf(UnreachableError);
});

test.for(['SCRAM-SHA-512', 'SCRAM-SHA-256', 'PLAIN'])('%s over TLS lets the client in', async (mechanism) => {
  await expect(letIn(password(mechanism))).resolves.toBeInstanceOf(Array);
});

test('with OAUTHBEARER, a token from a file lets the client in, and a damaged one does not', async () => {
  const file = path.join(directory, 'token');
  const env = { KAFKA_SASL_MECHANISM: 'OAUTHBEARER', KAFKA_SASL_OAUTH_TOKEN_FILE: file };
  await writeFile(file, `${broker.token()}\n`);
  await expect(letIn(env)).resolves.toBeInstanceOf(Array);
  await writeFile(file, `${broker.token().slice(0, -8)}AAAAAAAA\n`);
  await expect(letIn(env)).rejects.toThrow('the token was refused (invalid_token)');
});

test('a connection that reads asks for a new token before its time is up, and keeps the same sockets', async () => {
  let tokens = 0;
  let sockets = 0;
  const options: KafkaConnectionOptions = {
    brokers: [broker.bootstrapServers],
    clientId: 'secured-test',
    sasl: {
      mechanism: 'oauthbearer',
      token: async () => {
        tokens += 1;
        return broker.token();
      },
    },
    ssl: { ca: readFileSync(broker.caFile) },
    socketFactory: ({ host, port, ssl, onConnect }) => {
      sockets += 1;
      return connect({ host, port, ...ssl }, onConnect);
    },
  };
  const topic = `secured-${randomUUID().slice(0, 8)}`;
  await using admin = await KafkaAdmin.connect(options);
  await admin.createTopic({ topic, partitions: 1, timestamps: 'append' });
  const reader = new TopicConnection(options, topic);
  try {
    await reader.connect();
    const read = async () => {
      const question = { partition: 0, fetchOffset: '0', maxBytes: 1_024 };
      return (await reader.fetch(reader.leaderOf(0)!, [question], { maxWaitMs: 10, maxBytes: 1_024 })).socket;
    };
    const socket = await read();
    const before = { tokens, sockets };
    await setTimeout(REAUTHENTICATE_MS - 10_000 + 100);
    expect(await read()).toBe(socket);
    // One connection fetches, the other does everything else.
    expect({ tokens, sockets }).toEqual({ tokens: before.tokens + 2, sockets: before.sockets });
  } finally {
    await reader.close();
  }
});

test('the reader of verify asks for a new token before its time is up, and continues without a failure', async () => {
  let tokens = 0;
  const failures: number[] = [];
  const token = async () => {
    tokens += 1;
    return broker.token();
  };
  await using reader = new TopicReader({
    topic: CHECKED_TOPIC,
    endpoint: {
      brokers: [broker.bootstrapServers],
      clientId: 'secured-test',
      sasl: { mechanism: 'oauthbearer', token },
      ssl: { ca: readFileSync(broker.caFile) },
    },
    sleep: async (ms) => void failures.push(ms),
  });
  const bounds = await reader.bounds(0);
  expect(tokens).toBe(1);
  await setTimeout(REAUTHENTICATE_MS + 500);
  expect(await reader.bounds(0)).toEqual(bounds);
  expect(tokens).toBe(2);
  expect(failures).toEqual([]);
});

// From here on each test has its own topic and dataset and mostly waits, so they run concurrently.
test.concurrent('simulate, process and verify work with SCRAM-SHA-512 over TLS', async () => {
  await expectWholeRun({ ...fresh(), ...password('SCRAM-SHA-512') });
});

test.concurrent('with OAUTHBEARER, they work with tokens of a token server, and an unknown client learns that it is unknown', async () => {
  await using server = await tokenServer('processor', 'of the processor');
  const env = {
    ...fresh(),
    KAFKA_SASL_MECHANISM: 'OAUTHBEARER',
    KAFKA_SASL_OAUTH_TOKEN_URL: server.url,
    KAFKA_SASL_OAUTH_CLIENT_ID: 'processor',
  };
  await expectWholeRun({ ...env, KAFKA_SASL_OAUTH_CLIENT_SECRET: 'of the processor' });
  const refused = await run(['process'], { ...env, KAFKA_SASL_OAUTH_CLIENT_SECRET: 'of somebody else' });
  expect(refused.code).toBe(64);
  expect(refused.said).toContain('refused the client (401, invalid_client');
  expect(refused.said).not.toContain('of somebody else');
});

test.concurrent.for(['process', 'simulate --count 10'])(
  '%s with a wrong password ends with 64 and says what to check, without the password',
  async (command) => {
    const env = { ...fresh(), ...password('SCRAM-SHA-512'), KAFKA_SASL_PASSWORD: 'wrong-one' };
    const refused = await run(command.split(' '), env);
    expect(refused, refused.said).toMatchObject({ code: 64 });
    expect(refused.said).toContain('invalid credentials with SASL mechanism SCRAM-SHA-512');
    expect(refused.said).toContain('check the user name, password and mechanism');
    expect(refused.said).not.toMatch(/wrong-one|at .*\.ts:\d+/);
  },
);

test.concurrent('a broker of an unknown authority is refused, and the setting that names the authority is named', async () => {
  const env = { ...fresh(), ...password('PLAIN'), KAFKA_SSL_CA_FILE: broker.strangersCaFile };
  const refused = await run(['process'], env);
  expect(refused.code).toBe(64);
  expect(refused.said).toContain('name the file of its authority with KAFKA_SSL_CA_FILE');
});

test.concurrent('a client without TLS learns that the broker may require it', async () => {
  const env = { ...fresh(), KAFKA_SECURITY_PROTOCOL: 'PLAINTEXT', KAFKA_SSL_CA_FILE: '', UNREACHABLE_AFTER: '1s' };
  const refused = await run(['process'], env);
  expect(refused.code).toBe(69);
  expect(refused.said).toContain('a broker that wants TLS or SASL closes connections like this');
});

/** OAuth's client credentials grant (RFC 6749, 4.4), for one client, over HTTP on the loopback. */
async function tokenServer(clientId: string, secret: string): Promise<AsyncDisposable & { readonly url: string }> {
  const basic = `Basic ${Buffer.from(`${clientId}:${encodeURIComponent(secret).replaceAll('%20', '+')}`).toString('base64')}`;
  const server: Server = createServer((request, response) => {
    const known = request.headers.authorization === basic;
    response.writeHead(known ? 200 : 401, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(
        known
          ? { access_token: broker.token(), token_type: 'Bearer', expires_in: 300 }
          : { error: 'invalid_client', error_description: 'unknown client' },
      ),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
