/** Tables of a location: made once, never beside rows of before, with columns that are only added; and what an inspection finds. */
import { describe, expect, it } from 'vitest';
import { BUILT_IN_LAYOUT, layoutOf, type RowLayout } from '../../../payments/row-layout.ts';
import type { FurtherColumn } from '../../../payments/rules/rules.ts';
import { commitKey } from '../log/log-names.ts';
import { BusyRuntime } from '../testing/busy-runtime.ts';
import { type DeltaProcess, deltaProcess, liveOnce, prepared } from '../testing/delta-fixture.ts';
import { MemoryStore } from '../testing/memory-store.ts';
import { applyTables, lookAtTables } from './apply-tables.ts';
import { DELTA_COLUMNS, DELTA_TABLES, type DeltaTableName, fieldsOf } from './table-columns.ts';

const LIFE = { partition: 0, endOffset: 10, batch: 5, checkpointEvery: 1 };
const NOTE: FurtherColumn = { name: 'note', path: '', type: 'string' };
const WITH_NOTE = layoutOf([{ columns: [NOTE] }]);

/** Short waits take no time, and the limit of a look is never reached. */
class PatientRuntime extends BusyRuntime {
  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms < 10_000) return super.sleep(ms, signal);
    return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
  }
}

function on(store: MemoryStore, label: number, layout: RowLayout = BUILT_IN_LAYOUT): DeltaProcess {
  return deltaProcess({ store, runtime: new PatientRuntime(label), layout });
}

function apply({ tables, parts: { runtime } }: DeltaProcess, layout = BUILT_IN_LAYOUT, options: object = {}) {
  return applyTables({ tables, runtime, layout }, { addsColumns: true, ...options });
}

/** Deletes a table, as if its folder was removed. */
function drop(store: MemoryStore, table: DeltaTableName): void {
  for (const key of store.objects.keys()) if (key.startsWith(`${table}/`)) store.objects.delete(key);
}

/** A commit of another engine. */
async function foreign(
  store: MemoryStore,
  process: DeltaProcess,
  table: DeltaTableName,
  ...actions: object[]
): Promise<void> {
  const version = (await process.tables[table].refresh())!.version + 1;
  const info = { commitInfo: { operation: 'ALTER TABLE', engineInfo: 'Spark' } };
  const text = [info, ...actions].map((action) => `${JSON.stringify(action)}\n`).join('');
  await store.create(commitKey(table, version), Buffer.from(text));
}

