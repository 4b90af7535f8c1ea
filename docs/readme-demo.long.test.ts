/** The README's first command, on real parts and with fewer payments. What it prints on a terminal is tested in src/demo. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';
import { REPOSITORY, readRepositoryFile } from './testing/markdown.ts';
import { programWords, wordsOf } from './testing/program-words.ts';

const SMALL = ['--events', '20000', '--rate', '4000', '--infra', 'external'];

test('npm run demo passes', async () => {
  expect(readRepositoryFile('README.md')).toContain('npm ci && npm run demo\n');
  const words = programWords(wordsOf('npm run demo'))!;
  const directory = await mkdtemp(path.join(tmpdir(), 'provenonce-demo-'));
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    METADATA_SERVER_DETECTION: 'none',
    KAFKA_BOOTSTRAP_SERVERS: inject('kafkaBootstrapServers'),
    BIGQUERY_PROJECT: inject('bigqueryProjectId'),
    BIGQUERY_EMULATOR_HOST: inject('bigqueryEmulatorHost'),
    BIGQUERY_STORAGE_EMULATOR_HOST: inject('bigqueryStorageEmulatorHost'),
  };
  try {
    const main = path.join(REPOSITORY, 'src', 'cli', 'main.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [main, ...words, ...SMALL], {
      cwd: directory,
      env,
      maxBuffer: 2 ** 26,
    });
    expect(stdout).toMatch(/^PASS {2}in /m);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
