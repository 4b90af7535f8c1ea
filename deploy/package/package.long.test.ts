/**
 * The packed archive, unpacked into an empty project: without the lab's packages it simulates, processes (embedded, as
 * examples/embed does it) and verifies; with them it runs a scenario. Needs the npm registry for the package's dependencies.
 */
import { execFile, spawn } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';

const ROOT = path.join(import.meta.dirname, '..', '..');
const EXAMPLE = path.join(ROOT, 'examples', 'embed');
const LIMIT_MS = 240_000;
const EVENTS = 500;

interface Ended {
  readonly code: number;
  readonly said: string;
}

interface Manifest {
  readonly version: string;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

let manifest: Manifest;
let folder: string;
let project: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  manifest = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as Manifest;
  folder = await mkdtemp(path.join(tmpdir(), 'provenonce-package-'));
  project = path.join(folder, 'project');
  await cp(EXAMPLE, project, { recursive: true });
  env = {
    // This Node first: the one of the machine may be older. Nothing of the checkout's packages.
    PATH: [path.dirname(process.execPath), ...(process.env.PATH ?? '').split(path.delimiter)]
      .filter((place) => !place.includes('node_modules') || place === path.dirname(process.execPath))
      .join(path.delimiter),
    HOME: process.env.HOME,
    // Where a proxy signs what npm fetches: packages that are not in npm's cache yet.
    NODE_EXTRA_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS,
    PROVENONCE_CACHE: process.env.PROVENONCE_CACHE,
    METADATA_SERVER_DETECTION: 'none',
    KAFKA_BOOTSTRAP_SERVERS: inject('kafkaBootstrapServers'),
    KAFKA_TOPIC_PAYMENTS: 'package-payment-events',
    KAFKA_GROUP_ID: 'package',
    BIGQUERY_PROJECT: inject('bigqueryProjectId'),
    BIGQUERY_DATASET: 'package_payment_data',
    BIGQUERY_EMULATOR_HOST: inject('bigqueryEmulatorHost'),
    BIGQUERY_STORAGE_EMULATOR_HOST: inject('bigqueryStorageEmulatorHost'),
    CHECKPOINT_LOCATION: path.join(folder, 'checkpoint'),
  };
  await done('npm', ['pack', '--pack-destination', folder], ROOT);
  await writeFile(
    path.join(project, 'package.json'),
    JSON.stringify({ name: 'empty', private: true, type: 'module' }, null, 2),
  );
  await install(
    path.join(folder, `provenonce-${manifest.version}.tgz`),
    `@types/node@${manifest.devDependencies['@types/node']}`,
  );
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function run(program: string, args: readonly string[], cwd = project): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(program, args, { cwd, env, timeout: LIMIT_MS, maxBuffer: 2 ** 26 }, (error, out, errors) =>
      resolve({ code: error === null ? 0 : Number(error.code), said: out + errors }),
    );
  });
}

async function done(program: string, args: readonly string[], cwd = project): Promise<string> {
  const { code, said } = await run(program, args, cwd);
  expect(code, `${program} ${args.join(' ')}\n${said}`).toBe(0);
  return said;
}

async function install(...packages: readonly string[]): Promise<void> {
  await done('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', ...packages]);
}

const provenonce = (...args: readonly string[]): Promise<Ended> => run('npx', ['--no-install', 'provenonce', ...args]);

test('without the lab: the version, a whole run with the example, and verify', async () => {
  const installed = await readdir(path.join(project, 'node_modules'));
  for (const name of Object.keys(manifest.peerDependencies)) expect(installed).not.toContain(name);
  expect((await provenonce('--version')).said).toContain(`provenonce ${manifest.version} (fold version `);
  const sent = await provenonce('simulate', '--count', String(EVENTS), '--partitions', '1');
  expect(sent.code, sent.said).toBe(0);

  await done(path.join(ROOT, 'node_modules', '.bin', 'tsc'), ['-p', project]);
  const example = spawn(process.execPath, ['main.js'], { cwd: project, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise<number | null>((resolve) => example.once('exit', resolve));
  const lines: string[] = [];
  for await (const line of createInterface({ input: example.stdout })) {
    lines.push(line);
    if (line === `partition 0: below ${EVENTS}`) example.kill('SIGTERM');
  }
  expect([await exited, lines.at(-1)], lines.join('\n')).toEqual([0, 'ended: asked to stop']);

  const verified = await provenonce('verify');
  expect(verified.code, verified.said).toBe(0);
  expect(verified.said).toMatch(/\bPASS\b/);
});

test('a command of the lab without its packages says which to install; with them it runs a scenario', async () => {
  const refused = await provenonce('lab', 'list');
  expect(refused.code, refused.said).toBe(64);
  const wanted = /Install them with: npm install (.*)/.exec(refused.said)![1]!.trim().split(' ');
  expect(wanted).toEqual(
    Object.entries(manifest.peerDependencies)
      .filter(([name]) => name !== 'testcontainers')
      .map(([name, version]) => `${name}@${version}`),
  );
  await install(...wanted);
  const ran = await provenonce('lab', 'run', 'five-messages-to-three', '--infra', 'external');
  expect(ran.code, ran.said).toBe(0);
  await done(process.execPath, ['--input-type=module', '-e', "(await import('provenonce/lab')).defineScenario.name"]);
  // The source text is not in the package.
  const mutants = await provenonce('lab', 'mutants', 'no-finalize');
  expect(mutants.code, mutants.said).toBe(64);
  expect(mutants.said).toContain('run it in a checkout of the repository');
});
