/**
 * The clock rule on real parts: a topic with Kafka's own default is refused, the error's instructions repair it, and
 * verify reports it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import kafkajs from 'kafkajs';
import { afterAll, expect, inject, test } from 'vitest';
import { systemRuntime } from '../base/system-runtime.ts';
import { createKafka } from '../kafka/client/connection-options.ts';
import { connection, newTopic } from '../kafka/testing/broker.ts';
import { paymentRecord } from '../lab/payment-record.ts';
import { runCommand } from '../lab/real/run-command.ts';
import { sendRecords } from '../lab/real/topic/send-records.ts';

const GOOD = 100;
const FAST_MS = 3_590_000;
const folder = mkdtempSync(path.join(tmpdir(), 'clock-rule-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The same as kafka-configs.sh --add-config on a topic that has one setting of its own. */
async function alterTopic(topic: string, setting: string): Promise<void> {
  const admin = createKafka(connection()).admin();
  await admin.connect();
  const [name, value] = setting.split('=') as [string, string];
  const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configEntries: [{ name, value }] }];
  await admin.alterConfigs({ validateOnly: false, resources });
  await admin.disconnect();
}

test('a topic that takes clocks an hour ahead is refused unless that is accepted, and verify lists it until it is mended', async () => {
  const topic = await newTopic(1);
  const env = {
    METADATA_SERVER_DETECTION: 'none',
    KAFKA_BOOTSTRAP_SERVERS: inject('kafkaBootstrapServers'),
    KAFKA_TOPIC_PAYMENTS: topic,
    KAFKA_GROUP_ID: topic,
    BIGQUERY_PROJECT: inject('bigqueryProjectId'),
    BIGQUERY_DATASET: topic.replaceAll('-', '_'),
    BIGQUERY_EMULATOR_HOST: inject('bigqueryEmulatorHost'),
    BIGQUERY_STORAGE_EMULATOR_HOST: inject('bigqueryStorageEmulatorHost'),
    CHECKPOINT_LOCATION: folder,
    METRICS_PORT: '0',
    LOG_FORMAT: 'json',
  };
  const nowMs = systemRuntime.nowMs();
  const fast = { ...paymentRecord({ id: 'fast', eventTimeMs: nowMs + FAST_MS }), timestampMs: nowMs + FAST_MS };
  const good = Array.from({ length: GOOD }, (_, n) => paymentRecord({ id: `good-${n}`, eventTimeMs: nowMs - 60_000 }));
  await sendRecords(connection(), topic, [fast, ...good]);

  const refused = await runCommand(['process', '--until-caught-up'], env);
  expect(refused.code).toBe(65);
  const mends = /--entity-name (\S+) --add-config (message\.timestamp\.after\.max\.ms=\d+)/.exec(refused.output);
  expect([mends?.[1], mends?.[2]]).toEqual([topic, 'message.timestamp.after.max.ms=1500000']);

  const accepted = await runCommand(['ACCEPT_CLOCK_RISK=true', 'process', '--until-caught-up'], env);
  expect(accepted.code).toBe(0);
  const verified = await runCommand(['verify', '--json'], env);
  const { conditions } = JSON.parse(verified.output) as { conditions: string[] };
  expect(conditions).toContainEqual(
    expect.stringContaining('one fast clock can make good payments of others late: message.timestamp.after.max.ms'),
  );

  await alterTopic(topic, mends![2]!);
  expect((await runCommand(['process', '--until-caught-up'], env)).code).toBe(0);
  const after = JSON.parse((await runCommand(['verify', '--json'], env)).output) as { conditions: string[] };
  expect(after.conditions.filter((one) => one.includes('fast clock'))).toEqual([]);
  // The broker now refuses the record that caused it.
  const again = { ...paymentRecord({ id: 'again', eventTimeMs: nowMs }), timestampMs: nowMs + FAST_MS };
  await expect(sendRecords(connection(), topic, [again])).rejects.toThrow(/timestamp/i);
});
