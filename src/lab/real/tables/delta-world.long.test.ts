/**
 * Delta Lake on real parts: a processor is killed in mid-batch and writes tables on a disk and in an S3-compatible store; then other engines
 * judge them. Nothing of ours reads for them: delta-rs, DuckDB on the Delta kernel, Spark.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { storedSums } from '../../../checks/by-sql/assertions.ts';
import {
  type Asked,
  type DeltaRs,
  type DuckDb,
  type Spark,
  startDeltaRs,
  startDuckDb,
  startSpark,
} from '../../../infra/judges/delta-judges.ts';
import { type S3Store, startS3Store } from '../../../infra/s3/s3-store.ts';
import { RealWorld } from '../real-world.ts';
import type { DeltaWorldSink } from './world-tables.ts';

const HOUR_MS = 3_600_000;
const PARTITIONS = 2;
const BUCKET = 'provenonce';
const KEYED = { keys: ['kafka_partition', 'kafka_offset'] } as const;
const PAYMENTS: Asked = { ...KEYED, sums: ['amount'], times: ['event_time', 'processed_at'] };

let folder: string;
let store: S3Store;
let deltaRs: DeltaRs;
let duckDb: DuckDb;
let spark: Spark;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'provenonce-delta-world-'));
  store = await startS3Store();
  await store.makeBucket(BUCKET);
  Object.assign(process.env, store.env);
  [deltaRs, duckDb, spark] = await Promise.all([startDeltaRs(store.env), startDuckDb(store.env), startSpark()]);
}, 900_000);
afterAll(async () => {
  for (const each of [deltaRs, duckDb, spark, store]) await each?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** A processor is killed in mid-batch, a second one finishes; resolves when all is below a checkpoint. */
async function killedInMidBatch(sink: DeltaWorldSink, name: string): Promise<RealWorld> {
  const world = await RealWorld.create({
    name,
    infra: { kafkaBootstrapServers: inject('kafkaBootstrapServers') },
    sink,
    partitions: PARTITIONS,
    folder: path.join(folder, name),
    settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '3s' },
  });
  const first = world.start('alpha', { crashAt: { point: 'append.payment_transactions.after', hit: 3 } });
  const sending = world.send({
    seed: 77,
    count: 3_000,
    ratePerSecond: 1_000,
    spanMs: 3 * HOUR_MS,
    baseTimeMs: world.nowMs() - 5 * HOUR_MS,
    duplicateShare: 0.1,
    lateShare: 0.01,
    malformedShare: 0.01,
  });
  expect(await first.waitForExit(90_000)).toMatchObject({ signal: 'SIGKILL' });
  world.start('alpha');
  world.expectSums((await sending).expectedSums);
  await world.drain();
  expect((await world.stopAll()).map(({ code }) => code)).toEqual([0]);
  expect((await world.verify()).verdict).toBe('PASS');
  return world;
}

/** By topic and partition, what the log of a data table must say. */
async function positions(world: RealWorld): Promise<Record<string, number>> {
  const said: Record<string, number> = {};
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const { endOffset } = await world.inputs.bounds(partition);
    // Every record has a row in one of the tables, and the last of each may be below the end.
    said[`provenonce/${world.topic}/${partition}/next`] = endOffset;
  }
  return said;
}

async function expected(world: RealWorld) {
  const sums = await storedSums(world.tables.sql);
  const rows = Object.values(sums).reduce((sum, { count }) => sum + count, 0);
  expect(sums).toEqual(world.expectedSums[0]);
  return { rows };
}

