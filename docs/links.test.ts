/** Links between the repository's pages lead somewhere, and no page holds what belongs on one machine only. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { anchorsOf, linksOf, markdownFiles, REPOSITORY, readRepositoryFile } from './testing/markdown.ts';

/** Written so that this file does not contain them. */
const LEFT_TO_DO = new RegExp(`\\b(?:${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')}|${['T', 'BD'].join('')})\\b`);
const ONE_MACHINE = /(?:^|[\s"'`(=])\/(?:home|root|Users|work)\//m;

describe.each(markdownFiles())('%s', (file) => {
  const text = readRepositoryFile(file);

  test('links to files and headings that are there', () => {
    const broken = linksOf(text).flatMap(({ target, line }) => {
      if (/^(?:https?|mailto):/.test(target)) return [];
      const [name, anchor] = target.split('#') as [string, string | undefined];
      const linked = name === '' ? file : path.posix.join(path.posix.dirname(file), name);
      if (!existsSync(path.join(REPOSITORY, linked))) return [`line ${line}: ${target}: no such file`];
      if (anchor === undefined || !linked.endsWith('.md')) return [];
      return anchorsOf(readRepositoryFile(linked)).has(anchor) ? [] : [`line ${line}: ${target}: no such heading`];
    });
    expect(broken).toEqual([]);
  });

  test('names no path of one machine, and leaves nothing to do', () => {
    expect(ONE_MACHINE.exec(text)?.[0]).toBeUndefined();
    expect(LEFT_TO_DO.exec(text)?.[0]).toBeUndefined();
  });
});

test('the pages that a reader starts from are there, and the index reaches every page of docs', () => {
  const files = markdownFiles();
  expect(files).toEqual(expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'docs/README.md']));
  const reached = new Set(['docs/README.md']);
  for (const file of reached) {
    for (const { target } of linksOf(readRepositoryFile(file))) {
      const name = target.split('#')[0]!;
      if (name.endsWith('.md') && !name.includes(':')) reached.add(path.posix.join(path.posix.dirname(file), name));
    }
  }
  expect(files.filter((file) => file.startsWith('docs/') && !reached.has(file))).toEqual([]);
});
