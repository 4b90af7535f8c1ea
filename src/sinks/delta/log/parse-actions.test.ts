import { describe, expect, test } from 'vitest';
import { parseCommit } from './parse-actions.ts';

const WHERE = 'lake/t/_delta_log/7.json';
const parse = (text: string) => parseCommit(Buffer.from(text), WHERE);

describe('a commit', () => {
  test('is read as other engines write it: null for absent, unknown fields and actions', () => {
    const add = { path: 'p', size: 1, modificationTime: 2, dataChange: true, partitionValues: { d: null } };
    const text = [
      { commitInfo: { operation: 'WRITE', timestamp: 'not a number', new: 1 } },
      { add: { ...add, tags: null, deletionVector: null, baseRowId: 3, stats: null } },
      { cdc: { path: 'c' } },
      { txn: { appId: 'a', version: 5, lastUpdated: null } },
    ].map((line) => JSON.stringify(line));
    expect(parse(`${text.join('\n')}\n\n`)).toEqual([
      { commitInfo: { operation: 'WRITE' } },
      { add },
      { txn: { appId: 'a', version: 5 } },
    ]);
  });

  test.each<[string, string | Uint8Array, RegExp]>([
    ['cut off', '{"txn":{"appId":"a","version":1}}\n{"add":{"pa', /7\.json, line 2, is damaged: it is not JSON/],
    ['empty', '', /it has no action/],
    ['no text', Uint8Array.of(0xff, 0xfe), /not UTF-8/],
    ['a list', '[]', /line 1, is damaged: it is no object/],
    ['an action that is none', '{"add":7}', /line 1, add is damaged: it is no object/],
    ['a file without a name', '{"add":{"size":1}}', /path is missing/],
    ['a size that is none', '{"add":{"path":"p","size":-1}}', /size is not a whole number/],
    ['a file with a flag that is none', '{"remove":{"path":"p","dataChange":1}}', /dataChange is not true or false/],
    ['a version past what numbers hold', '{"txn":{"appId":"a","version":9007199254740993}}', /version is not a whole/],
    ['a deletion vector', '{"add":{"deletionVector":{"storageType":"u"}}}', /deletion vector/],
    [
      'features that are none',
      '{"protocol":{"minReaderVersion":1,"minWriterVersion":2,"writerFeatures":[1]}}',
      /texts/,
    ],
  ])('that is damaged is named with its line: %s', (_, content, message) => {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    expect(() => parseCommit(bytes, WHERE)).toThrow(message);
    expect(() => parseCommit(bytes, WHERE)).toThrow(expect.objectContaining({ code: 'table_changed' }));
  });
});
