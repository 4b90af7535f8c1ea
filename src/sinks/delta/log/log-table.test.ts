import { beforeEach, describe, expect, test } from 'vitest';
import { UnreachableError } from '../../../base/errors.ts';
import { StoreRefusedError } from '../ports.ts';
import { BusyRuntime } from '../testing/busy-runtime.ts';
import { fileNamed, METADATA, tableOn, write } from '../testing/log-fixture.ts';
import { type Fate, FaultyStore, MemoryStore } from '../testing/memory-store.ts';
import { commitKey } from './log-names.ts';

let store: MemoryStore;
beforeEach(() => {
  store = new MemoryStore();
});

const oneOf = (actions: ReturnType<typeof write>) => (snapshot: { readonly files: ReadonlyMap<string, unknown> }) =>
  snapshot.files.has(actions.adds![0]!.path) ? undefined : actions;

describe('a table', () => {
  test('is not there until somebody makes it, and then for all', async () => {
    const table = tableOn(store);
    expect(await table.refresh()).toBeUndefined();
    const made = await table.ensure(METADATA);
    expect(made).toMatchObject({ version: 0, metadata: METADATA });
    expect([made.files.size, made.txns.size, made.foreign]).toEqual([0, 0, []]);
    const other = tableOn(store, { runtime: new BusyRuntime(1) });
    expect((await other.ensure(METADATA)).metadata.id).toBe(made.metadata.id);
    expect([...store.objects.keys()]).toEqual(['t/_delta_log/00000000000000000000.json']);
  });

  test('that two processes make at once is one table', async () => {
    const tables = [tableOn(store), tableOn(store, { runtime: new BusyRuntime(1) })];
    const [one, two] = await Promise.all(tables.map((table) => table.ensure(METADATA)));
    expect(one!.metadata.id).toBe(two!.metadata.id);
    expect(two!.version).toBe(0);
  });

  test('has what its commits say, and a reader follows', async () => {
    const table = tableOn(store);
    await table.ensure(METADATA);
    const reader = tableOn(store);
    await reader.refresh();
    await table.commit(oneOf(write('one', { x: 1, y: 4 })));
    const after = await table.commit((snapshot) =>
      snapshot.files.has('two')
        ? undefined
        : {
            operation: 'OPTIMIZE',
            removes: [{ path: 'one', dataChange: false }],
            adds: [{ ...fileNamed('two'), dataChange: false }],
            txns: new Map([['x', 2]]),
          },
    );
    expect(after.version).toBe(2);
    const read = await reader.refresh();
    expect([...read!.files.keys()]).toEqual(['two']);
    expect(Object.fromEntries(read!.txns)).toEqual({ x: 2, y: 4 });
    expect(read!.files.get('two')).toMatchObject({ byteLength: 10, stats: { rowCount: 1, min: { a: 1 } } });
    expect(read!.foreign).toEqual([]);
    expect([...(await tableOn(store).refresh())!.files.keys()]).toEqual(['two']);
  });

  test('says who wrote, in the commit itself', async () => {
    const table = tableOn(store, { engineVersion: '1.2.3' });
    await table.ensure(METADATA);
    await table.commit(oneOf(write('a b%/ü', { x: 1 })));
    const [info, txn, add] = store
      .text(commitKey('t', 1))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(info.commitInfo).toEqual({
      timestamp: 1_767_323_045_000,
      operation: 'WRITE',
      operationParameters: {},
      engineInfo: 'provenonce/1.2.3',
      txnId: expect.stringMatching(/^0{8}-/),
      isBlindAppend: true,
    });
    expect(txn).toEqual({ txn: { appId: 'x', version: 1 } });
    expect(add.add).toMatchObject({ path: 'a%20b%25/%C3%BC', size: 10, dataChange: true });
    expect(JSON.parse(add.add.stats)).toEqual({
      numRecords: 1,
      minValues: { a: 1 },
      maxValues: { a: 1 },
      nullCount: { a: 0 },
    });
    expect((await tableOn(store).refresh())!.files.has('a b%/ü')).toBe(true);
  });

  test('that is missing is named when somebody commits', async () => {
    await expect(tableOn(store).commit(() => write('one'))).rejects.toThrow(/no table t at memory.*schema apply/);
  });
});

