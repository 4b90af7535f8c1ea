/**
 * Why the emulator's patch (emulator/sitecustomize.py) is needed. The same load runs with it and without it. Without
 * it, 40 open calls exceed the emulator's threads on any machine (32 at most), and some appends are never answered.
 */
import { randomUUID } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { startInfra } from './start-infra.ts';
import { appendRequest, querySql, runAppendLoad, writeClient } from './testing/append-load.ts';

const LOAD = { streamCount: 40, requestsPerStream: 5, rowsPerRequest: 200, updateLoopCount: 2 };
const ROWS = LOAD.streamCount * LOAD.requestsPerStream * LOAD.rowsPerRequest;
/** The shared instance, which is patched. */
const cured = {
  bigqueryEmulatorHost: inject('bigqueryEmulatorHost'),
  bigqueryStorageEmulatorHost: inject('bigqueryStorageEmulatorHost'),
  projectId: inject('bigqueryProjectId'),
};
const newDataset = () => `d${randomUUID().replaceAll('-', '')}`;

test('with the cure, 40 streams get through beside updates and queries, and every row is there', async () => {
  const dataset = newDataset();
  const result = await runAppendLoad({ ...cured, ...LOAD, dataset, deadlineMs: 60_000 });
  expect(result).toMatchObject({ finished: true, acknowledgedRows: ROWS, errors: [] });
  expect(result.updates).toBeGreaterThan(0);
  expect(await querySql(cured, `SELECT COUNT(*) FROM ${dataset}.rows`)).toEqual([[String(ROWS)]]);
});

// Its own instance, which mostly waits for its deadline: the other tests run beside it.
test.concurrent('without the cure, the same load does not get through', async () => {
  await using infra = await startInfra({ way: 'native', cureEmulator: false });
  const result = await runAppendLoad({ ...infra, ...LOAD, dataset: newDataset(), deadlineMs: 15_000 });
  expect(result.finished).toBe(false);
  expect(result.acknowledgedRows).toBeLessThan(ROWS);
});

test.concurrent('with the cure, finalize races with an append and its row count is what a query finds, then and later', async () => {
  const dataset = newDataset();
  await querySql(cured, `CREATE SCHEMA ${dataset}`);
  await querySql(cured, `CREATE TABLE ${dataset}.rows (n INT64, word STRING)`);
  let expected = 0;
  for (let round = 0; round < 10; round += 1) {
    expected += await finalizeAmidAppends(dataset);
    expect(await querySql(cured, `SELECT COUNT(*) FROM ${dataset}.rows`)).toEqual([[String(expected)]]);
  }
  expect(await querySql(cured, `SELECT COUNT(*) FROM ${dataset}.rows`)).toEqual([[String(expected)]]);
});

test.concurrent('with the cure, rows whose insert fails do not move the stream on', async () => {
  const dataset = newDataset();
  await querySql(cured, `CREATE SCHEMA ${dataset}`);
  await querySql(cured, `CREATE TABLE ${dataset}.rows (n INT64, word STRING)`);
  const client = writeClient(cured.bigqueryStorageEmulatorHost);
  const parent = `projects/${cured.projectId}/datasets/${dataset}/tables/rows`;
  const [{ name }] = await client.createWriteStream({ parent, writeStream: { type: 'COMMITTED' } });
  await querySql(cured, `DROP TABLE ${dataset}.rows`);
  await querySql(cured, `CREATE TABLE ${dataset}.rows (n INT64, word STRING, late INT64 NOT NULL)`);
  const call = client.appendRows();
  const refused = new Promise((resolve) => {
    call.once('error', resolve);
    call.once('data', (answer: { error?: unknown }) => resolve(answer.error));
  });
  call.write(appendRequest(name!, 0, 10, true));
  expect(await refused).toBeTruthy();
  call.destroy();
  const [{ rowCount }] = await client.finalizeWriteStream({ name: name! });
  expect(Number(rowCount)).toBe(0);
  expect(await querySql(cured, `SELECT COUNT(*) FROM ${dataset}.rows`)).toEqual([['0']]);
  await client.close();
});

/** Appends as fast as possible, finalizes in the middle, and returns finalize's row count. */
async function finalizeAmidAppends(dataset: string): Promise<number> {
  const client = writeClient(cured.bigqueryStorageEmulatorHost);
  const parent = `projects/${cured.projectId}/datasets/${dataset}/tables/rows`;
  const [{ name }] = await client.createWriteStream({ parent, writeStream: { type: 'COMMITTED' } });
  const call = client.appendRows();
  let answers = 0;
  const under = new Promise<void>((resolve) => {
    call.on('data', () => {
      answers += 1;
      if (answers === 3) resolve();
    });
    call.on('error', () => resolve());
  });
  for (let request = 0; request < 40; request += 1) call.write(appendRequest(name!, request * 50, 50, request === 0));
  await under;
  const [{ rowCount }] = await client.finalizeWriteStream({ name: name! });
  call.destroy();
  await client.close();
  return Number(rowCount);
}