describe('the tables of a location', () => {
  it('are made by several processes at once as one set', async () => {
    const store = new MemoryStore();
    const both = [on(store, 1), on(store, 2)];
    const made = await Promise.all(both.map((process) => apply(process)));
    expect(made.map(({ madeTables }) => [...madeTables].sort())).toContainEqual([...DELTA_TABLES].sort());
    expect(await on(store, 3).sink.wrongTables()).toBeUndefined();
    expect((await apply(on(store, 4))).madeTables).toEqual([]);
  });

  it('are not made before what must be looked at first, nor in a dry run', async () => {
    const store = new MemoryStore();
    const refusing = apply(on(store, 1), BUILT_IN_LAYOUT, { beforeFirst: () => Promise.reject(new Error('no')) });
    await expect(refusing).rejects.toThrow('no');
    expect((await apply(on(store, 2), BUILT_IN_LAYOUT, { dryRun: true })).madeTables).toEqual(DELTA_TABLES);
    expect(store.objects.size).toBe(0);
  });

  it('get the columns of the rules when an operator asks, and a process only asks for them', async () => {
    const store = new MemoryStore();
    await apply(on(store, 1));
    const process = on(store, 2, WITH_NOTE);
    await expect(apply(process, WITH_NOTE, { addsColumns: false })).rejects.toMatchObject({
      code: 'table_changed',
      message: /column note of the rules is missing\. Run `provenonce schema apply/,
    });
    expect(await process.sink.wrongTables()).toMatchObject({ code: 'table_changed' });
    const altered = ['payment_transactions: column note string is added'];
    expect((await apply(process, WITH_NOTE, { dryRun: true })).alteredColumns).toEqual(altered);
    expect((await apply(process, WITH_NOTE)).alteredColumns).toEqual(altered);
    expect((await apply(on(store, 3), WITH_NOTE)).alteredColumns).toEqual([]);
    const { metadata } = (await process.tables.payment_transactions.refresh())!;
    expect(fieldsOf(metadata.schemaString).map(({ name }) => name)).toEqual([
      ...DELTA_COLUMNS.payment_transactions.map(({ name }) => name),
      'note',
    ]);
    const { warnings } = await lookAtTables({
      tables: process.tables,
      runtime: process.parts.runtime,
      layout: BUILT_IN_LAYOUT,
    });
    expect(warnings).toEqual(['payment_transactions has a column that the rules given here do not name: note']);
  });

  it.each<[string, DeltaTableName]>([
    ['with rows', 'payment_exceptions'],
    ['of owners', 'partition_ownership'],
    ['of rules', 'rules'],
  ])('that are gone beside rows are lost, not made again: %s', async (_what, table) => {
    const store = new MemoryStore();
    await prepared(on(store, 1));
    await liveOnce(on(store, 2), 'owner', LIFE);
    drop(store, table);
    await expect(apply(on(store, 3))).rejects.toMatchObject({
      code: 'table_missing',
      message: new RegExp(`^${table}: the table is gone`),
    });
    expect(await on(store, 4).sink.wrongTables()).toMatchObject({ code: 'table_missing' });
  });

  it('that others make when they first need them are made again', async () => {
    const store = new MemoryStore();
    await prepared(on(store, 1));
    drop(store, 'known_payments');
    expect((await apply(on(store, 2))).madeTables).toEqual(['known_payments']);
  });

  it('that were dropped and made again are replaced ones, for this process and for the next', async () => {
    const store = new MemoryStore();
    await prepared(on(store, 1));
    const process = on(store, 2);
    expect(await process.sink.wrongTables()).toBeUndefined();
    drop(store, 'payment_exceptions');
    const other = new MemoryStore();
    await apply(on(other, 3));
    for (const [key, held] of other.objects) if (key.startsWith('payment_exceptions/')) store.objects.set(key, held);
    expect(await on(store, 4).sink.wrongTables()).toMatchObject({ code: 'table_replaced' });
    await expect(apply(on(store, 5))).rejects.toMatchObject({ code: 'table_replaced' });
  });

  it.each<[string, (fields: { name: string; type: string; nullable: boolean }[]) => object[], RegExp]>([
    ['a column is gone', (fields) => fields.slice(1), /column kafka_partition is missing/],
    [
      'a type is another',
      ([first, ...rest]) => [{ ...first, type: 'integer' }, ...rest],
      /column kafka_partition is "integer", and must be long/,
    ],
    [
      'a required column is added',
      (fields) => [...fields, { name: 'x', type: 'long', nullable: false }],
      /column x was added and may not be NULL/,
    ],
    [
      'a column may not be NULL',
      (fields) => fields.map((field) => ({ ...field, nullable: false })),
      /column reason may not be NULL, and must/,
    ],
  ])('whose columns were changed stop: %s', async (_what, changed, message) => {
    const store = new MemoryStore();
    await prepared(on(store, 1));
    const process = on(store, 2);
    const { metadata } = (await process.tables.payment_exceptions.refresh())!;
    const fields = [...fieldsOf(metadata.schemaString)] as { name: string; type: string; nullable: boolean }[];
    const schemaString = JSON.stringify({ type: 'struct', fields: changed(fields) });
    const metaData = { ...metadata, format: { provider: 'parquet', options: {} }, schemaString };
    await foreign(store, process, 'payment_exceptions', { metaData });
    expect(await process.sink.wrongTables()).toMatchObject({
      code: 'table_changed',
      message: expect.stringMatching(message) as string,
    });
  });

  it('must not forget positions', async () => {
    const store = new MemoryStore();
    await prepared(on(store, 1));
    const process = on(store, 2);
    const { metadata } = (await process.tables.payment_exceptions.refresh())!;
    const configuration = { ...metadata.configuration, 'delta.setTransactionRetentionDuration': 'interval 7 days' };
    const metaData = { ...metadata, format: { provider: 'parquet', options: {} }, configuration };
    await foreign(store, process, 'payment_exceptions', { metaData });
    expect(await process.sink.wrongTables()).toMatchObject({
      message: expect.stringMatching(/UNSET TBLPROPERTIES/) as string,
    });
  });

  it('that another engine compacted are as they were, and those it deleted from have lost rows', async () => {
    const store = new MemoryStore();
    await prepared(on(store, 1));
    const process = on(store, 2);
    await liveOnce(process, 'owner', LIFE);
    const [file] = (await process.tables.payment_exceptions.refresh())!.files.values();
    const remove = { path: file!.path, deletionTimestamp: 1, dataChange: false };
    const stats = JSON.stringify({ numRecords: file!.stats!.rowCount });
    const add = {
      path: file!.path,
      partitionValues: {},
      size: file!.byteLength,
      modificationTime: 1,
      dataChange: false,
      stats,
    };
    await foreign(store, process, 'payment_exceptions', { remove }, { add });
    expect(await process.sink.wrongTables()).toBeUndefined();
    expect(await liveOnce(process, 'owner', { ...LIFE, endOffset: 20 })).toBe('drained');
    await foreign(store, process, 'payment_exceptions', { remove: { ...remove, dataChange: true } });
    expect(await process.sink.wrongTables()).toMatchObject({ code: 'rows_lost' });
    expect(await on(store, 3).sink.lostInBulk()).toMatchObject({
      code: 'rows_lost',
      message: /payment_exceptions: it has \d rows, and the newest/,
    });
  });
});
