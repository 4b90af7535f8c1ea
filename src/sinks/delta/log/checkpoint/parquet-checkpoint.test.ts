import { describe, expect, test } from 'vitest';
import type { Action } from '../actions.ts';
import { PARQUET_CHECKPOINTS } from './parquet-checkpoint.ts';

const ALL: readonly Action[] = [
  { protocol: { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['appendOnly', 'domainMetadata'] } },
  {
    metaData: {
      id: 'an id',
      name: 'a name',
      format: { provider: 'parquet', options: {} },
      schemaString: '{"type":"struct","fields":[]}',
      partitionColumns: ['day', 'ü'],
      configuration: { 'delta.appendOnly': 'false', x: '' },
      createdTime: 1_767_323_045_000,
    },
  },
  { domainMetadata: { domain: 'd', configuration: '{}', removed: false } },
  { txn: { appId: 'provenonce/payments/0/next', version: 0 } },
  { txn: { appId: 'provenonce/payments/0/print', version: Number.MAX_SAFE_INTEGER } },
  { remove: { path: 'gone', deletionTimestamp: 5, dataChange: false, extendedFileMetadata: true, size: 7 } },
  {
    add: {
      path: 'a%20b',
      partitionValues: { day: '2026-11-30', ü: null },
      size: 12,
      modificationTime: 9,
      dataChange: false,
      stats: '{"numRecords":3,"minValues":{"t":"2026-11-30T00:00:00.123456Z"}}',
      tags: { a: 'b' },
    },
  },
  { add: { path: 'ü/ö', partitionValues: {}, size: 0, modificationTime: 0, dataChange: false } },
];

const byKind = (actions: readonly Action[]) =>
  [...actions]
    .map((action) => JSON.parse(JSON.stringify(action)))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

describe('a log checkpoint in Parquet', () => {
  test('says what was written', async () => {
    const bytes = await PARQUET_CHECKPOINTS.encode(ALL);
    expect(byKind(await PARQUET_CHECKPOINTS.decode(bytes, 'c'))).toEqual(byKind(ALL));
  });

  test('says it for many rows, more than one batch', async () => {
    const many: Action[] = [ALL[0]!, ALL[1]!];
    for (let file = 0; file < 5_000; file++) {
      many.push({ add: { path: `f${file}`, partitionValues: {}, size: file, modificationTime: 1, dataChange: false } });
    }
    const bytes = await PARQUET_CHECKPOINTS.encode(many);
    expect(byKind(await PARQUET_CHECKPOINTS.decode(bytes, 'c'))).toEqual(byKind(many));
  });

  test('that is torn, or something else, is named', async () => {
    const bytes = await PARQUET_CHECKPOINTS.encode(ALL);
    for (const wrong of [bytes.subarray(0, bytes.length / 2), Buffer.from('PAR1'), new Uint8Array()]) {
      await expect(PARQUET_CHECKPOINTS.decode(wrong, 'lake/t/c.parquet')).rejects.toThrow(
        /lake\/t\/c\.parquet is damaged: it is not a Parquet file/,
      );
    }
  });
});
