import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { doctor } from './doctor.ts';
import { renderDoctor } from './doctor-text.ts';
import { startBroker, startInfra } from './start-infra.ts';
import { InfraUnavailableError } from './types.ts';

/** A machine with these programs only, each a shell script. */
async function machine(programs: Record<string, string>): Promise<NodeJS.ProcessEnv> {
  const directory = await mkdtemp(join(tmpdir(), 'provenonce-machine-'));
  for (const [name, script] of Object.entries(programs)) {
    const path = join(directory, name);
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
  }
  return { PATH: directory, PROVENONCE_CACHE: join(directory, 'cache') };
}

const java = (version: string) => `echo 'openjdk version "${version}"' >&2`;
const python = (version: string) => `echo /opt/python; echo ${version}`;

describe('a machine with no docker, Java or Python', () => {
  for (const way of ['auto', 'docker', 'native'] as const) {
    test(`refuses ${way} and says what is missing and how to get it`, async () => {
      const refused = startInfra({ way, env: await machine({}) });
      await expect(refused).rejects.toBeInstanceOf(InfraUnavailableError);
      const { message } = (await refused.catch((error: unknown) => error)) as Error;
      expect(message).toContain('install and start Docker');
      expect(message).toContain('install a JRE');
      expect(message).toContain('Python 3.11 or newer');
      expect(message).toContain('KAFKA_BOOTSTRAP_SERVERS');
    });
  }

  test('lacks no Python for a broker alone', async () => {
    const refused = startBroker({ env: await machine({}) });
    await expect(refused).rejects.toBeInstanceOf(InfraUnavailableError);
    const { message } = (await refused.catch((error: unknown) => error)) as Error;
    expect(message).toContain('this machine has no Kafka broker.');
    expect(message).toContain('install a JRE');
    expect(message).not.toMatch(/Python|bqemulator|BIGQUERY/);
  });

  test('has a doctor who says that real runs are not possible', async () => {
    const report = await doctor({ env: await machine({}) });
    expect(report.auto).toBeUndefined();
    expect(renderDoctor(report)).toContain('Real runs are not possible here.');
  });
});

test('external infra names the endpoint that was not given', async () => {
  const env = { KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1', BIGQUERY_EMULATOR_HOST: '127.0.0.1:1' };
  await expect(startInfra({ way: 'external', env })).rejects.toThrow('BIGQUERY_STORAGE_EMULATOR_HOST');
});

test('an external broker needs no endpoint of BigQuery, and has to answer', async () => {
  await expect(startBroker({ way: 'external', env: {} })).rejects.toThrow(
    'external infra needs KAFKA_BOOTSTRAP_SERVERS',
  );
  const env = { KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1' };
  await expect(startBroker({ way: 'external', env })).rejects.toThrow(/Kafka does not answer at 127\.0\.0\.1:1/);
});

test('external infra says which endpoint does not answer', async () => {
  const endpoints = {
    kafkaBootstrapServers: '127.0.0.1:1',
    bigqueryEmulatorHost: '127.0.0.1:1',
    bigqueryStorageEmulatorHost: '127.0.0.1:1',
  };
  await expect(startInfra({ way: 'external', endpoints, env: {} })).rejects.toThrow(
    /does not answer at 127\.0\.0\.1:1/,
  );
});

test('Java and Python that are too old do not count, and the doctor says so', async () => {
  const report = await doctor({ env: await machine({ java: java('11.0.2'), python3: python('3.9.2') }) });
  expect(report.java.problem).toBe('Java 11.0.2 is too old: the Kafka broker needs 17 or newer');
  expect(report.python.problem).toBe('Python 3.9.2 is too old: the BigQuery emulator needs 3.11 or newer');
  expect(report.ways.native).toBe('no');
});

test('a machine without Python can run pipelines into Delta tables, and its doctor says so', async () => {
  const env = { ...(await machine({ java: java('17.0.2') })), MAVEN_REPOSITORY_URL: 'http://127.0.0.1:1' };
  const report = await doctor({ env });
  expect(report).toMatchObject({ auto: undefined, autoBroker: 'native' });
  expect(renderDoctor(report)).toContain('With SINK=delta they are: a broker is enough, and `auto` takes native.');
});

test('a Python shim that refuses to run is passed over for one that runs', async () => {
  const env = await machine({
    'python3.13': 'echo "python3.13: command not found" >&2; exit 127',
    python3: python('3.11.7'),
  });
  expect((await doctor({ env })).python.usable).toEqual({ command: '/opt/python', version: '3.11.7' });
});

test('Java and Python without a way to fetch the broker lack Maven or a repository', async () => {
  const env = await machine({ java: java('21.0.1'), python3: python('3.12.1') });
  const without = await doctor({ env });
  expect(without.ways.native).toBe('no');
  expect(renderDoctor(without)).toContain('MAVEN_REPOSITORY_URL');
  expect((await doctor({ env: { ...env, MAVEN_REPOSITORY_URL: 'https://maven.example' } })).auto).toBe('native');
});

test('auto means docker where a daemon answers, and its fallback is reported', async () => {
  const docker = 'case "$1" in --version) echo Docker 20;; version) echo 20.10;; *) exit 1;; esac';
  const env = await machine({
    docker,
    java: java('17.0.1'),
    python3: python('3.12.1'),
    mvn: 'echo Apache Maven 3.9.1',
  });
  const report = await doctor({ env });
  expect(report.ways).toEqual({ docker: 'if images can be pulled', native: 'yes' });
  expect(renderDoctor(report)).toContain('`auto` takes docker if its images can be pulled, else native.');
});

test('auto says why it passes over docker before it tries the next way', async () => {
  const docker =
    'case "$1" in --version) echo Docker 20;; version) echo 20.10;; *) echo "no route to registry" >&2; exit 1;; esac';
  const told: string[] = [];
  const started = startInfra({ env: await machine({ docker }), onProgress: ({ text }) => told.push(text) });
  await expect(started).rejects.toThrow('native infra needs Java and Python');
  expect(told.at(-1)).toContain('not docker: the image apache/kafka:4.4.0 is not on the Docker daemon');
  expect(told.at(-1)).toContain('no route to registry');
});
