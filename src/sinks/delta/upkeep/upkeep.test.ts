/** Compaction and vacuum beside writers: no row changes, no file goes that somebody needs, and what a crash left does. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { RowObject } from '../files/arrow-objects.ts';
import { ParquetFormat } from '../files/parquet-format.ts';
import type { DeltaLogTable } from '../log/log-table.ts';
import type { CommitActions, ObjectStore } from '../ports.ts';
import { uploadRows } from '../rows/row-files.ts';
import { rowObject, scanRows } from '../rows/stored-rows.ts';
import { DELTA_COLUMNS, deltaField, schemaString, type TableColumn } from '../tables/table-columns.ts';
import { BusyRuntime } from '../testing/busy-runtime.ts';
import { tableOn } from '../testing/log-fixture.ts';
import { FaultyStore, MemoryStore } from '../testing/memory-store.ts';
import { compactTable } from './compact.ts';
import { MIN_RETENTION_MS, vacuumTable } from './vacuum.ts';

const NAME = 'payment_metrics_partials';
const FURTHER: readonly TableColumn[] = (['integer', 'decimal', 'truth', 'time', 'text'] as const).map((kind) => ({
  name: `further_${kind}`,
  kind,
  nullable: true,
}));
const NOTHING = Object.fromEntries(FURTHER.map(({ name }) => [name, null]));
const VALUES: RowObject = {
  further_integer: 2n ** 60n,
  further_decimal: -(2n ** 90n),
  further_truth: false,
  further_time: -1,
  further_text: '',
};
const format = new ParquetFormat();
const order = { retentionMs: MIN_RETENTION_MS, dryRun: false, listMax: 10 };
let store: MemoryStore;
let runtime: BusyRuntime;
let table: DeltaLogTable;

beforeEach(async () => {
  store = new MemoryStore();
  runtime = new BusyRuntime();
  store.nowMs = runtime.nowMs();
  table = on(store);
  const fields = [...DELTA_COLUMNS[NAME], ...FURTHER].map((column) => deltaField(column));
  await table.ensure({ schemaString: schemaString(fields), partitionColumns: [], configuration: {} });
});

function on(of: ObjectStore, label = 0): DeltaLogTable {
  return tableOn(of, { name: NAME, runtime: label === 0 ? runtime : new BusyRuntime(label) });
}

function row(offset: number, partition = 0): RowObject {
  return {
    kafka_partition: partition,
    kafka_offset: offset,
    writer_epoch: 1,
    processed_at: 1_000,
    window_start: 60_000 * offset,
    window_end: 60_000 * (offset + 1),
    region: 'é',
    currency: 'EUR',
    transaction_count: 2 ** 40,
    total_amount: 2n ** 90n,
    min_amount: 0n,
    max_amount: 1n,
    ...(offset % 2 === 0 ? NOTHING : VALUES),
  };
}

async function add(rows: readonly RowObject[], to = table): Promise<string> {
  const adds = await uploadRows({ table: to, format }, rows, FURTHER);
  const { path } = adds[0]!;
  await to.commit(({ files }) =>
    files.has(path) ? undefined : { operation: 'WRITE', adds, txns: new Map([['x', 7]]) },
  );
  return path;
}

async function rowsOf(of = table): Promise<RowObject[]> {
  const found: RowObject[] = [];
  const columns = [...DELTA_COLUMNS[NAME], ...FURTHER];
  for await (const rows of scanRows({ table: of, format }, (await of.refresh())!, {}))
    found.push(...rows.map((each) => rowObject(NAME, each, columns)));
  return found.sort((a, b) => Number(a.kafka_offset) - Number(b.kafka_offset));
}

const dataFiles = (): string[] => [...store.objects.keys()].filter((key) => key.endsWith('.parquet'));

describe('a file that was changed behind the log', () => {
  test('with fewer rows than the log says is not compacted', async () => {
    const path = await add([row(1), row(2)]);
    const other = await add([row(3)]);
    const { bytes } = store.objects.get(`${NAME}/${other}`)!;
    await store.replace(`${NAME}/${path}`, bytes);
    const { version } = table.current!;
    await expect(compactTable(table, format, order)).rejects.toMatchObject({
      code: 'rows_lost',
      message: expect.stringMatching(/2 files .* 2 rows, and the log says 3: .*Restore/),
    });
    expect((await table.refresh())!.version).toBe(version);
  });

  test('so that it cannot be read is named, with what to do', async () => {
    const path = await add([row(1)]);
    await add([row(2)]);
    await store.replace(`${NAME}/${path}`, Buffer.from('PAR1'));
    await expect(compactTable(table, format, order)).rejects.toMatchObject({
      code: 'table_changed',
      message: expect.stringMatching(new RegExp(`${path} cannot be read: .* Restore it from a backup`)),
    });
  });
});

describe('compaction', () => {
  test('moves the rows of small files into one, each cell as it was, and says so', async () => {
    for (const offset of [3, 1, 2]) await add([row(offset), row(offset + 10, 1)]);
    const before = await rowsOf();
    expect(await compactTable(table, format, { dryRun: true })).toMatchObject({
      filesBefore: 3,
      filesAfter: 1,
      rows: 6,
    });
    expect(table.current!.files.size).toBe(3);
    const done = await compactTable(table, format, { dryRun: false });
    expect(done).toMatchObject({ table: NAME, filesBefore: 3, filesAfter: 1, rows: 6, skippedFiles: 0 });
    expect(await rowsOf()).toEqual(before);
    const { files, txns, foreign } = table.current!;
    expect([files.size, txns.get('x'), foreign]).toEqual([1, 7, []]);
    const reader = await on(store, 1).refresh();
    expect([...reader!.files.values()][0]).toMatchObject({
      dataChange: false,
      stats: { rowCount: 6, min: { kafka_offset: 1 }, max: { kafka_offset: 13 } },
    });
    expect(await compactTable(table, format, { dryRun: false })).toMatchObject({ filesBefore: 0, filesAfter: 0 });
  });

  test('leaves rows that are committed meanwhile where they are', async () => {
    for (const offset of [1, 2]) await add([row(offset)]);
    const other = on(store, 1);
    const between = onFirst(table, async () => void (await add([row(3)], other)));
    expect(await compactTable(between, format, { dryRun: false })).toMatchObject({ filesBefore: 2, filesAfter: 1 });
    expect((await rowsOf()).map(({ kafka_offset }) => kafka_offset)).toEqual([1, 2, 3]);
    expect(table.current!.files.size).toBe(2);
  });

  test('gives way to a commit that takes one of the files', async () => {
    const paths = [await add([row(1)]), await add([row(2)])];
    const other = on(store, 1);
    const removes = [{ path: paths[0]!, dataChange: true }];
    const between = onFirst(table, async () => {
      await other.commit(({ files }) => (files.has(paths[0]!) ? { operation: 'DELETE', removes } : undefined));
    });
    expect(await compactTable(between, format, { dryRun: false })).toMatchObject({ filesBefore: 0, skippedFiles: 2 });
    expect((await rowsOf()).map(({ kafka_offset }) => kafka_offset)).toEqual([2]);
  });

  test('whose answer is lost has landed once', async () => {
    for (const offset of [1, 2]) await add([row(offset)]);
    const faulty = on(new FaultyStore(store, (key) => (key.endsWith('.json') ? 'lost' : 'ok')), 1);
    expect(await compactTable(faulty, format, { dryRun: false })).toMatchObject({ filesBefore: 2, filesAfter: 1 });
    expect((await rowsOf()).map(({ kafka_offset }) => kafka_offset)).toEqual([1, 2]);
  });
});

describe('vacuum', () => {
  const DAY_MS = 24 * 3_600_000;
  const later = (ms: number): void => {
    runtime.advance(ms);
    store.nowMs = runtime.nowMs();
  };

  test('deletes what was compacted away before the retention, and nothing that the table has', async () => {
    for (const offset of [1, 2]) await add([row(offset)]);
    later(2 * DAY_MS);
    await compactTable(table, format, { dryRun: false });
    // Removed just now: a reader of an older version may need them.
    expect(await vacuumTable({ table, store, runtime }, order)).toMatchObject({ files: 0, keptFiles: 2 });
    later(1.5 * DAY_MS);
    const before = dataFiles().length;
    const planned = await vacuumTable({ table, store, runtime }, { ...order, dryRun: true });
    expect(planned).toMatchObject({ files: 2, orphans: 0, keptFiles: 0 });
    expect(dataFiles()).toHaveLength(before);
    expect(await vacuumTable({ table, store, runtime }, order)).toEqual(planned);
    expect(dataFiles()).toHaveLength(1);
    expect((await rowsOf()).map(({ kafka_offset }) => kafka_offset)).toEqual([1, 2]);
  });

  test('deletes what a crash left, but not what somebody has just uploaded; nothing of the log', async () => {
    await add([row(1)]);
    const [left] = await uploadRows({ table, format }, [row(2)], FURTHER);
    later(2 * DAY_MS);
    const [fresh] = await uploadRows({ table, format }, [row(3)], FURTHER);
    const log = [...store.objects.keys()].filter((key) => key.includes('_delta_log')).length;
    const done = await vacuumTable({ table, store, runtime }, order);
    expect(done).toMatchObject({ files: 1, orphans: 1, keptFiles: 1, paths: [left!.path] });
    expect(dataFiles()).toContain(`${NAME}/${fresh!.path}`);
    expect([...store.objects.keys()].filter((key) => key.includes('_delta_log'))).toHaveLength(log + 1);
  });

  test('deletes what a crash left half written, and no other hidden file', async () => {
    for (const name of ['.tmp-1', '.of-others', '_of_others/x'])
      await store.create(`${NAME}/${name}`, Buffer.from('x'));
    later(2 * DAY_MS);
    await store.create(`${NAME}/.tmp-2`, Buffer.from('x'));
    const done = await vacuumTable({ table, store, runtime }, order);
    expect(done).toMatchObject({ files: 1, orphans: 1, keptFiles: 1, paths: ['.tmp-1'] });
  });

  test('takes the version of a put that is late, which would name a file that goes', async () => {
    await add([row(1)]);
    const faulty = new FaultyStore(store, (key) => (key.endsWith('.json') ? 'late' : 'ok'));
    const writer = on(faulty, 1);
    const adds = await uploadRows({ table: writer, format }, [row(2)], FURTHER);
    const write: CommitActions = { operation: 'WRITE', adds };
    const writing = writer.commit(({ files }) => (files.has(adds[0]!.path) ? undefined : write));
    writing.catch(() => {}); // it never hears of it
    await new Promise((resolve) => setTimeout(resolve, 20));
    later(2 * DAY_MS);
    const { files } = await vacuumTable({ table, store, runtime }, order);
    expect(files).toBeGreaterThan(0);
    const outcomes = [];
    while (faulty.late.length > 0) outcomes.push(await faulty.landLate());
    expect(outcomes[0]).toBe('exists');
    expect((await on(store, 2).refresh())!.files.has(adds[0]!.path)).toBe(false);
  });

  test.each([MIN_RETENTION_MS - 1, 8 * DAY_MS])('refuses a retention of %d ms', async (retentionMs) => {
    await expect(vacuumTable({ table, store, runtime }, { ...order, retentionMs })).rejects.toThrow('--retention');
  });
});

/** The same table, with something done just before its first commit. */
function onFirst(inner: DeltaLogTable, act: () => Promise<void>): DeltaLogTable {
  let isFirst = true;
  return new Proxy(inner, {
    get(target, name) {
      if (name === 'commit')
        return async (prepare: Parameters<DeltaLogTable['commit']>[0]) => {
          if (isFirst) {
            isFirst = false;
            await act();
          }
          return target.commit(prepare);
        };
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
