/**
 * The commands on Delta tables in a folder, made by a processor on a real broker: each one changes what it says and nothing else, and
 * verify passes after it.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemRuntime } from '../base/system-runtime.ts';
import { KafkaAdmin } from '../kafka/kafka-admin.ts';
import { type CommandEnd, runCommand, sharedEndpoints } from './testing/command-run.ts';

const PARTITIONS = 2;
const RECORDS = 600;
const LIMIT_MS = 240_000;

let directory: string;
let env: Record<string, string>;

const command = (...args: string[]): Promise<CommandEnd> => runCommand(env, ...args);

/** The document that a command prints. */
async function document<T>(...args: string[]): Promise<T> {
  const end = await command(...args, '--json');
  expect(end, end.said).toMatchObject({ code: 0 });
  return JSON.parse(end.out) as T;
}

async function expectVerified(): Promise<void> {
  const end = await command('verify');
  expect(end.said).toMatch(/PASS/);
  expect(end.code, end.said).toBe(0);
}

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'provenonce-delta-commands-'));
  const topic = `delta-commands-${systemRuntime.uuid().slice(0, 8)}`;
  env = { ...sharedEndpoints(topic, directory), SINK: 'delta', DELTA_LOCATION: path.join(directory, 'tables') };
  // A location is never made: a disk that is not mounted must not look like an empty one.
  await mkdir(env.DELTA_LOCATION!);
  for (const name of Object.keys(env)) if (name.startsWith('BIGQUERY_')) delete env[name];
  await using admin = await KafkaAdmin.connect({ brokers: env.KAFKA_BOOTSTRAP_SERVERS!.split(','), clientId: 'test' });
  await admin.createTopic({ topic, partitions: PARTITIONS, timestamps: 'append' });
  const dials = ['--count', String(RECORDS), '--late', '0.05', '--malformed', '0.02'];
  const sent = await command('simulate', ...dials);
  expect(sent, sent.said).toMatchObject({ code: 0 });
  for (const run of [1, 2]) {
    const end = await command('process', '--until-caught-up');
    expect(end, `run ${run}: ${end.said}`).toMatchObject({ code: 0 });
  }
}, LIMIT_MS);

afterAll(() => rm(directory, { recursive: true, force: true }));

test('verify passes what a processor wrote, and reconcile finds every payment once', {
  timeout: LIMIT_MS,
}, async () => {
  await expectVerified();
  const report = await document<{ verdict: string; days: { totalRows: number }[] }>('reconcile');
  expect(report.verdict).toBe('PASS');
  expect(report.days.reduce((sum, { totalRows }) => sum + totalRows, 0)).toBeGreaterThan(RECORDS / 2);
});

test('ownership shows each partition, its epoch and its progress', { timeout: LIMIT_MS }, async () => {
  const { partitions } = await document<{ partitions: object[] }>('ownership');
  const held = {
    epoch: expect.any(Number),
    behind: 0,
    checkpointAgeS: expect.any(Number),
    standsStill: false,
    owner: expect.any(String),
  };
  expect(partitions).toMatchObject([
    { partition: 0, ...held },
    { partition: 1, ...held },
  ]);
});

test('schema apply finds nothing to make, and schema print has the views', { timeout: LIMIT_MS }, async () => {
  const applied = await document<object>('schema', 'apply', '--dry-run');
  expect(applied).toMatchObject({ applied: false, location: env.DELTA_LOCATION, madeTables: [] });
  const { sql } = await document<{ sql: string }>('schema', 'print');
  expect(sql).toContain(`delta_scan('${env.DELTA_LOCATION}/payment_transactions')`);
  expect(sql.match(/CREATE OR REPLACE VIEW/g)).toHaveLength(21);
});

test('backfill adds late payments once', { timeout: LIMIT_MS }, async () => {
  const planned = await document<{ added: number }>('backfill', '--dry-run');
  expect(planned.added).toBeGreaterThan(0);
  expect(await document('backfill')).toMatchObject({ added: planned.added, unfinished: false });
  expect(await document('backfill')).toMatchObject({ added: 0, leftOut: { backfilled: planned.added } });
  await expectVerified();
});

test('delta compact leaves one file a table, and delta vacuum finds what it replaced is too young', {
  timeout: LIMIT_MS,
}, async () => {
  interface Tables {
    readonly tables: {
      readonly table: string;
      readonly filesBefore: number;
      readonly filesAfter: number;
      readonly files: number;
      readonly keptFiles: number;
    }[];
  }
  const planned = await document<Tables>('delta', 'compact', '--dry-run');
  const done = await document<Tables>('delta', 'compact');
  const of = ({ tables }: Tables, name: string) => tables.find(({ table }) => table === name)!;
  expect(of(done, 'payment_transactions').filesBefore).toBe(of(planned, 'payment_transactions').filesBefore);
  expect(of(done, 'payment_transactions')).toMatchObject({ filesAfter: 1 });
  expect(await document('delta', 'compact')).toMatchObject({ tables: done.tables.map(() => ({ filesBefore: 0 })) });
  await expectVerified();
  const vacuumed = await document<Tables>('delta', 'vacuum');
  expect(of(vacuumed, 'payment_transactions')).toMatchObject({ files: 0 });
  expect(of(vacuumed, 'payment_transactions').keptFiles).toBeGreaterThanOrEqual(
    of(done, 'payment_transactions').filesBefore,
  );
});

test('prune-checkpoints keeps the newest, and a processor continues from it', { timeout: LIMIT_MS }, async () => {
  const { partitions } = await document<{ partitions: { kept: number; removed: number }[] }>(
    'prune-checkpoints',
    '--days',
    '0',
  );
  expect(partitions.map(({ kept }) => kept)).toEqual([1, 1]);
  await command('simulate', '--count', '50', '--seed', '2');
  expect(await command('process', '--until-caught-up')).toMatchObject({ code: 0 });
  await expectVerified();
});

test('rescale adds a partition, and skip gives up offsets that are to come', { timeout: LIMIT_MS }, async () => {
  const rescaled = await document<object>('rescale', '--partitions', '3', '--producers-stopped', '--by', 'test');
  expect(rescaled).toMatchObject({ from: 2, isDone: false });
  const skip = ['skip', '--partition', '2', '--from', '0', '--to', '2', '--reason', 'a test', '--by', 'test'];
  await command('simulate', '--count', '90', '--seed', '3');
  const skipped = await command(...skip);
  expect(skipped, skipped.said).toMatchObject({ code: 0 });
  expect(await command('process', '--until-caught-up')).toMatchObject({ code: 0 });
  const report = await document<{ verdict: string; skipped: string[] }>('verify');
  expect(report).toMatchObject({ verdict: 'PASS', skipped: [expect.stringContaining('partition 2: offsets 0 to 1')] });
});

test('commands name what they need of the other sink', { timeout: LIMIT_MS }, async () => {
  const end = await runCommand({ PATH: env.PATH!, BIGQUERY_PROJECT: 'my-project' }, 'delta', 'compact');
  expect(end.code).toBe(64);
  expect(end.said).toContain('set SINK=delta and DELTA_LOCATION');
});
