/**
 * The way over from another pipeline, as docs/migrating.md describes it: a consumer that commits after it has written is
 * killed in between, so it has written past its commit. Then ours starts from its group, and knows what it has written:
 * over both tables no payment stands twice, and none is missing.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Consumer } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemRuntime } from '../base/system-runtime.ts';
import { createKafka } from '../kafka/client/connection-options.ts';
import { KafkaAdmin } from '../kafka/kafka-admin.ts';
import { paymentRecord } from '../lab/payment-record.ts';
import { sendRecords } from '../lab/real/topic/send-records.ts';
import type { ScenarioRecord } from '../lab/scenario.ts';
import { type ContractSink, contractSink } from '../sinks/bigquery/testing/contract-endpoints.ts';
import { type CommandEnd, runCommand, sharedEndpoints } from './testing/command-run.ts';

const PARTITIONS = 2;
const PAYMENTS = 120;
/** The other pipeline is killed once it has written this many rows, before it commits the last of them. */
const WRITTEN_BY_OTHER = 60;
const LIMIT_MS = 360_000;

let directory: string;
let env: Record<string, string>;
let topic: string;
/** Of the other pipeline: a dataset of its own. */
let other: ContractSink;
let ours: ContractSink;

const connection = () => ({ brokers: env.KAFKA_BOOTSTRAP_SERVERS!.split(','), clientId: 'cut-over-test' });
const groupOf = () => `${topic}-other`;
const command = (...args: string[]): Promise<CommandEnd> =>
  runCommand({ ...env, START_FROM: `group:${groupOf()}` }, ...args);

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'provenonce-cut-over-'));
  topic = `cut-over-${systemRuntime.uuid().slice(0, 8)}`;
  env = sharedEndpoints(topic, directory);
  const projectId = env.BIGQUERY_PROJECT!;
  ours = await contractSink({ projectId, dataset: env.BIGQUERY_DATASET! });
  other = await contractSink({ projectId, dataset: `${env.BIGQUERY_DATASET}_other`, withoutSchema: true });
  const make = (what: string, sql: string): Promise<void> => other.jobs.change({ what, sql });
  await make('dataset', `CREATE SCHEMA IF NOT EXISTS \`${projectId}.${other.dataset.dataset}\``);
  await make('table', `CREATE TABLE ${other.table('payments')} (id STRING, paid_at TIMESTAMP)`);
  await using admin = await KafkaAdmin.connect(connection());
  await admin.createTopic({ topic, partitions: PARTITIONS, timestamps: 'append' });
}, LIMIT_MS);

afterAll(async () => {
  await Promise.all([ours?.close(), other?.close()]);
  await rm(directory, { recursive: true, force: true });
});

/** Each payment once, and of every fifth a copy, half of the topic later. */
function workload(): ScenarioRecord[] {
  const nowMs = systemRuntime.nowMs();
  const payments = Array.from({ length: PAYMENTS }, (_, i) => {
    const partition = i % PARTITIONS;
    const eventTimeMs = nowMs - 1_000 * (PAYMENTS - i);
    return paymentRecord({ id: `txn-${i}`, eventTimeMs, sender: `acct-${partition}-${i % 6}`, partition });
  });
  return payments.flatMap((record, i) => {
    const copied = i - PAYMENTS / 2;
    return copied >= 0 && copied % 5 === 0 ? [record, payments[copied]!] : [record];
  });
}

/** Writes the rows of a batch, then commits; dies between the two once enough is written. */
async function runOther(): Promise<ReadonlySet<string>> {
  const written = new Set<string>();
  const killed = Promise.withResolvers<void>();
  const consumer: Consumer = createKafka(connection()).consumer({ groupId: groupOf(), maxBytesPerPartition: 2_000 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let isDead = false;
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      if (isDead) return;
      for (let at = 0; at < batch.messages.length; at += 10) {
        const some = batch.messages.slice(at, at + 10);
        const events = some.map(
          ({ value }) => JSON.parse(String(value)) as { transaction_id: string; timestamp: number },
        );
        const rows = events.filter(({ transaction_id: id }) => !written.has(id));
        const values = rows.map((event) => `('${event.transaction_id}', TIMESTAMP_MILLIS(${event.timestamp}))`);
        if (values.length > 0)
          await other.jobs.change({
            what: 'rows',
            sql: `INSERT INTO ${other.table('payments')} VALUES ${values.join(', ')}`,
          });
        for (const { transaction_id: id } of rows) written.add(id);
        if (written.size >= WRITTEN_BY_OTHER) {
          isDead = true;
          killed.resolve();
          return;
        }
        const offset = String(Number(some.at(-1)!.offset) + 1);
        await consumer.commitOffsets([{ topic, partition: batch.partition, offset }]);
      }
    },
  });
  await killed.promise;
  await consumer.disconnect();
  return written;
}