test('all three judges read what a killed processor and its successor wrote on a disk: rows, sums, types, times, positions', async () => {
  await using world = await killedInMidBatch({ kind: 'delta', location: path.join(folder, 'lake') }, 'delta-disk');
  const { rows } = await expected(world);
  const table = (name: string) => path.join(world.tables.folder!, name);
  const ends = await positions(world);
  const txns = Object.keys(ends);
  const payments = await spark.look(table('payment_transactions'), { ...PAYMENTS, txns });
  expect(payments).toMatchObject({ rows, distinct: rows });
  expect(payments.types).toMatchObject({
    kafka_partition: 'long',
    kafka_offset: 'long',
    amount: 'decimal(38,9)',
    event_time: 'timestamp',
    transaction_id: 'string',
  });
  const { version, id, txns: said, files, ...judged } = payments;
  expect(await duckDb.look(table('payment_transactions'), PAYMENTS)).toEqual(judged);
  expect(await deltaRs.look(table('payment_transactions'), { ...PAYMENTS, txns })).toEqual(payments);
  for (const [app, end] of Object.entries(ends)) {
    // A position ends with the last row of its table: an exception may be behind it.
    expect(said[app]).toBeLessThanOrEqual(end);
    expect(said[app]).toBeGreaterThan(end - 200);
  }
  for (const name of ['payment_transactions_fraud', 'payment_exceptions']) {
    const seen = await Promise.all([deltaRs, duckDb, spark].map((judge) => judge.look(table(name), KEYED)));
    expect(new Set(seen.map((each) => `${each.rows} ${each.distinct}`)).size).toBe(1);
    expect(seen[0]!.rows).toBe(seen[0]!.distinct);
  }
  const control = await spark.look(table('partition_ownership'));
  expect(control.rows).toBe(PARTITIONS);
}, 600_000);

test('compaction and vacuum by delta-rs beside a running processor lose nothing, and it continues', async () => {
  await using world = await killedInMidBatch({ kind: 'delta', location: path.join(folder, 'lake') }, 'delta-upkeep');
  const table = path.join(world.tables.folder!, 'payment_transactions');
  const processor = world.start('alpha');
  const sending = world.send({
    seed: 78,
    count: 3_000,
    ratePerSecond: 500,
    spanMs: HOUR_MS,
    baseTimeMs: world.nowMs() - HOUR_MS,
  });
  await processor.waitFor('takeover.running', 60_000);
  let sent = false;
  const done = sending.finally(() => {
    sent = true;
  });
  let compacted = 0;
  while (!sent) {
    // A writer that takes the version first makes it fail: then it is tried again.
    const { numFilesRemoved = 0 } = await deltaRs.compact(table).catch(() => ({ numFilesRemoved: 0 }));
    compacted += numFilesRemoved;
    await world.sleep(500);
  }
  await done;
  await world.drain();
  expect(compacted).toBeGreaterThan(0);
  expect(processor.running).toBe(true);
  await deltaRs.checkpoint(table);
  await processor.stop();
  await deltaRs.vacuum(table);
  expect((await world.verify()).verdict).toBe('PASS');
  // A log checkpoint of another engine keeps the positions: the next owner finds them.
  const next = world.start('beta');
  await next.waitFor('takeover.running', 60_000);
  await next.stop();
}, 600_000);

test('delta-rs and DuckDB read the tables in an S3-compatible store, and a restored version is refused by name', async () => {
  const sink = { kind: 'delta', location: `s3://${BUCKET}/lab`, env: store.env } as const;
  await using world = await killedInMidBatch(sink, 'delta-store');
  const { rows } = await expected(world);
  const table = `s3://${BUCKET}/lab/${world.dataset}/payment_transactions`;
  const seen = await deltaRs.look(table, PAYMENTS);
  expect(seen).toMatchObject({ rows, distinct: rows });
  expect(await duckDb.look(table, PAYMENTS)).toMatchObject({
    rows,
    distinct: rows,
    sums: seen.sums,
    times: seen.times,
  });

  const before = world.start('alpha');
  await before.waitFor('takeover.running', 60_000);
  await deltaRs.restore(table, seen.version - 1);
  const sent = await world.send({ seed: 79, count: 200, spanMs: HOUR_MS / 4 }).catch(() => undefined);
  expect(sent).toBeDefined();
  expect(await before.waitForExit(90_000)).toMatchObject({ code: 65 });
  expect(before.eventsOf('partition.stopped').map(({ code }) => code)).toContain('rows_lost');
  expect((await world.operate('verify')).code).not.toBe(0);
  const idle = world.start('beta');
  expect((await idle.waitForExit(90_000)).code).toBe(65);
}, 600_000);
