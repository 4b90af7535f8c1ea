/**
 * What other clients send is read, by the processor and by verify: every codec from librdkafka and from the Java client,
 * mixed in one topic, transactions and headers among it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemRuntime } from '../base/system-runtime.ts';
import type { VerifyReport } from '../checks/verify.ts';
import {
  consoleProducer,
  type ForeignRecord,
  type LibrdkafkaOrder,
  librdkafka,
} from '../infra/native/foreign-producers.ts';
import { TopicConnection } from '../kafka/client/topic-connection.ts';
import { codecOf, scanBatches } from '../kafka/fetch/batch-scan.ts';
import { KafkaAdmin } from '../kafka/kafka-admin.ts';
import { readTopic } from '../kafka/read-topic.ts';
import { paymentRecord } from '../lab/payment-record.ts';
import { contractSink } from '../sinks/bigquery/testing/contract-endpoints.ts';
import { type CommandEnd, runCommand, sharedEndpoints } from './testing/command-run.ts';

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
const PARTITIONS = 2;
/** Of each client and codec. */
const COUNT = 60;
const LIMIT_MS = 480_000;

let directory: string;
let env: Record<string, string>;
let topic: string;
let sendByLibrdkafka: (order: LibrdkafkaOrder) => Promise<void>;
let sendByJava: Awaited<ReturnType<typeof consoleProducer>>;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'provenonce-foreign-'));
  topic = `foreign-${systemRuntime.uuid().slice(0, 8)}`;
  env = sharedEndpoints(topic, directory);
  sendByLibrdkafka = await librdkafka();
  sendByJava = await consoleProducer();
  await using admin = await KafkaAdmin.connect(connection());
  await admin.createTopic({ topic, partitions: PARTITIONS, timestamps: 'append' });
}, LIMIT_MS);

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

const connection = () => ({ brokers: env.KAFKA_BOOTSTRAP_SERVERS!.split(','), clientId: 'foreign-test' });
const command = (...args: string[]): Promise<CommandEnd> => runCommand({ ...env, PARTITIONER: 'murmur2' }, ...args);

function payments(prefix: string, count = COUNT): ForeignRecord[] {
  const nowMs = systemRuntime.nowMs();
  return Array.from({ length: count }, (_, i) => {
    const sender = `acct-${prefix}-${i % 7}`;
    const { key, value } = paymentRecord({ id: `${prefix}-${i}`, eventTimeMs: nowMs - 1_000 * (count - i), sender });
    return { key, value: String(value), headers: [['client', prefix]] };
  });
}

function librdkafkaConfig(codec: (typeof CODECS)[number], more: LibrdkafkaOrder['config'] = {}) {
  return {
    'bootstrap.servers': env.KAFKA_BOOTSTRAP_SERVERS!,
    'compression.type': codec,
    // Of the Java client: the processor checks it.
    partitioner: 'murmur2_random',
    'linger.ms': 200,
    ...more,
  };
}

test(
  'all codecs of librdkafka and of the Java client, mixed in one topic',
  async () => {
    for (const codec of CODECS) {
      const isIdempotent = codec === 'snappy' || codec === 'zstd';
      const config = librdkafkaConfig(codec, isIdempotent ? { 'enable.idempotence': true } : {});
      await sendByLibrdkafka({ topic, config, records: payments(`librdkafka-${codec}`) });
      await sendByJava({
        bootstrapServers: env.KAFKA_BOOTSTRAP_SERVERS!,
        topic,
        config: { 'compression.type': codec, 'linger.ms': 200 },
        records: payments(`java-${codec}`),
      });
    }
    for (const outcome of ['commit', 'abort'] as const) {
      const config = librdkafkaConfig('lz4', { 'transactional.id': `${topic}-${outcome}` });
      await sendByLibrdkafka({ topic, config, outcome, records: payments(outcome) });
    }
    // The marker of an aborted transaction is the last of its partition: one record more, that the log ends with one.
    await sendByLibrdkafka({ topic, config: librdkafkaConfig('snappy'), records: payments('last', 14) });
    expect([...(await codecsInTopic())].sort()).toEqual([0, 1, 2, 3, 4]);

    const total = 2 * CODECS.length * COUNT + COUNT + 14;
    const processed = await command('process', '--until-caught-up');
    expect(processed, processed.said).toMatchObject({ code: 0 });
    const verified = await command('verify', '--json');
    expect(verified, verified.said).toMatchObject({ code: 0 });
    const report = JSON.parse(verified.out) as VerifyReport;
    expect(report).toMatchObject({ verdict: 'PASS', conditions: [], unknown: [] });
    const checked = report.partitions.reduce((sum, { recordsChecked }) => sum + recordsChecked, 0);
    expect([checked, await acceptedRows()]).toEqual([total, total]);
    expect(await clientsOfHeaders()).toEqual(
      new Map([...CODECS.map((codec) => [`librdkafka-${codec}`, COUNT] as const), ['commit', COUNT], ['last', 14]]),
    );
  },
  LIMIT_MS,
);

async function acceptedRows(): Promise<number> {
  await using sink = await contractSink({
    projectId: env.BIGQUERY_PROJECT!,
    dataset: env.BIGQUERY_DATASET!,
    withoutSchema: true,
  });
  const [row] = await sink.queries.runQuery(`SELECT COUNT(*) AS n FROM ${sink.table('payment_transactions')}`);
  const count = Number(row?.n);
  return count;
}

/** By the batches' own attributes. */
async function codecsInTopic(): Promise<ReadonlySet<number>> {
  const codecs = new Set<number>();
  const broker = new TopicConnection(connection(), topic);
  await broker.connect();
  try {
    const ends = await broker.offsets({ partitions: broker.partitions(), at: 'end' });
    for (const [partition, end] of ends) {
      for (let from = 0; from < end; ) {
        const asked = [{ partition, fetchOffset: String(from), maxBytes: 1024 * 1024 }];
        const { partitions } = await broker.fetch(broker.leaderOf(partition)!, asked, {
          maxWaitMs: 500,
          maxBytes: 2 ** 22,
        });
        const [{ records, aborted } = { records: Buffer.alloc(0), aborted: [] }] = partitions;
        const { batches, completeTo, brokenBy } = scanBatches(records, from, aborted);
        expect(brokenBy).toBeUndefined();
        for (const place of batches) codecs.add(codecOf(records, place));
        from = completeTo;
      }
    }
  } finally {
    await broker.close();
  }
  return codecs;
}

/** How many records have which value of the header `client`; the console producer sends none. */
async function clientsOfHeaders(): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for await (const { records } of await readTopic({ connection: connection(), topic, runtime: systemRuntime })) {
    for (const record of records) {
      const client = record.header?.('client')?.toString();
      if (client !== undefined) found.set(client, (found.get(client) ?? 0) + 1);
    }
  }
  return found;
}
