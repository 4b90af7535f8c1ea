import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKafka } from '../../kafka/client/connection-options.ts';
import { startInfra } from '../start-infra.ts';
import { querySql } from '../testing/append-load.ts';
import type { StartedInfra } from '../types.ts';

const START_MODULE = new URL('../start-infra.ts', import.meta.url).href;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Killed and stopped by the tests, one after the other; each leaves it running. */
let infra: StartedInfra;
beforeAll(async () => {
  infra = await startInfra({ way: 'native' });
});
afterAll(() => infra?.stop());

test('both parts come back from a kill -9 on the same ports with their data', async () => {
  const topic = `t-${randomUUID()}`;
  const kafka = createKafka({ brokers: [infra.kafkaBootstrapServers], clientId: 'infra-test' });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 3 }], waitForLeaders: true });
  await admin.disconnect();
  await querySql(infra, 'CREATE SCHEMA kept');
  await querySql(infra, 'CREATE TABLE kept.t (n INT64)');
  await querySql(infra, 'INSERT INTO kept.t (n) VALUES (41), (1)');

  for (const part of [infra.broker, infra.emulator]) {
    const pid = part.pid!;
    await part.kill();
    expect(isAlive(pid)).toBe(false);
    expect(part.pid).toBeUndefined();
    await part.start();
    expect(part.pid).not.toBe(pid);
  }

  expect(await querySql(infra, 'SELECT SUM(n) FROM kept.t')).toEqual([['42']]);
  await admin.connect();
  const metadata = await admin.fetchTopicMetadata({ topics: [topic] });
  await admin.disconnect();
  expect(metadata.topics[0]?.partitions.length).toBe(3);
});

test('a part that is stopped gracefully can be started again, and starting one that runs changes nothing', async () => {
  await infra.emulator.stop();
  expect(infra.emulator.pid).toBeUndefined();
  await infra.emulator.start();
  const { pid } = infra.emulator;
  await infra.emulator.start();
  expect(infra.emulator.pid).toBe(pid);
  expect(await querySql(infra, 'SELECT 1')).toEqual([['1']]);
});

test('kill -9 of the process that started them ends the broker and the emulator', async () => {
  const program = `
    import { startInfra } from ${JSON.stringify(START_MODULE)};
    const infra = await startInfra({ way: 'native' });
    console.log(JSON.stringify([infra.broker.pid, infra.emulator.pid]));
    setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: owner.stdout }).once('line', resolve);
    owner.once('exit', () => reject(new Error('it ended before its infra was up')));
  });
  const pids = JSON.parse(line) as number[];
  expect(pids.map(isAlive)).toEqual([true, true]);
  owner.kill('SIGKILL');
  await expect.poll(() => pids.map(isAlive), { timeout: 5_000 }).toEqual([false, false]);
});
