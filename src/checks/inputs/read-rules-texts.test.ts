/** Rows of `rules` with one digest: one text, or one that no digest fits. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { readRulesTexts } from './read-rules-texts.ts';

const TEXT = '{"revision":1}';
const SHA256 = createHash('sha256').update(TEXT).digest('hex');

async function read(...texts: readonly string[]): Promise<string | undefined> {
  const rows = texts.map((text) => ({ sha256: SHA256, text }));
  const source = { dataset: { projectId: 'p', dataset: 'd' }, queries: { runQuery: async () => rows } };
  return (await readRulesTexts(source as never)).get(SHA256);
}

test('one text is what it is', async () => {
  expect(await read(TEXT)).toBe(TEXT);
  expect(await read()).toBeUndefined();
});

test.each([[''], [' '], [TEXT.slice(0, 5)], ['{}']])('of two texts, the second %j, neither is it', async (other) => {
  const texts = [other, TEXT].sort();
  const found = await read(...texts);
  expect(createHash('sha256').update(found!).digest('hex')).not.toBe(SHA256);
});

test('a text that is cut in two is not the whole', async () => {
  const found = await read(TEXT.slice(0, 5), TEXT.slice(5));
  expect(found).not.toBe(TEXT);
});
