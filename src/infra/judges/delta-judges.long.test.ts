/** The judges of Delta tables, tried on a table that nobody of them made: they agree, and each sees what another one does to it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { APP, HAND_MADE, handMadeTable } from '../testing/hand-made-table.ts';
import {
  type Asked,
  type DeltaRs,
  type DuckDb,
  type Spark,
  startDeltaRs,
  startDuckDb,
  startSpark,
} from './delta-judges.ts';

const ASKED: Asked = { keys: ['kafka_offset'], sums: ['amount'], times: ['event_time'] };
const WITH_TXNS: Asked = { ...ASKED, txns: [APP, 'nobody'] };
const TYPES = { kafka_offset: 'long', amount: 'decimal(38,9)', event_time: 'timestamp', note: 'string' };
const ROWS = {
  rows: HAND_MADE.rows,
  distinct: HAND_MADE.rows,
  types: TYPES,
  sums: { amount: HAND_MADE.sum },
  times: { event_time: HAND_MADE.timesUs },
};

let folder: string;
let deltaRs: DeltaRs;
let duckDb: DuckDb;
let spark: Spark;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'provenonce-judges-'));
  [deltaRs, duckDb, spark] = await Promise.all([startDeltaRs(), startDuckDb(), startSpark()]);
}, 900_000);
afterAll(async () => {
  for (const judge of [deltaRs, duckDb, spark]) await judge?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function table(name: string): Promise<string> {
  const made = path.join(folder, name);
  await handMadeTable(made);
  return made;
}

test('all three see the same rows, to the last decimal and microsecond, and two of them the same log', async () => {
  const made = await table('same');
  expect(await duckDb.look(made, ASKED)).toEqual(ROWS);
  for (const judge of [deltaRs, spark])
    expect(await judge.look(made, WITH_TXNS)).toEqual({
      ...ROWS,
      version: 0,
      id: '11111111-2222-3333-4444-555555555555',
      files: 1,
      txns: { [APP]: 3, nobody: null },
    });
});

test('what one engine changes, the others see: an appended row, a deleted one, an older version set back', async () => {
  const made = await table('changed');
  await deltaRs.append(made);
  expect(await duckDb.look(made, ASKED)).toMatchObject({ rows: 4, distinct: 3 });
  await spark.run(made, 'DELETE FROM {table} WHERE kafka_offset = 2');
  expect(await deltaRs.look(made, WITH_TXNS)).toMatchObject({ rows: 3, distinct: 2, txns: { [APP]: 3 } });
  await spark.run(made, 'RESTORE TABLE {table} TO VERSION AS OF 0');
  expect(await deltaRs.look(made, ASKED)).toMatchObject({ ...ROWS, version: 3 });
  expect(await deltaRs.delete(made, 'kafka_offset < 2')).toBe(2);
  expect(await spark.look(made, ASKED)).toMatchObject({ rows: 1 });
});

test('compaction, a log checkpoint and vacuum change no row and no txn', async () => {
  const made = await table('compacted');
  for (let more = 0; more < 3; more += 1) await deltaRs.append(made, 3);
  expect(await deltaRs.compact(made)).toMatchObject({ numFilesAdded: 1, numFilesRemoved: 4 });
  await deltaRs.checkpoint(made);
  expect(await deltaRs.vacuum(made)).toBe(4);
  expect(await spark.look(made, WITH_TXNS)).toMatchObject({ rows: 12, distinct: 3, files: 1, txns: { [APP]: 3 } });
});

test('what a judge cannot do, it says in its own words, and takes the next order', async () => {
  await expect(deltaRs.look(path.join(folder, 'nowhere'))).rejects.toThrow('delta-rs: TableNotFoundError');
  const made = await table('next');
  await expect(spark.run(made, 'SELECT nothing FROM {table}')).rejects.toThrow('Spark: AnalysisException');
  expect(await spark.look(made, ASKED)).toMatchObject({ rows: 3 });
});
