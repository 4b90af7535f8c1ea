/** checkpoint_log on Delta for operators: the newest rows, and old ones that go while a processor adds others. */
import { beforeEach, expect, test } from 'vitest';
import type { RowObject } from '../files/arrow-objects.ts';
import { ParquetFormat } from '../files/parquet-format.ts';
import { uploadRows } from '../rows/row-files.ts';
import { DELTA_COLUMNS, deltaField, schemaString } from '../tables/table-columns.ts';
import { BusyRuntime } from '../testing/busy-runtime.ts';
import { tableOn } from '../testing/log-fixture.ts';
import { MemoryStore } from '../testing/memory-store.ts';
import { DeltaCheckpoints } from './checkpoint-upkeep.ts';

const format = new ParquetFormat();
const runtime = new BusyRuntime();
const NOW_MS = runtime.nowMs();
const HOUR_MS = 3_600_000;
let table: ReturnType<typeof tableOn>;
let checkpoints: DeltaCheckpoints;

/** Hours ago. */
function checkpoint(
  partition: number,
  nextOffset: number,
  agoHours: number,
  change: Partial<RowObject> = {},
): RowObject {
  return {
    kafka_partition: partition,
    writer_epoch: 1,
    processed_at: NOW_MS,
    topic: 'payments',
    owner: 'owner-1',
    next_offset: nextOffset,
    watermark: NOW_MS,
    consumed: nextOffset,
    accepted: nextOffset,
    duplicates: 0,
    late: 0,
    rejected: 0,
    stream_offsets: '{}',
    state_digest: 'v1:00',
    record_fingerprint: null,
    written_at: NOW_MS - agoHours * HOUR_MS,
    ...change,
  } as RowObject;
}

async function add(...rows: RowObject[]): Promise<void> {
  const adds = await uploadRows({ table, format }, rows);
  const txns = new Map(
    rows.map((row) => [`provenonce/${row.topic}/${row.kafka_partition}/next`, Number(row.next_offset)] as const),
  );
  await table.commit(({ files }) => (files.has(adds[0]!.path) ? undefined : { operation: 'CHECKPOINT', adds, txns }));
}

beforeEach(async () => {
  table = tableOn(new MemoryStore(), { name: 'checkpoint_log', runtime });
  const columns = DELTA_COLUMNS.checkpoint_log.map((column) => deltaField(column));
  await table.ensure({ schemaString: schemaString(columns), partitionColumns: [], configuration: {} });
  checkpoints = new DeltaCheckpoints({ table, format, runtime });
  for (const at of [1, 2, 3, 4]) await add(checkpoint(0, 10 * at, 10 - at), checkpoint(1, 100 * at, 10 - at));
});

test('the newest of each partition: the greatest offset, then the newest epoch', async () => {
  await add(checkpoint(0, 40, 5, { writer_epoch: 2 }));
  await add(checkpoint(2, 7, 1, { topic: 'other' }));
  expect(await checkpoints.newest('payments')).toEqual(
    new Map([
      [0, { nextOffset: 40, checkpointEpoch: 2, checkpointAgeS: 5 * 3_600 }],
      [1, { nextOffset: 400, checkpointEpoch: 1, checkpointAgeS: 6 * 3_600 }],
    ]),
  );
});

test('the first one at or past an offset', async () => {
  expect(await checkpoints.firstAtOrPast('payments', 0, 11)).toBe(20);
  expect(await checkpoints.firstAtOrPast('payments', 1, 100)).toBe(100);
  expect(await checkpoints.firstAtOrPast('payments', 0, 41)).toBeUndefined();
});

test('old ones go: below the offset that is kept, and older than that; other partitions in the same files stay', async () => {
  const old = { topic: 'payments', partition: 0, keepFromOffset: 30, beforeMs: NOW_MS - 8.5 * HOUR_MS };
  expect(await checkpoints.count(old)).toEqual({ all: 4, removable: 1 });
  const all = { ...old, beforeMs: NOW_MS };
  expect(await checkpoints.count(all)).toEqual({ all: 4, removable: 2 });
  await checkpoints.remove(all);
  await checkpoints.remove(all);
  expect(await checkpoints.count(all)).toEqual({ all: 2, removable: 0 });
  expect(await checkpoints.count({ ...all, partition: 1 })).toEqual({ all: 4, removable: 0 });
  expect((await checkpoints.newest('payments')).get(0)).toMatchObject({ nextOffset: 40 });
  expect(table.current!.txns.get('provenonce/payments/0/next')).toBe(40);
});
