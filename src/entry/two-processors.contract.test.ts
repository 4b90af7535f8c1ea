/** Two processors of one group in one program share the partitions: neither removes the other from the group. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, inject, test } from 'vitest';
import { systemRuntime } from '../base/system-runtime.ts';
import { connection, newTopic } from '../kafka/testing/broker.ts';
import { eventually } from '../kafka/testing/source-probe.ts';
import { paymentRecord } from '../lab/payment-record.ts';
import { sendRecords } from '../lab/real/topic/send-records.ts';
import { type ExitReport, type ProcessorEvent, runProcessor } from './processor.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'two-processors-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('two processors of one group in one program: each works on its share, and neither is taken for dead', async () => {
  const topic = await newTopic(2, { timestamps: 'append' });
  // Without a payment no table is made, and no group joined.
  await sendRecords(connection(), topic, [paymentRecord({ id: 'first', eventTimeMs: systemRuntime.nowMs() })]);
  const stop = new AbortController();
  const events: ProcessorEvent[][] = [[], []];
  const start = (nth: number): Promise<ExitReport> =>
    runProcessor({
      settings: {
        METADATA_SERVER_DETECTION: 'none',
        KAFKA_BOOTSTRAP_SERVERS: connection().brokers.join(','),
        KAFKA_TOPIC_PAYMENTS: topic,
        KAFKA_GROUP_ID: topic,
        BIGQUERY_PROJECT: inject('bigqueryProjectId'),
        BIGQUERY_DATASET: topic.replaceAll('-', '_'),
        BIGQUERY_EMULATOR_HOST: inject('bigqueryEmulatorHost'),
        BIGQUERY_STORAGE_EMULATOR_HOST: inject('bigqueryStorageEmulatorHost'),
        CHECKPOINT_LOCATION: path.join(folder, String(nth)),
        METRICS_PORT: '0',
      },
      signal: stop.signal,
      observer: { emit: (event) => events[nth]!.push(event) },
    });
  const assigned = (nth: number): readonly number[] =>
    events[nth]!.findLast((event) => event.type === 'assignment.changed')?.partitions ?? [];
  const runs = [start(0)];
  try {
    await eventually(() => assigned(0).length === 2);
    runs.push(start(1));
    await eventually(() => assigned(0).length === 1 && assigned(1).length === 1);
  } finally {
    stop.abort();
  }
  expect((await Promise.all(runs)).map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  expect(events.flat().filter(({ type }) => type === 'group.dead_member_removed')).toEqual([]);
});
