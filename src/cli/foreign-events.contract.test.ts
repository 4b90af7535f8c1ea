/**
 * Topics of others, without a rules file, on real parts: no payment is found, so nothing is written and the process says why. Those
 * who want the rejected rows all the same get them with a warning, and never in silence.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, inject, test } from 'vitest';
import { connection, newTopic } from '../kafka/testing/broker.ts';
import { runCommand } from '../lab/real/run-command.ts';
import { sendRecords } from '../lab/real/topic/send-records.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'foreign-events-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The wire format of a schema registry: a zero byte, a schema id, then Avro. */
const AVRO = Buffer.concat([Buffer.from([0, 0, 0, 0, 42, 12]), Buffer.from('txn-1\u0002')]);

const FOREIGN: readonly { readonly like: string; readonly key: string; readonly value: Buffer }[] = [
  {
    like: 'Stripe',
    key: 'cus_1',
    value: json({
      id: 'evt_1',
      type: 'charge.succeeded',
      data: { object: { id: 'ch_1', amount: 2000, currency: 'usd' } },
    }),
  },
  {
    like: 'Adyen',
    key: 'psp_1',
    value: json({
      notificationItems: [
        { NotificationRequestItem: { pspReference: 'psp_1', amount: { value: 1, currency: 'EUR' } } },
      ],
    }),
  },
  {
    like: 'Debezium',
    key: '{"id":1}',
    value: json({ before: null, after: { id: 1, amount: 'AfQ=' }, source: { table: 'payments' }, op: 'c', ts_ms: 1 }),
  },
  {
    like: 'CloudEvents',
    key: 'a',
    value: json({ specversion: '1.0', id: 'a', source: '/p', type: 'payment', data: { amount: '1.00' } }),
  },
  { like: 'Avro', key: 'acct-1', value: AVRO },
];

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

interface Line {
  readonly event: string;
  readonly level: string;
  readonly text?: string;
  readonly why?: string;
}

const linesOf = (output: string): Line[] =>
  output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

test('five foreign records are refused before anything is written, and are loud when they are taken all the same', async () => {
  const topic = await newTopic(1);
  const dataset = topic.replaceAll('-', '_');
  const env = {
    METADATA_SERVER_DETECTION: 'none',
    KAFKA_BOOTSTRAP_SERVERS: inject('kafkaBootstrapServers'),
    KAFKA_TOPIC_PAYMENTS: topic,
    KAFKA_GROUP_ID: topic,
    BIGQUERY_PROJECT: inject('bigqueryProjectId'),
    BIGQUERY_DATASET: dataset,
    BIGQUERY_EMULATOR_HOST: inject('bigqueryEmulatorHost'),
    BIGQUERY_STORAGE_EMULATOR_HOST: inject('bigqueryStorageEmulatorHost'),
    CHECKPOINT_LOCATION: folder,
    METRICS_PORT: '0',
    LOG_FORMAT: 'json',
    // The topic has the defaults of its broker, as a foreign one has.
    ACCEPT_CLOCK_RISK: 'true',
  };
  await sendRecords(
    connection(),
    topic,
    FOREIGN.map(({ key, value }) => ({ key, value, partition: 0 })),
  );

  const refused = await runCommand(['process', '--until-caught-up'], env);
  expect(refused.code).toBe(65);
  const stopped = linesOf(refused.output).find(({ event }) => event === 'processor.stopped');
  expect(stopped?.why).toContain('nothing_accepted: ');
  expect(stopped?.why).toContain(
    'field_missing 4 (80 %), first at partition 0, offset 0 (field_missing: transaction_id)',
  );
  expect(stopped?.why).toContain(
    'schema_registry_format 1 (20 %), first at partition 0, offset 4 (schema_registry_format: schema 42)',
  );
  expect(linesOf(refused.output).at(-1)?.text).toBe(
    'accepted 0 of 5 (rejected 5: field_missing 4, schema_registry_format 1)',
  );
  // Not even a dataset: its tables would fix the types of columns, and an ownership row the first settings.
  const nothing = await runCommand(['ownership', '--json'], env);
  expect(nothing.code).toBe(64);
  expect(nothing.complaints).toContain('there is no dataset');

  const taken = await runCommand(['process', '--until-caught-up', '--accept-nothing'], env);
  expect(taken.code).toBe(0);
  const warning = linesOf(taken.output).find(({ event }) => event === 'records.rejected');
  expect([warning?.level, warning?.text]).toEqual([
    'warn',
    expect.stringContaining('5 of the last 5 records were rejected (100 %): field_missing 4 (80 %)'),
  ]);
  expect(linesOf(taken.output).at(-1)?.text).toBe(
    'accepted 0 of 5 (rejected 5: field_missing 4, schema_registry_format 1)',
  );
  expect((await runCommand(['verify'], env)).code).toBe(0);
});
