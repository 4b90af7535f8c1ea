/**
 * The commands on a broker that lets nobody in but by SASL_SSL: two mechanisms carry a whole run, a connection that reads
 * authenticates again before its time is up, and a refused client learns what to do.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TopicReader } from '../checks/topic/topic-reader.ts';
import type { KafkaConnectionOptions } from '../kafka/client/connection-options.ts';
import { TopicConnection } from '../kafka/client/topic-connection.ts';
import { KafkaAdmin } from '../kafka/kafka-admin.ts';
import { REAUTHENTICATE_MS, SecuredBench, tokenServer } from './testing/secured-bench.ts';

let bench: SecuredBench;

beforeAll(async () => {
  bench = await SecuredBench.open();
});
afterAll(() => bench?.[Symbol.asyncDispose]());

test('a connection that reads asks for a new token when its time is nearly up, and keeps the same sockets', async () => {
  let tokens = 0;
  let sockets = 0;
  const options: KafkaConnectionOptions = {
    brokers: [bench.broker.bootstrapServers],
    clientId: 'secured-test',
    sasl: {
      mechanism: 'oauthbearer',
      token: async () => {
        tokens += 1;
        return bench.broker.token();
      },
    },
    ssl: { ca: readFileSync(bench.broker.caFile) },
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
    // The connection that fetches, and the one for everything else.
    expect({ tokens, sockets }).toEqual({ tokens: before.tokens + 2, sockets: before.sockets });
  } finally {
    await reader.close();
  }
});

test('the reader of verify asks for a new token when its time is nearly up, and continues without a failure', async () => {
  let tokens = 0;
  const failures: number[] = [];
  const token = async () => {
    tokens += 1;
    return bench.broker.token();
  };
  await using reader = new TopicReader({
    topic: bench.topic,
    endpoint: {
      brokers: [bench.broker.bootstrapServers],
      clientId: 'secured-test',
      sasl: { mechanism: 'oauthbearer', token },
      ssl: { ca: readFileSync(bench.broker.caFile) },
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

test.concurrent('simulate, process and verify work with SCRAM-SHA-512 over TLS', async () => {
  await bench.expectWholeRun({ ...bench.fresh(), ...bench.password('SCRAM-SHA-512') });
});

test.concurrent('with OAUTHBEARER, they work with tokens of a token server, and a client that it does not know is refused with the reason', async () => {
  await using server = await tokenServer(bench, 'processor', 'of the processor');
  const env = {
    ...bench.fresh(),
    KAFKA_SASL_MECHANISM: 'OAUTHBEARER',
    KAFKA_SASL_OAUTH_TOKEN_URL: server.url,
    KAFKA_SASL_OAUTH_CLIENT_ID: 'processor',
  };
  await bench.expectWholeRun({ ...env, KAFKA_SASL_OAUTH_CLIENT_SECRET: 'of the processor' });
  const refused = await bench.run(['process'], { ...env, KAFKA_SASL_OAUTH_CLIENT_SECRET: 'of somebody else' });
  expect(refused.code).toBe(64);
  expect(refused.said).toContain('refused the client (401, invalid_client');
  expect(refused.said).not.toContain('of somebody else');
});

test.concurrent('a broker of an unknown authority is refused, and the setting that names the authority is named', async () => {
  const env = { ...bench.fresh(), ...bench.password('PLAIN'), KAFKA_SSL_CA_FILE: bench.broker.strangersCaFile };
  const refused = await bench.run(['process'], env);
  expect(refused.code).toBe(64);
  expect(refused.said).toContain('set KAFKA_SSL_CA_FILE to the file of that authority');
});

test.concurrent('a client without TLS learns that the broker may want it', async () => {
  const env = {
    ...bench.fresh(),
    KAFKA_SECURITY_PROTOCOL: 'PLAINTEXT',
    KAFKA_SSL_CA_FILE: '',
    UNREACHABLE_AFTER: '1s',
  };
  const refused = await bench.run(['process'], env);
  expect(refused.code).toBe(69);
  expect(refused.said).toContain('a broker that wants TLS or SASL closes connections like this');
});
