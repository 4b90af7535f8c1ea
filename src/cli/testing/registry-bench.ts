/**
 * A schema registry, a broker and the shared emulator, and commands to try on them. Records come from librdkafka, in the wire format of
 * the registry.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inject } from 'vitest';
import { librdkafka } from '../../infra/native/foreign-producers.ts';
import { nativeSchemaRegistry, type TestRegistry } from '../../infra/native/schema-registry.ts';
import { reservePorts } from '../../infra/ports.ts';
import { Reaper } from '../../infra/reaper/reaper.ts';
import { KafkaAdmin } from '../../kafka/kafka-admin.ts';

const MAIN = path.join(import.meta.dirname, '..', 'main.ts');

export interface Ended {
  readonly code: number;
  readonly out: string;
  /** Both streams. */
  readonly said: string;
}

export interface Sent {
  readonly key: string;
  readonly value: Buffer;
}

export interface Reference {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

export class RegistryBench implements AsyncDisposable {
  readonly registry: TestRegistry;
  readonly #reaper: Reaper;
  readonly #ports: { release(): void };
  readonly #directory: string;
  readonly #send: Awaited<ReturnType<typeof librdkafka>>;
  #env: Readonly<Record<string, string>> = {};

  private constructor(
    parts: { registry: TestRegistry; reaper: Reaper; ports: { release(): void } },
    directory: string,
    send: Awaited<ReturnType<typeof librdkafka>>,
  ) {
    this.registry = parts.registry;
    this.#reaper = parts.reaper;
    this.#ports = parts.ports;
    this.#directory = directory;
    this.#send = send;
  }

  /** The registry is started. */
  static async open(): Promise<RegistryBench> {
    const reaper = new Reaper();
    const ports = await reservePorts();
    try {
      const [registry, send, directory] = await Promise.all([
        nativeSchemaRegistry(ports.rest, reaper),
        librdkafka(),
        mkdtemp(path.join(tmpdir(), 'provenonce-registry-test-')),
      ]);
      await registry.control.start();
      return new RegistryBench({ registry, reaper, ports }, directory, send);
    } catch (error) {
      await reaper.end();
      ports.release();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reaper.end();
    this.#ports.release();
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** A topic of one partition, a dataset and a rules file of their own. */
  async begin(rules: string): Promise<string> {
    const id = randomUUID().slice(0, 8);
    const topic = `schemas-${id}`;
    const brokers = [inject('kafkaBootstrapServers')];
    await using admin = await KafkaAdmin.connect({ brokers, clientId: 'registry-test' });
    await admin.createTopic({ topic, partitions: 1, timestamps: 'append' });
    this.#env = {
      PATH: process.env.PATH ?? '',
      METADATA_SERVER_DETECTION: 'none',
      KAFKA_BOOTSTRAP_SERVERS: inject('kafkaBootstrapServers'),
      KAFKA_TOPIC_PAYMENTS: topic,
      KAFKA_GROUP_ID: topic,
      BIGQUERY_PROJECT: inject('bigqueryProjectId'),
      BIGQUERY_EMULATOR_HOST: inject('bigqueryEmulatorHost'),
      BIGQUERY_STORAGE_EMULATOR_HOST: inject('bigqueryStorageEmulatorHost'),
      BIGQUERY_DATASET: `schemas_${id}`,
      CHECKPOINT_LOCATION: path.join(this.#directory, id),
      RULES_FILE: path.join(this.#directory, `${id}.yaml`),
      SCHEMA_REGISTRY_URL: this.registry.url,
      SCHEMA_PATIENCE: '3s',
      UNREACHABLE_AFTER: '60s',
      LOG_FORMAT: 'json',
      LOG_LEVEL: 'debug',
      METRICS_PORT: '0',
    };
    await this.rules(rules);
    return topic;
  }

  /** Replaces the rules file. */
  async rules(text: string): Promise<void> {
    await writeFile(this.#env.RULES_FILE!, text);
  }

  /** The local state is gone: the next owner rebuilds it from the tables. */
  async loseState(): Promise<void> {
    await rm(this.#env.CHECKPOINT_LOCATION!, { recursive: true, force: true });
  }

  run(...args: string[]): Promise<Ended> {
    return this.start(...args).ended;
  }

  /** `says` resolves once the command has written the text. */
  start(...args: string[]): { readonly ended: Promise<Ended>; readonly says: (text: string) => Promise<void> } {
    const options = { env: this.#env, timeout: 150_000, maxBuffer: 2 ** 26 };
    const { promise, resolve } = Promise.withResolvers<Ended>();
    const child = execFile(process.execPath, [MAIN, ...args], options, (error, out, errors) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, said: out + errors }),
    );
    let said = '';
    const says = (text: string): Promise<void> =>
      new Promise((written, failed) => {
        const look = (): void => {
          if (said.includes(text)) written();
        };
        for (const stream of [child.stdout, child.stderr]) {
          stream?.on('data', (chunk: string) => {
            said += chunk;
            look();
          });
        }
        void promise.then((ended) => failed(new Error(`it ended without ${text}: ${ended.said}`)));
      });
    return { ended: promise, says };
  }

  async send(records: readonly Sent[], compression = 'lz4'): Promise<void> {
    await this.#send({
      config: { 'bootstrap.servers': this.#env.KAFKA_BOOTSTRAP_SERVERS!, 'compression.type': compression },
      topic: this.#env.KAFKA_TOPIC_PAYMENTS!,
      records: records.map(({ key, value }) => ({ key, value: { base64: value.toString('base64') } })),
    });
  }

  /** Registers a schema and returns its id. */
  async register(
    subject: string,
    schemaType: 'AVRO' | 'PROTOBUF',
    schema: string,
    references: readonly Reference[] = [],
  ): Promise<number> {
    const response = await fetch(`${this.registry.url}/subjects/${encodeURIComponent(subject)}/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schema, schemaType, references }),
    });
    const answer = (await response.json()) as { id?: number };
    if (answer.id === undefined) throw new Error(`not registered: ${response.status} ${JSON.stringify(answer)}`);
    return answer.id;
  }
}

/** Behind the zero byte and the id. */
export function inWireFormat(id: number, value: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(id, 1);
  return Buffer.concat([head, value]);
}
