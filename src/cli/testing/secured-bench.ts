/**
 * A broker that lets nobody in but by SASL_SSL, and commands, a client and the reader of verify to try on it. Commands run as
 * processes, each with a topic and a dataset of its own, beside the emulator that the tests share.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, inject } from 'vitest';
import { systemRuntime } from '../../base/system-runtime.ts';
import { topicInputs } from '../../checks/inputs/topic-inputs.ts';
import { type SecuredBroker, startSecuredBroker } from '../../infra/secured-broker.ts';
import type { KafkaConnectionOptions } from '../../kafka/client/connection-options.ts';
import { KafkaAdmin } from '../../kafka/kafka-admin.ts';
import { kafkaConnection } from '../config/kafka-connection.ts';
import { parseKafka } from '../config/process-config.ts';

const MAIN = path.join(import.meta.dirname, '..', 'main.ts');
const EVENTS = 500;
/** How long the broker accepts a connection; kafkajs authenticates again ten seconds before, here after one second. */
export const REAUTHENTICATE_MS = 11_000;

export type Env = Readonly<Record<string, string>>;

export interface Ended {
  readonly code: number;
  readonly out: string;
  /** Standard error. */
  readonly errors: string;
  /** Both. */
  readonly said: string;
}

export class SecuredBench implements AsyncDisposable {
  readonly broker: SecuredBroker;
  readonly directory: string;
  /** A topic of two partitions that is there. */
  readonly topic = `secured-${randomUUID().slice(0, 8)}`;
  readonly #base: Env;

  private constructor(broker: SecuredBroker, directory: string) {
    this.broker = broker;
    this.directory = directory;
    this.#base = {
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
  }

  static async open(): Promise<SecuredBench> {
    const broker = await startSecuredBroker({ reauthenticateMs: REAUTHENTICATE_MS });
    const bench = new SecuredBench(broker, await mkdtemp(path.join(tmpdir(), 'provenonce-secured-test-')));
    await using admin = await KafkaAdmin.connect(bench.#connection(bench.password('PLAIN')));
    await admin.createTopic({ topic: bench.topic, partitions: 2, timestamps: 'append' });
    return bench;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.broker[Symbol.asyncDispose]();
    await rm(this.directory, { recursive: true, force: true });
  }

  run(args: readonly string[], env: Env): Promise<Ended> {
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        [MAIN, ...args],
        { env: { ...this.#base, ...env }, timeout: 90_000, maxBuffer: 2 ** 26 },
        (error, out, errors) =>
          resolve({ code: error === null ? 0 : Number(error.code), out, errors, said: out + errors }),
      );
    });
  }

  password(mechanism: string): Env {
    return {
      KAFKA_SASL_MECHANISM: mechanism,
      KAFKA_SASL_USERNAME: this.broker.username,
      KAFKA_SASL_PASSWORD: this.broker.password,
    };
  }

  /** A topic and a dataset of their own. */
  fresh(): Env {
    const id = randomUUID().slice(0, 8);
    return {
      KAFKA_TOPIC_PAYMENTS: `secured-${id}`,
      KAFKA_GROUP_ID: `secured-${id}`,
      BIGQUERY_DATASET: `secured_${id}`,
      CHECKPOINT_LOCATION: path.join(this.directory, id),
    };
  }

  async expectWholeRun(env: Env): Promise<void> {
    const sent = await this.run(['simulate', '--count', String(EVENTS), '--partitions', '2', '--json'], env);
    expect(sent, sent.errors).toMatchObject({ code: 0 });
    const processed = await this.run(['process', '--until-caught-up'], env);
    expect(processed, processed.said).toMatchObject({ code: 0 });
    const verified = await this.run(['verify', '--json'], env);
    expect(verified, verified.errors).toMatchObject({ code: 0 });
    expect(JSON.parse(verified.out)).toMatchObject({ verdict: 'PASS' });
  }

  /** What a command would connect with, for as long as it takes to be let in. */
  async letIn(env: Env): Promise<string[]> {
    await using admin = await KafkaAdmin.connect(this.#connection(env));
    return await admin.listTopics();
  }

  /** The reader of `verify`, which has a client of its own, on a topic that is there. */
  async checkersLetIn(env: Env): Promise<readonly number[]> {
    const kafka = this.#connection(env);
    return await topicInputs({ topic: this.topic, kafka, runtime: systemRuntime }).topicPartitions();
  }

  #connection(env: Env): KafkaConnectionOptions {
    const { config } = parseKafka({ ...this.#base, ...env }, {});
    return kafkaConnection(config, 'secured-test', (file) => readFileSync(file, 'utf8'));
  }
}

/** OAuth's client credentials grant (RFC 6749, 4.4), for one client, over HTTP on the loopback. */
export async function tokenServer(
  bench: SecuredBench,
  clientId: string,
  secret: string,
): Promise<AsyncDisposable & { readonly url: string }> {
  const basic = `Basic ${Buffer.from(`${clientId}:${encodeURIComponent(secret).replaceAll('%20', '+')}`).toString('base64')}`;
  const server: Server = createServer((request, response) => {
    const known = request.headers.authorization === basic;
    response.writeHead(known ? 200 : 401, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(
        known
          ? { access_token: bench.broker.token(), token_type: 'Bearer', expires_in: 300 }
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
