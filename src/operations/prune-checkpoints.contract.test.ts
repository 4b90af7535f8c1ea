/**
 * Which checkpoints prune-checkpoints removes, on a real emulator. That processing and verify continue:
 * scenarios/backfill-killed.ts.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ContractSink, contractSink } from '../sinks/bigquery/testing/contract-endpoints.ts';
import { appendRows, checkpoint, FIXED, NOON_MS, settings } from '../sinks/bigquery/testing/sample-rows.ts';
import { pruneCheckpoints } from './prune-checkpoints.ts';

const DAY_MS = 86_400_000;
const LOG_START = 45;

let sink: ContractSink;

/** Checkpoints 10 to 100, one a day, the last at noon; the log of partition 1 starts within. */
beforeAll(async () => {
  sink = await contractSink();
  const seed = { partitionCount: 3, startOffset: 0, fixed: FIXED, history: [settings(0)] };
  await sink.queries.seed(
    'payments',
    [0, 1, 2].map((partition) => ({ ...seed, partition })),
  );
  for (const partition of [0, 1]) {
    for (let day = 1; day <= 10; day++) {
      const stamp = { partition, processedAtMs: NOON_MS - (10 - day) * DAY_MS };
      await appendRows(sink, 'checkpoint_log', [checkpoint(10 * day, { partition })], stamp);
    }
  }
});
afterAll(() => sink.close());

async function left(partition: number): Promise<unknown[]> {
  const rows = await sink.queries.runQuery(
    `SELECT next_offset FROM ${sink.table('checkpoint_log')} WHERE kafka_partition = ${partition} ORDER BY next_offset`,
  );
  return rows.map((row) => row.next_offset);
}

function retain(beforeMs: number, dryRun: boolean) {
  const bounds = async (partition: number) => ({ startOffset: partition === 1 ? LOG_START : 0 });
  return pruneCheckpoints({ topic: 'payments', beforeMs, dryRun }, { ...sink, queries: sink.reads, bounds });
}

test('the greatest checkpoint stays, those of the last days stay, and those from the log’s start on', async () => {
  const beforeMs = NOON_MS - 2 * DAY_MS;
  const planned = await retain(beforeMs, true);
  expect(planned).toEqual([
    { partition: 0, keepFromOffset: 100, removed: 7, kept: 3 },
    { partition: 1, keepFromOffset: 50, removed: 4, kept: 6 },
  ]);
  expect(await left(0)).toHaveLength(10);

  expect(await retain(beforeMs, false)).toEqual(planned);
  expect(await left(0)).toEqual([80, 90, 100]);
  expect(await left(1)).toEqual([50, 60, 70, 80, 90, 100]);
  expect(await retain(beforeMs, false)).toMatchObject([{ removed: 0 }, { removed: 0 }]);

  await retain(NOON_MS + DAY_MS, false);
  expect(await left(0)).toEqual([100]);
  expect(await left(1)).toEqual([50, 60, 70, 80, 90, 100]);
});
