/** Puts and reads of versions whose names log clean-up has freed. */
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

describe('versions whose names clean-up has freed', () => {
  const limits = { keptCommits: 0 };

  /** Another process commits to version 5, writes a log checkpoint of it and removes what is below. */
  async function cleanUpTo(
    version: number,
    other = tableOn(store, { runtime: new BusyRuntime(9), limits }),
  ): Promise<void> {
    while ((await other.refresh())!.version < version) {
      const path = `f${other.current!.version}`;
      await other.commit(oneOf(write(path, { next: other.current!.version })));
    }
    const { protocol, metadataAction: metaData, files, txns } = other.current!;
    const rows = [
      { protocol },
      { metaData },
      ...[...files.values()].map(({ action }) => ({ add: action })),
      ...[...txns].map(([appId, each]) => ({ txn: { appId, version: each } })),
    ];
    await store.create(`t/_delta_log/${String(version).padStart(20, '0')}.checkpoint.parquet`, lines(...rows));
    await store.replace(lastCheckpointKey('t'), Buffer.from(JSON.stringify({ version, size: rows.length })));
    await store.remove(Array.from({ length: version }, (_, each) => commitKey('t', each)));
  }

  test('are not taken for the end of the log', async () => {
    const table = tableOn(store, { limits });
    await table.ensure(METADATA);
    await cleanUpTo(5);
    const read = await table.refresh();
    expect([read!.version, read!.files.size, read!.txns.get('next')]).toEqual([5, 5, 4]);
  });

  test('do not take a put for a commit: it is put again at the end of the log', async () => {
    const table = tableOn(store, { limits });
    await table.ensure(METADATA);
    await cleanUpTo(5);
    const versions: number[] = [];
    const after = await table.commit((snapshot) => {
      versions.push(snapshot.version);
      return oneOf(write('mine'))(snapshot);
    });
    expect(versions).toEqual([0, 5]);
    expect([after.version, after.files.has('mine')]).toEqual([6, true]);
    expect((await tableOn(store, { limits }).refresh())!.files.has('mine')).toBe(true);
  });

  test('are known even if another engine frees them in another order', async () => {
    const table = tableOn(store, { limits });
    await table.ensure(METADATA);
    const first = store.text(commitKey('t', 0));
    await cleanUpTo(5);
    await store.create(commitKey('t', 0), Buffer.from(first));
    const after = await table.commit(oneOf(write('mine')));
    expect([after.version, after.files.has('mine')]).toEqual([6, true]);
    expect((await tableOn(store, { limits }).refresh())!.files.has('mine')).toBe(true);
  });

  test('are known even if _last_checkpoint was set back', async () => {
    const table = tableOn(store, { limits });
    await table.ensure(METADATA);
    const other = tableOn(store, { runtime: new BusyRuntime(9), limits });
    await cleanUpTo(2, other);
    const last = store.text(lastCheckpointKey('t'));
    await table.refresh();
    await cleanUpTo(5, other);
    await store.replace(lastCheckpointKey('t'), Buffer.from(last));
    await store.remove(['t/_delta_log/00000000000000000002.checkpoint.parquet']);
    const after = await table.commit(oneOf(write('mine')));
    expect([after.version, after.files.size]).toEqual([6, 6]);
  });

  test('are known where _last_checkpoint was set back to a log checkpoint that is still there', async () => {
    const table = tableOn(store, { limits });
    await table.ensure(METADATA);
    const other = tableOn(store, { runtime: new BusyRuntime(9), limits });
    await cleanUpTo(2, other);
    const last = store.text(lastCheckpointKey('t'));
    await cleanUpTo(20, other);
    await other.commit(oneOf(write('newest')));
    // A write that was late: it names version 2, and the commits after it are freed.
    await store.replace(lastCheckpointKey('t'), Buffer.from(last));
    const after = await table.commit(oneOf(write('mine')));
    expect([after.version, after.files.has('newest'), after.files.has('mine')]).toEqual([22, true, true]);
  });
});
