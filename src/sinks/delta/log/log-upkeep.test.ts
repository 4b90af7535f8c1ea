import { beforeEach, describe, expect, test } from 'vitest';
import { BusyRuntime } from '../testing/busy-runtime.ts';
import { fileNamed, METADATA, tableOn, write } from '../testing/log-fixture.ts';
import { FaultyStore, MemoryStore } from '../testing/memory-store.ts';
import { PLAIN_CHECKPOINTS } from '../testing/plain-checkpoints.ts';
import { PARQUET_CHECKPOINTS } from './checkpoint/parquet-checkpoint.ts';
import { commitKey, lastCheckpointKey, logFileOf } from './log-names.ts';
import type { DeltaLogTable, LogTableOptions } from './log-table.ts';

const limits = {
  checkpointEveryCommits: 5,
  keptCommits: 7,
  logRetentionMs: 1_000,
  removedFileRetentionMs: 500,
  cleanUpEveryMs: 0,
};

let store: MemoryStore;
let runtime: BusyRuntime;
beforeEach(() => {
  store = new MemoryStore();
  runtime = new BusyRuntime();
});

const open = (options: Partial<LogTableOptions> = {}): DeltaLogTable => tableOn(store, { runtime, limits, ...options });

async function commitTimes(table: DeltaLogTable, times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    const { version } = table.current!;
    runtime.advance(100);
    store.nowMs = runtime.nowMs();
    const next = new Map([['next', version + 1]]);
    const removes = version % 2 === 1 ? [{ path: `f${version}`, dataChange: true }] : [];
    const change = { operation: 'WRITE', adds: [fileNamed(`f${version + 1}`)], removes, txns: next };
    await table.commit((snapshot) => (snapshot.version > version ? undefined : change));
    await table.settled();
  }
}

const versionsLeft = () =>
  [...store.objects.keys()]
    .map(logFileOf)
    .flatMap((file) => (file.kind === 'commit' ? [file.version] : []))
    .sort((a, b) => a - b);
const checkpointsLeft = () =>
  [...store.objects.keys()]
    .map(logFileOf)
    .flatMap((file) => (file.kind === 'checkpoint' ? [file.version] : []))
    .sort((a, b) => a - b);