describe('a commit', () => {
  test('is decided again on the newer snapshot when another one took its version', async () => {
    const [one, two] = [tableOn(store), tableOn(store, { runtime: new BusyRuntime(1) })];
    await one.ensure(METADATA);
    await two.refresh();
    await one.commit(oneOf(write('one', { x: 1 })));
    const seen: (number | undefined)[] = [];
    const after = await two.commit((snapshot) => {
      seen.push(snapshot.txns.get('x'));
      return snapshot.txns.get('x') === 1 ? undefined : write('two', { x: 1 });
    });
    expect(seen).toEqual([undefined, 1]);
    expect([...after.files.keys()]).toEqual(['one']);
  });

  test('that wants nothing is asked on the newest snapshot', async () => {
    const [one, two] = [tableOn(store), tableOn(store, { runtime: new BusyRuntime(1) })];
    await one.ensure(METADATA);
    await two.refresh();
    await one.commit(oneOf(write('one')));
    const seen: number[] = [];
    const after = await two.commit((snapshot) => {
      seen.push(snapshot.version);
      return undefined;
    });
    expect([seen, after.version]).toEqual([[0, 1], 1]);
  });

  test.each<[string, Fate[]]>([
    ['whose answer is lost lands once', ['lost']],
    ['that the store does not take is sent again', ['away', 'away']],
    ['of which nothing is known is sent again', ['late']],
    ['that meets all of it lands once', ['late', 'away', 'late', 'lost']],
  ])('%s', async (_, fates) => {
    await tableOn(store).ensure(METADATA);
    const left = [...fates];
    const faulty = new FaultyStore(store, () => left.shift() ?? 'ok');
    const runtime = new BusyRuntime();
    const after = await tableOn(faulty, { runtime }).commit(oneOf(write('one')));
    expect([after.version, [...after.files.keys()]]).toEqual([1, ['one']]);
    expect(runtime.waits.length).toBeGreaterThan(0);
    while (faulty.late.length > 0) expect(await faulty.landLate()).toBe('exists');
  });

  test('repeats the same bytes while nothing took its version', async () => {
    await tableOn(store).ensure(METADATA);
    const fates: Fate[] = ['late', 'late', 'late'];
    const faulty = new FaultyStore(store, () => fates.shift() ?? 'ok');
    let asked = 0;
    await tableOn(faulty).commit(() => (asked++ === 0 ? write('one') : undefined));
    expect(asked).toBe(1);
    const sent = faulty.late.map(({ bytes }) => Buffer.from(bytes).toString());
    expect(new Set([...sent, store.text(commitKey('t', 1))]).size).toBe(1);
  });

  test('gives up after its limit, and says what did not answer', async () => {
    await tableOn(store).ensure(METADATA);
    const faulty = new FaultyStore(store, () => 'away');
    const table = tableOn(faulty, { limits: { unreachableAfterMs: 10_000 } });
    const failure = await table.commit(() => write('one')).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UnreachableError);
    expect(String(failure)).toMatch(/delta: no success with commit to t for 1\d s.*the store is away/);
    expect((await table.commit(() => undefined)).version).toBe(0);
  });

  test('gives up after its limit when others take every version', async () => {
    const other = tableOn(store, { runtime: new BusyRuntime(1) });
    await other.ensure(METADATA);
    const table = tableOn(store, { limits: { unreachableAfterMs: 1_000 } });
    let count = 0;
    const losing = table.commit(async () => {
      await other.commit(() => (other.current!.files.has(`o${count}`) ? undefined : write(`o${count}`)));
      return write(`mine${count++}`);
    });
    await expect(losing).rejects.toThrow(/a commit to t lost \d+ races in .* DELTA_COMMIT_INTERVAL/);
  });

  test('that the store refuses ends at once', async () => {
    await tableOn(store).ensure(METADATA);
    const refusing = Object.assign(new FaultyStore(store, () => 'ok'), {
      create: () => Promise.reject(new StoreRefusedError('permission', 'no permission')),
    });
    const runtime = new BusyRuntime();
    await expect(tableOn(refusing, { runtime }).commit(() => write('one'))).rejects.toThrow(StoreRefusedError);
    expect(runtime.waits).toEqual([]);
  });

  test('whose decision fails changes nothing, and the next one has its turn', async () => {
    const table = tableOn(store);
    await table.ensure(METADATA);
    const failing = table.commit(() => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect((await table.commit(oneOf(write('one')))).version).toBe(1);
  });

  test('cannot remove what is not there, add a file twice, or have an unknown operation', async () => {
    const table = tableOn(store);
    await table.ensure(METADATA);
    await table.commit(oneOf(write('one')));
    const remove = { operation: 'DELETE', removes: [{ path: 'two', dataChange: true }] };
    await expect(table.commit(() => remove)).rejects.toThrow(/two is removed/);
    await expect(table.commit(() => write('one'))).rejects.toThrow(/one is added twice/);
    await expect(table.commit(() => ({ operation: 'MINE' }))).rejects.toThrow(/MINE/);
    await expect(table.commit(() => write('two', { x: 2 ** 60 }))).rejects.toThrow(/txn x/);
  });
});

describe('files of a table', () => {
  test('are uploaded under fresh names and read back', async () => {
    const table = tableOn(store);
    const one = await table.upload(Buffer.from('one'));
    const two = await table.upload(Buffer.from('two'));
    expect(one.path).not.toBe(two.path);
    expect(one).toMatchObject({ path: expect.stringMatching(/^part-.*\.parquet$/), byteLength: 3 });
    expect(Buffer.from((await table.read(two.path))!).toString()).toBe('two');
    expect(await table.read('other')).toBeUndefined();
  });

  test('are uploaded once although answers are lost', async () => {
    const fates: Fate[] = ['lost', 'away'];
    const table = tableOn(new FaultyStore(store, () => fates.shift() ?? 'ok'));
    await table.upload(Buffer.from('one'));
    expect(store.objects.size).toBe(1);
  });

  test('are never outside of its folder', async () => {
    for (const path of ['../x', '/etc/passwd', 's3://bucket/x', 'a//b']) {
      await expect(tableOn(store).read(path)).rejects.toThrow(/outside its folder/);
    }
  });
});
