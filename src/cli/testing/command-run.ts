/** Runs the program's commands as processes of their own, for tests on real parts. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { inject } from 'vitest';

const MAIN = path.join(import.meta.dirname, '..', 'main.ts');
const LIMIT_MS = 120_000;

export interface CommandEnd {
  readonly code: number;
  readonly out: string;
  /** Standard output and standard error. */
  readonly said: string;
}

/** The endpoints that the tests share; topic, group and dataset by one name. */
export function sharedEndpoints(name: string, directory: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    METADATA_SERVER_DETECTION: 'none',
    KAFKA_BOOTSTRAP_SERVERS: inject('kafkaBootstrapServers'),
    KAFKA_TOPIC_PAYMENTS: name,
    KAFKA_GROUP_ID: name,
    BIGQUERY_PROJECT: inject('bigqueryProjectId'),
    BIGQUERY_EMULATOR_HOST: inject('bigqueryEmulatorHost'),
    BIGQUERY_STORAGE_EMULATOR_HOST: inject('bigqueryStorageEmulatorHost'),
    BIGQUERY_DATASET: name.replaceAll('-', '_'),
    CHECKPOINT_LOCATION: path.join(directory, 'state'),
    LOG_FORMAT: 'json',
    METRICS_PORT: '0',
  };
}

export function runCommand(env: Readonly<Record<string, string>>, ...args: string[]): Promise<CommandEnd> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env, timeout: LIMIT_MS, maxBuffer: 2 ** 26 }, (error, out, errors) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, said: out + errors }),
    );
  });
}
