import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { KafkaProxy } from '../../../chaos/proxies/kafka-proxy.ts';
import { systemRuntime } from '../../base/system-runtime.ts';
import type { KafkaConnectionOptions } from '../../kafka/client/connection-options.ts';
import { KafkaAdmin } from '../../kafka/kafka-admin.ts';
import { paymentRecord } from '../payment-record.ts';
import { sendRecords } from './topic/send-records.ts';

const BROKER = inject('kafkaBootstrapServers');
const direct: KafkaConnectionOptions = { brokers: [BROKER], clientId: 'direct' };
let proxy: KafkaProxy;
let topic: string;

beforeEach(async () => {
  proxy = await KafkaProxy.start(BROKER);
  topic = `proxied-${systemRuntime.uuid()}`;
  await using admin = await KafkaAdmin.connect(direct);
  await admin.createTopic({ topic, partitions: 1, timestamps: 'append' }).catch(() => false);
});

afterEach(async () => {
  await proxy.close();
  await using admin = await KafkaAdmin.connect(direct);
  await admin.deleteTopic(topic);
});

const through = (): KafkaConnectionOptions => ({ brokers: [proxy.address], clientId: 'proxied' });
const payment = (id: string) => paymentRecord({ id, eventTimeMs: systemRuntime.nowMs() });

test('a client that starts at the proxy never learns the broker’s own address', async () => {
  const large = { ...payment('a'), value: Buffer.alloc(200_000) };
  expect(await sendRecords(through(), topic, [large])).toEqual([0]);
  expect(proxy.counts.addressesRewritten).toBeGreaterThan(0);
  expect(proxy.counts.bytesPassed, 'the record itself came this way').toBeGreaterThan(200_000);
});

test('an acknowledgement that is lost has been acted upon: the idempotent producer’s retry adds nothing', async () => {
  const lost = proxy.loseAnswers('produce', { nth: 1 });
  await sendRecords(through(), topic, [payment('a')]);
  expect(lost.hits).toBe(1);
  expect(proxy.counts).toMatchObject({ answersLost: 1, cut: 1 });
  expect(await sendRecords(direct, topic, [payment('b')])).toEqual([1]);
});

test('refused and healed, the same client continues', async () => {
  proxy.network.refuse();
  const sending = sendRecords(through(), topic, [payment('a')]);
  while (proxy.counts.refused === 0) await systemRuntime.sleep(10);
  proxy.heal();
  expect(await sending).toEqual([0]);
});
