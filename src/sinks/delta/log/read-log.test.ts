/** Logs as other engines leave them: checkpoints in parts, of the second kind, torn, without their hint. */
import { beforeEach, describe, expect, test } from 'vitest';
import { lines, METADATA, tableOn } from '../testing/log-fixture.ts';
import { FaultyStore, MemoryStore } from '../testing/memory-store.ts';
import { commitKey, lastCheckpointKey } from './log-names.ts';

const PROTOCOL = { protocol: { minReaderVersion: 1, minWriterVersion: 2 } };
const METADATA_ROW = { metaData: { id: 'an id', format: { provider: 'parquet' }, ...METADATA } };
const add = (path: string) => ({
  add: { path, partitionValues: {}, size: 1, modificationTime: 1, dataChange: true, stats: '{"numRecords":1}' },
});
const named = (name: string): string => `t/_delta_log/${name}`;
const hint = (value: object): Uint8Array => Buffer.from(JSON.stringify(value));

let store: MemoryStore;
beforeEach(async () => {
  store = new MemoryStore();
  // Versions 0 to 4 were removed; 5 has a checkpoint in two parts; 6 and 7 follow.
  for (const version of [5, 6, 7]) await store.create(commitKey('t', version), lines(add(`f${version}`)));
  const parts = [lines(PROTOCOL, add('one')), lines(METADATA_ROW, add('two'), { txn: { appId: 'x', version: 3 } })];
  for (const [index, bytes] of parts.entries()) {
    await store.create(named(`00000000000000000005.checkpoint.000000000${index + 1}.0000000002.parquet`), bytes);
  }
  await store.create(lastCheckpointKey('t'), hint({ version: 5, size: 5, parts: 2 }));
});

const files = async () => [...(await tableOn(store).refresh())!.files.keys()];
const WHOLE = ['one', 'two', 'f6', 'f7'];

describe('a log with a checkpoint in several parts', () => {
  test('is read from it', async () => {
    expect(await files()).toEqual(WHOLE);
    expect((await tableOn(store).refresh())!.txns.get('x')).toBe(3);
  });

  test('is read without its hint, or with one that is damaged', async () => {
    await store.remove([lastCheckpointKey('t')]);
    expect(await files()).toEqual(WHOLE);
    for (const text of ['', '{"vers', 'null', '{"version":"5"}', '{"version":-1}']) {
      await store.replace(lastCheckpointKey('t'), Buffer.from(text));
      expect(await files()).toEqual(WHOLE);
    }
  });

  test('is read where the hint is older than the newest checkpoint, or names one that is gone', async () => {
    await store.replace(lastCheckpointKey('t'), hint({ version: 2, size: 5 }));
    expect(await files()).toEqual(WHOLE);
  });

  test('whose hint names a version that nothing leads to is refused, and the error says which', async () => {
    await store.replace(lastCheckpointKey('t'), hint({ version: 99_999, size: 5 }));
    await expect(files()).rejects.toMatchObject({
      code: 'table_changed',
      message: expect.stringMatching(
        /_last_checkpoint names version 99999, and the newest log checkpoint that can be read is of version 5\./,
      ),
    });
  });

  test('of which a part is missing cannot be read, and the error says which', async () => {
    await store.remove([named('00000000000000000005.checkpoint.0000000002.0000000002.parquet')]);
    await expect(files()).rejects.toMatchObject({
      code: 'table_changed',
      message: expect.stringMatching(
        /log of t at memory is damaged: version 0 is missing and there is no log checkpoint/,
      ),
    });
  });

  test('that is torn is passed over for an older one', async () => {
    await store.create(named('00000000000000000007.checkpoint.parquet'), Buffer.from('{"add":{"pa'));
    await store.replace(lastCheckpointKey('t'), hint({ version: 7, size: 9 }));
    expect(await files()).toEqual(WHOLE);
  });

  test('that is torn, with nothing older, is named', async () => {
    const part = named('00000000000000000005.checkpoint.0000000002.0000000002.parquet');
    await store.replace(part, Buffer.from('{"add":{"pa'));
    await expect(files()).rejects.toThrow(/checkpoint\.0000000002\.0000000002\.parquet, line 1, is damaged/);
  });
});

describe('a checkpoint of the second kind', () => {
  test('is named by its hint', async () => {
    await store.replace(lastCheckpointKey('t'), hint({ version: 5, size: 5, v2Checkpoint: { path: 'x.json' } }));
    await expect(files()).rejects.toThrow(/second kind \(V2\).*delta\.checkpointPolicy to 'classic'/);
  });

  test('is named by its file', async () => {
    store = new MemoryStore();
    await store.create(commitKey('t', 5), lines(add('f5')));
    await store.create(
      named('00000000000000000005.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json'),
      lines(add('x')),
    );
    await expect(files()).rejects.toThrow(/80a083e8.*second kind/);
  });
});

describe('the end of a log', () => {
  test('is before a commit that is missing for who follows it; who opens it names the gap', async () => {
    const table = tableOn(store);
    await table.refresh();
    await store.create(commitKey('t', 9), lines(add('f9')));
    expect((await table.refresh())!.version).toBe(7);
    await store.create(commitKey('t', 10), lines(add('f10')));
    await expect(tableOn(store).refresh()).rejects.toThrow(/version 8 is missing, and 9 is there/);
  });

  test('is asked for again while the store is away', async () => {
    let calls = 0;
    const away = new FaultyStore(
      store,
      () => 'ok',
      () => ++calls % 2 === 1,
    );
    expect((await tableOn(away).refresh())!.version).toBe(7);
  });

  test('counts files of other kinds for nothing', async () => {
    for (const name of [
      '00000000000000000006.crc',
      '00000000000000000006.00000000000000000007.compacted.json',
      '.tmp-x',
    ]) {
      await store.create(named(name), Buffer.from('other'));
    }
    await store.create(named('_sidecars/x.parquet'), Buffer.from('other'));
    await store.remove([lastCheckpointKey('t')]);
    expect(await files()).toEqual(WHOLE);
  });
});
