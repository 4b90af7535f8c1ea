/** Tables that were dropped, made again, set back, upgraded or changed by others. */
import { beforeEach, describe, expect, test } from 'vitest';
import { BusyRuntime } from '../testing/busy-runtime.ts';
import { lines, METADATA, tableOn, write } from '../testing/log-fixture.ts';
import { MemoryStore } from '../testing/memory-store.ts';
import { commitKey, lastCheckpointKey } from './log-names.ts';

let store: MemoryStore;
beforeEach(() => {
  store = new MemoryStore();
});

const oneOf = (actions: ReturnType<typeof write>) => (snapshot: { readonly files: ReadonlyMap<string, unknown> }) =>
  snapshot.files.has(actions.adds![0]!.path) ? undefined : actions;

describe('a table that is not the one it was', () => {
  async function filled(runtime = new BusyRuntime()): Promise<ReturnType<typeof tableOn>> {
    const table = tableOn(store, { runtime });
    await table.ensure(METADATA);
    for (const path of ['one', 'two', 'three']) await table.commit(oneOf(write(path)));
    return table;
  }

  test('is gone when its folder is', async () => {
    const table = await filled();
    store.objects.clear();
    expect(await table.refresh()).toBeUndefined();
    await expect(table.commit(() => write('four'))).rejects.toThrow(/no table t/);
    expect(store.objects.size).toBe(0);
  });

  test('takes no commit when its folder is gone: a new one must not begin in mid-log', async () => {
    const table = await filled();
    store.objects.clear();
    await expect(table.commit(() => write('four'))).rejects.toMatchObject({ code: 'table_missing' });
    expect(store.objects.size).toBe(0);
  });

  test('has another id when it was dropped and made again', async () => {
    const table = await filled();
    store.objects.clear();
    await tableOn(store, { runtime: new BusyRuntime(7) }).ensure(METADATA);
    await expect(table.refresh()).rejects.toMatchObject({ code: 'table_replaced' });
    await expect(table.commit(() => write('four'))).rejects.toMatchObject({ code: 'table_replaced' });
    expect((await tableOn(store).refresh())!.version).toBe(0);
  });

  test('has another id when it was made again and has more commits than it had', async () => {
    const table = await filled();
    store.objects.clear();
    const other = tableOn(store, { runtime: new BusyRuntime(7) });
    await other.ensure(METADATA);
    for (const path of ['a', 'b', 'c', 'd', 'e']) await other.commit(oneOf(write(path)));
    await expect(table.refresh()).rejects.toMatchObject({ code: 'table_replaced' });
    await expect(table.commit(() => write('four'))).rejects.toMatchObject({ code: 'table_replaced' });
    expect((await other.refresh())!.version).toBe(5);
  });

  test('takes no commit when it was made again and has as many commits as it had', async () => {
    const runtime = new BusyRuntime();
    const table = await filled(runtime);
    store.objects.clear();
    const other = tableOn(store, { runtime: new BusyRuntime(7) });
    await other.ensure(METADATA);
    for (const path of ['a', 'b', 'c']) await other.commit(oneOf(write(path)));
    runtime.advance(60_000);
    await expect(table.commit(() => write('four'))).rejects.toMatchObject({ code: 'table_replaced' });
    expect((await other.refresh())!.version).toBe(3);
  });

  test('is damaged where a version is missing, and read in spite of a torn log checkpoint', async () => {
    await filled();
    await store.create('t/_delta_log/00000000000000000002.checkpoint.parquet', Buffer.from('torn'));
    await store.replace(lastCheckpointKey('t'), Buffer.from('{"version":2,"size":4}'));
    expect((await tableOn(store).refresh())!.version).toBe(3);
    await store.remove([commitKey('t', 1)]);
    await expect(tableOn(store).refresh()).rejects.toThrow(/version 1 is missing, and 2 is there/);
  });

  test('went back when an older copy was put in its place', async () => {
    const table = await filled();
    await store.remove([commitKey('t', 2), commitKey('t', 3)]);
    await expect(table.refresh()).rejects.toMatchObject({ code: 'rows_lost' });
  });

  test('shows the commits of others that changed rows, and not those before the first look', async () => {
    const add = { path: 'x', partitionValues: {}, size: 1, modificationTime: 1, dataChange: true };
    const remove = (path: string, dataChange: boolean) => ({ remove: { path, deletionTimestamp: 1, dataChange } });
    const table = await filled();
    const spark = { operation: 'DELETE', engineInfo: 'Apache-Spark/4.1' };
    await store.create(commitKey('t', 4), lines({ commitInfo: spark }, remove('one', true)));
    await store.create(commitKey('t', 5), lines({ add }));
    await store.create(commitKey('t', 6), lines({ commitInfo: { operation: 'OPTIMIZE' } }, remove('x', false)));
    const foreign = [
      { version: 4, operation: 'DELETE', engine: 'Apache-Spark/4.1', addedFiles: 0, removedFiles: 1 },
      { version: 5, operation: '', engine: '', addedFiles: 1, removedFiles: 0 },
    ];
    expect((await table.refresh())!.foreign).toEqual(foreign);
    const late = tableOn(store);
    expect((await late.refresh())!.foreign).toEqual([]);
    await table.commit(oneOf(write('four')));
    expect((await late.refresh())!.foreign).toEqual([]);
    expect((await table.refresh())!.foreign).toEqual(foreign);
  });

  test('is refused when another engine upgraded it', async () => {
    const table = await filled();
    const protocol = { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ['deletionVectors'] };
    await store.create(commitKey('t', 4), lines({ protocol: { ...protocol, writerFeatures: ['deletionVectors'] } }));
    await expect(table.refresh()).rejects.toThrow(/t was upgraded by another engine.*deletionVectors/);
  });

  test('may have features that ask nothing of this program', async () => {
    const table = await filled();
    const protocol = { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['appendOnly', 'domainMetadata'] };
    const domainMetadata = { domain: 'd', configuration: '{}', removed: false };
    await store.create(commitKey('t', 4), lines({ protocol }, { domainMetadata }, { unheardOf: { x: 1 } }));
    expect((await table.refresh())!.domains.get('d')).toEqual(domainMetadata);
  });
});