test(
  'from a killed pipeline to ours: no payment twice, none missing, and verify passes',
  async () => {
    const sent = workload();
    await sendRecords(connection(), topic, sent);
    const written = await runOther();
    const query = `SELECT id AS transaction_id, paid_at AS event_time FROM ${other.table('payments')}`;

    const dry = await command('seed', '--known-ids', query, '--dry-run', '--json');
    expect(dry, dry.said).toMatchObject({ code: 0 });
    const plan = JSON.parse(dry.out) as {
      known: { ids: number; knownAtStart: number };
      partitions: { startOffset: number }[];
    };
    expect(plan.known).toMatchObject({ ids: written.size, knownAtStart: written.size, unusable: 0, timeless: 0 });
    const committed = plan.partitions.reduce((sum, { startOffset }) => sum + startOffset, 0);
    expect(committed, 'written past the commit').toBeLessThan(written.size);
    expect(await ours.queries.readOwnership(topic)).toEqual([]);

    const wrong = await command('seed', '--known-ids', query, '--max-amount', '0.01');
    expect(wrong).toMatchObject({ code: 65, said: expect.stringContaining('nothing_accepted') });
    expect(await ours.queries.readOwnership(topic)).toEqual([]);

    const seeded = await command('seed', '--known-ids', query);
    expect(seeded, seeded.said).toMatchObject({ code: 0 });
    expect(seeded.out).toContain(`${written.size} of them are known to every partition when it starts`);
    const again = await command('seed', '--known-ids', query);
    expect(again).toMatchObject({ code: 64, said: expect.stringContaining('was seeded before') });

    const processed = await command('process', '--until-caught-up');
    expect(processed, processed.said).toMatchObject({ code: 0 });
    // From the sink alone: local state is lost.
    await rm(path.join(directory, 'state'), { recursive: true, force: true });
    const later = [...written]
      .slice(0, 4)
      .map((id, i) => ({ ...sent.find(({ value }) => String(value).includes(`"${id}"`))!, i }));
    await sendRecords(connection(), topic, later);
    const resumed = await command('process', '--until-caught-up');
    expect(resumed, resumed.said).toMatchObject({ code: 0 });
    const verified = await command('verify', '--json');
    expect(verified, verified.said).toMatchObject({ code: 0 });
    expect(JSON.parse(verified.out)).toMatchObject({ verdict: 'PASS', unknown: [] });

    const all = await ours.queries.runQuery(
      `SELECT transaction_id AS id FROM ${ours.table('payment_transactions')} UNION ALL SELECT id FROM ${other.table('payments')}`,
    );
    const expected = Array.from({ length: PAYMENTS }, (_, i) => `txn-${i}`).sort();
    expect(all.map(({ id }) => String(id)).sort()).toEqual(expected);
    const copies = await ours.queries.runQuery(
      `SELECT transaction_id, first_kafka_offset, conflict FROM ${ours.table('payment_exceptions')} WHERE disposition = 'duplicate'`,
    );
    const ofOther = copies.filter(({ transaction_id: id }) => written.has(String(id)));
    expect(ofOther.length).toBeGreaterThan(4);
    for (const { first_kafka_offset, conflict } of ofOther)
      expect([first_kafka_offset, conflict]).toEqual([null, false]);

    // A list that was changed is found by verify, and by a partition that starts without local state.
    await ours.jobs.change({
      what: 'a loss',
      sql: `DELETE FROM ${ours.table('known_payments')} WHERE transaction_id = '${[...written].at(-1)}'`,
    });
    const changed = await command('verify', '--json');
    expect(changed).toMatchObject({ code: 1 });
    expect(changed.out).toContain('known_list_differs');
  },
  LIMIT_MS,
);
