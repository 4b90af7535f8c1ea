/**
 * Each example of a rules file end to end on a real broker and emulator: its records are sent, processed and verified, and the rows are
 * those that are written down for them.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, inject, test } from 'vitest';
import { connection, newTopic } from '../kafka/testing/broker.ts';
import { runCommand } from '../lab/real/run-command.ts';
import { sendRecords } from '../lab/real/topic/send-records.ts';
import { sampleOfLines } from '../rules-check/sample.ts';
import { EXAMPLE_RECORD_TIME_MS, EXAMPLES, expectedOf } from '../rules-check/testing/examples.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'example-mappings-'));
afterAll(() => rmSync(folder, { recursive: true }));

const IN_JSON = readdirSync(EXAMPLES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !['avro', 'protobuf'].includes(entry.name))
  .map(({ name }) => name);

interface Answer {
  readonly rows?: readonly { readonly f: readonly { readonly v: string | null }[] }[];
}

async function query(sql: string): Promise<(string | null)[][]> {
  const url = `http://${inject('bigqueryEmulatorHost')}/bigquery/v2/projects/${inject('bigqueryProjectId')}/queries`;
  const body = JSON.stringify({ useLegacySql: false, query: sql });
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return (((await response.json()) as Answer).rows ?? []).map(({ f }) => f.map(({ v }) => v));
}

test.each(IN_JSON)(
  '%s: sent, processed, verified',
  async (name) => {
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
      CHECKPOINT_LOCATION: path.join(folder, name),
      METRICS_PORT: '0',
      LOG_FORMAT: 'json',
      ACCEPT_CLOCK_RISK: 'true',
      RULES_FILE: path.join(EXAMPLES, name, 'rules.yaml'),
    };
    const sample = sampleOfLines(readFileSync(path.join(EXAMPLES, name, 'events.tsv'), 'utf8'), EXAMPLE_RECORD_TIME_MS);
    await sendRecords(
      connection(),
      topic,
      sample.map(({ record: { key, value, timestampMs } }) => ({ key: String(key), value, timestampMs, partition: 0 })),
    );

    const processed = await runCommand(['process', '--until-caught-up'], env);
    expect(processed.code, processed.output + processed.complaints).toBe(0);
    const verified = await runCommand(['verify'], env);
    expect(verified.code, verified.output + verified.complaints).toBe(0);

    const expected = expectedOf(name);
    const accepted = expected.filter(({ disposition }) => disposition === 'accepted');
    const payments = await query(
      `SELECT kafka_offset, transaction_id, sender_account_id, currency FROM ${dataset}.payment_transactions ORDER BY kafka_offset`,
    );
    expect(payments).toEqual(
      accepted.map(({ offset, transaction_id, sender_account_id, currency }) => [
        offset,
        transaction_id,
        sender_account_id,
        currency,
      ]),
    );
    const exceptions = await query(
      `SELECT kafka_offset, disposition, IFNULL(reason, '') FROM ${dataset}.payment_exceptions ORDER BY kafka_offset`,
    );
    expect(exceptions).toEqual(
      expected
        .filter(({ disposition }) => disposition !== 'accepted')
        .map(({ offset, disposition, reason }) => [offset, disposition, reason]),
    );
  },
  180_000,
);
