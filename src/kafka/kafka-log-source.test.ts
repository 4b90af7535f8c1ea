/** A source whose broker is away: it waits, says so, and a stop or its limit ends the wait. */
import getPort from 'get-port';
import { expect, test } from 'vitest';
import { systemRuntime } from '../base/system-runtime.ts';
import { KafkaLogSource } from './kafka-log-source.ts';

const LISTENER = { assigned: () => {}, failed: () => {} };

async function sourceWithoutBroker(unreachableAfterMs: number) {
  const broker = `127.0.0.1:${await getPort()}`;
  const waits: string[] = [];
  const waited = Promise.withResolvers<void>();
  const source = new KafkaLogSource(
    {
      connection: { brokers: [broker], clientId: 'test', retries: 0 },
      topic: 't',
      groupId: 'g',
      unreachableAfterMs,
      onWaiting: ({ what }) => {
        waits.push(what);
        waited.resolve();
      },
    },
    { ...systemRuntime, sleep: (ms: number, signal?: AbortSignal) => systemRuntime.sleep(ms / 20, signal) },
  );
  return { source, broker, waits, waited: waited.promise };
}

test.each([
  ['its start', (source: KafkaLogSource) => source.start(LISTENER)],
  ['the facts of the topic', (source: KafkaLogSource) => source.facts()],
  ['the bounds of a partition', (source: KafkaLogSource) => source.bounds(0)],
  ['the offsets of a group', (source: KafkaLogSource) => source.groupOffsets('g')],
])('a stop ends the wait of %s with its reason, and nothing is reported after it', async (_, ask) => {
  const { source, waits, waited } = await sourceWithoutBroker(600_000);
  const asked = ask(source).catch((error: unknown) => error);
  await waited;
  const stopped = source.stop();
  expect(String(await asked)).toBe('Error: the log source was stopped');
  await stopped;
  expect(source.stop()).toBe(source.stop());
  const reported = waits.length;
  await expect(ask(source)).rejects.toThrow();
  expect(waits.length).toBe(reported);
});

test('after its limit the broker is unreachable, by its address and the setting that names it', async () => {
  const { source, broker, waits } = await sourceWithoutBroker(60);
  await expect(source.facts()).rejects.toMatchObject({
    name: 'UnreachableError',
    message: expect.stringMatching(new RegExp(`^Kafka at ${broker} \\(topic settings\\): .* KAFKA_BOOTSTRAP_SERVERS`)),
  });
  expect(new Set(waits)).toEqual(new Set(['topic settings']));
  await source.stop();
});