describe('a log checkpoint', () => {
  test('is written every few commits and says all that the table is', async () => {
    const table = open({ checkpoints: PARQUET_CHECKPOINTS });
    await table.ensure(METADATA);
    await commitTimes(table, 12);
    expect(checkpointsLeft()).toEqual([5, 10]);
    expect(JSON.parse(store.text(lastCheckpointKey('t')))).toMatchObject({ version: 10, numOfAddFiles: 5 });
    const read = (await open({ checkpoints: PARQUET_CHECKPOINTS }).refresh())!;
    const { metadata, files, txns, version } = table.current!;
    expect({ metadata: read.metadata, version: read.version }).toEqual({ metadata, version });
    expect([...read.files.keys()].sort()).toEqual([...files.keys()].sort());
    expect(Object.fromEntries(read.txns)).toEqual(Object.fromEntries(txns));
    expect(read.files.get('f6')!.stats).toEqual(files.get('f6')!.stats);
  });

  test('names removed files for their time, and then no more', async () => {
    const table = open();
    await table.ensure(METADATA);
    await commitTimes(table, 5);
    expect(store.text('t/_delta_log/00000000000000000005.checkpoint.parquet')).toMatch(/"remove":\{"path":"f3"/);
    runtime.advance(10_000);
    await commitTimes(table, 5);
    const text = store.text('t/_delta_log/00000000000000000010.checkpoint.parquet');
    expect(text).not.toMatch(/"path":"f3"/);
    expect(text).toMatch(/"remove":\{"path":"f7"/);
    expect([...table.current!.tombstones.keys()]).not.toContain('f3');
  });

  test('that fails is written by a later commit, and no commit fails with it', async () => {
    const failures: string[] = [];
    let isBroken = true;
    const checkpoints: LogTableOptions['checkpoints'] = {
      encode: () => (isBroken ? Promise.reject(new Error('no memory')) : Promise.resolve(Buffer.from('x'))),
      decode: () => Promise.reject(new Error('not asked')),
    };
    const observer = { onUpkeepFailed: (table: string, error: Error) => failures.push(`${table}: ${error.message}`) };
    const table = open({ checkpoints, observer });
    await table.ensure(METADATA);
    await commitTimes(table, 5);
    isBroken = false;
    await commitTimes(table, 5);
    expect([failures, checkpointsLeft(), table.current!.version]).toEqual([['t: no memory'], [10], 10]);
  });

  test('of a process that died is written by another one', async () => {
    const table = open();
    await table.ensure(METADATA);
    await commitTimes(table, 4);
    const dying = open({ checkpoints: { encode: () => new Promise(() => {}), decode: async () => [] } });
    await dying.refresh();
    await dying.commit((snapshot) => (snapshot.version > 4 ? undefined : write('f5')));
    await table.refresh();
    await commitTimes(table, 4);
    expect(checkpointsLeft()).toEqual([]);
    await commitTimes(table, 1);
    expect(checkpointsLeft()).toEqual([10]);
  });

  test('never takes the place of a newer one in _last_checkpoint', async () => {
    const [table, other] = [open(), open({ runtime: new BusyRuntime(2) })];
    await table.ensure(METADATA);
    await commitTimes(table, 4);
    await other.refresh();
    // While the fifth version's checkpoint is made, another process gets to the tenth and names that one.
    let isFirst = true;
    const slow = open({
      checkpoints: {
        ...PLAIN_CHECKPOINTS,
        encode: async (actions) => {
          if (isFirst) {
            isFirst = false;
            await other.refresh();
            await commitTimes(other, 5);
          }
          return PLAIN_CHECKPOINTS.encode(actions);
        },
      },
    });
    await slow.refresh();
    await commitTimes(slow, 1);
    expect(checkpointsLeft()).toEqual([5, 10]);
    expect(JSON.parse(store.text(lastCheckpointKey('t'))).version).toBe(10);
  });
});

describe('clean-up', () => {
  test('leaves what is young, beginning with a log checkpoint', async () => {
    const table = open();
    await table.ensure(METADATA);
    await commitTimes(table, 40);
    expect(versionsLeft()).toEqual(Array.from({ length: 16 }, (_, index) => 25 + index));
    expect(checkpointsLeft()).toEqual([25, 30, 35, 40]);
    expect((await open().refresh())!.files.size).toBe(table.current!.files.size);
  });

  test('leaves as many commits as readers count on, however old they are', async () => {
    const table = open({ limits: { ...limits, logRetentionMs: -1 } });
    await table.ensure(METADATA);
    await commitTimes(table, 40);
    expect(versionsLeft()).toEqual(Array.from({ length: 11 }, (_, index) => 30 + index));
  });

  test('removes nothing before its age', async () => {
    const table = open({ limits: { ...limits, logRetentionMs: 1_000_000 } });
    await table.ensure(METADATA);
    await commitTimes(table, 40);
    expect(versionsLeft()).toHaveLength(41);
  });

  test('removes nothing where a log checkpoint could not be named', async () => {
    const replace = () => Promise.reject(new Error('no'));
    const unnamed = Object.assign(new FaultyStore(store, () => 'ok'), { replace });
    const table = tableOn(unnamed, { runtime, limits: { ...limits, unreachableAfterMs: 10 } });
    await table.ensure(METADATA);
    await commitTimes(table, 30);
    expect(versionsLeft()).toHaveLength(31);
  });

  test('goes from the oldest version on, one file at a time', async () => {
    const table = open();
    await table.ensure(METADATA);
    await commitTimes(table, 40);
    const removed = store.calls
      .filter((call) => call.startsWith('remove '))
      .map((call) => call.slice('remove '.length));
    expect(removed.length).toBeGreaterThan(20);
    expect(removed).toEqual(removed.toSorted());
    expect(removed.filter((keys) => keys.includes(' '))).toEqual([]);
  });

  test('removes files that a crash left, once no writer can be at them', async () => {
    const table = open();
    await table.ensure(METADATA);
    await store.create('t/_delta_log/.tmp-1', Buffer.from('half'));
    runtime.advance(25 * 3_600_000);
    store.nowMs = runtime.nowMs();
    await store.create('t/_delta_log/.tmp-2', Buffer.from('half'));
    await commitTimes(table, 5);
    expect([...store.objects.keys()].filter((key) => key.includes('.tmp-'))).toEqual(['t/_delta_log/.tmp-2']);
  });

  test('leaves a process that is far behind right: it opens the table anew', async () => {
    const late = open({ runtime: new BusyRuntime(3) });
    const table = open();
    await table.ensure(METADATA);
    await late.refresh();
    await commitTimes(table, 40);
    expect(store.objects.has(commitKey('t', 1))).toBe(false);
    const after = await late.commit((snapshot) => (snapshot.files.has('late') ? undefined : write('late')));
    expect(after.version).toBe(41);
    expect((await table.refresh())!.files.has('late')).toBe(true);
  });
});
