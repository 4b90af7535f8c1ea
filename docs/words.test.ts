/**
 * The words of pages, comments, errors and the command line: phrases that make a reader stop and guess are absent.
 * Each phrase stands here with what to write instead.
 */
import { globSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { markdownFiles, REPOSITORY, readRepositoryFile } from './testing/markdown.ts';

/** What is not written, and what is written instead. */
const BANNED: readonly (readonly [RegExp, string])[] = [
  [/\bso many\b/i, 'the number: "this many", "n rows", "the given number of"'],
  [/\bwhoever\b/i, 'who it is: "the process that", "anybody who"'],
  [/\bwhatever\b/i, 'what it is: "any", "regardless of", "every ... that"'],
  [/\bwhichever\b/i, 'which one: "the first of", "the one that"'],
  [/\bany more\b/i, '"no longer"'],
  [/\b(?:is|are|was|were|be|been|being) said\b/i, 'what happens: "logs a warning", "reports", "prints"'],
  [/\b(?:is|are|was|were|be|been|being) told\b/i, 'what happens: "receives", "learns", "gets"'],
  [/\b(?:go|goes|going|went) on\b/i, '"continues", "resumes" or "retries"'],
  [/\baloud\b/i, 'what happens: "logs a warning"'],
  [/\bwith a name\b/i, '"with a named error"'],
  [/\bunder way\b/i, '"in flight", "running" or "in progress"'],
  [/\b(?:take|takes|took) notice\b/i, '"register", "read"'],
  [/\bfor else\b/i, '"otherwise"'],
  [/\bno way out\b/i, 'what it cannot do'],
];

/** Where none of them stands. Paths from the repository's top, a folder with all below it. */
const ROOMS: readonly string[] = [
  'CONTRIBUTING.md',
  'README.md',
  'bench',
  'chaos',
  'deploy',
  'docs',
  'examples',
  'properties',
  'scenarios',
  'sql',
  'src',
];

/**
 * A diary keeps the words of its day; mutants.md quotes names of tests and mutants; this file holds the words it looks for; a text
 * of the simulated world's trace is part of every digest.
 */
const EXEMPT: readonly string[] = [
  'docs/performance-log.md',
  'docs/mutants.md',
  'docs/words.test.ts',
  'src/lab/sim/world/sim-process.ts',
  'src/lab/sim/bigquery/sim-reader.ts',
];

/** Reasons of endings, which stand in events, in logs and so in the traces of the simulated world. */
const KEPT = /no partition can go on/g;

interface Place {
  readonly line: number;
  readonly phrase: string;
  readonly instead: string;
}

/** A phrase counts over a line's end too, where a comment or a string is wrapped; program output that a page quotes does not. */
function bannedIn(text: string): Place[] {
  const blank = (part: string): string => part.replace(/\S/g, ' ');
  const plain = text
    .replace(/^```text\n[\s\S]*?^```$/gm, blank)
    .replace(KEPT, blank)
    .replace(/\n\s*(?:\*(?!\/)|\/\/|--|>|#)/g, blank)
    .replace(/['"`] ?\+?\n\s*(?:\+ )?['"`]/g, blank);
  return BANNED.flatMap(([phrase, instead]) => {
    const spaced = new RegExp(phrase.source.replaceAll(' ', '\\s+'), 'gi');
    return [...plain.matchAll(spaced)].map((found) => ({
      line: plain.slice(0, found.index).split('\n').length,
      phrase: found[0].replace(/\s+/g, ' '),
      instead,
    }));
  });
}

function filesOf(room: string): string[] {
  if (/\.\w+$/.test(room)) return [room];
  return globSync(`${room}/**/*.{ts,mjs,md,sql,sh,py,yaml,yml,json}`, { cwd: REPOSITORY }).filter(
    (file) => !file.includes('node_modules') && !EXEMPT.includes(file),
  );
}

describe.each(ROOMS)('%s', (room) => {
  test('says what happens, without riddles', () => {
    const files = filesOf(room);
    expect(files.length).toBeGreaterThan(0);
    const found = files.flatMap((file) =>
      bannedIn(readRepositoryFile(file)).map(
        ({ line, phrase, instead }) => `${file}:${line}: "${phrase}": write ${instead}`,
      ),
    );
    expect(found).toEqual([]);
  });
});

test('a phrase is found over the end of a line, in comments, strings and Markdown, with its line', () => {
  expect(bannedIn('/**\n * It waits so\n * many times.\n */\n')).toMatchObject([{ line: 2, phrase: 'so many' }]);
  expect(bannedIn("const a =\n  'nobody reads it any ' +\n  'more';\n")).toMatchObject([
    { line: 2, phrase: 'any more' },
  ]);
  expect(bannedIn('The processor\ngoes on.\n')).toMatchObject([{ line: 2, phrase: 'goes on' }]);
  expect(bannedIn('-- Whoever\n-- reads')).toMatchObject([{ line: 1, phrase: 'Whoever' }]);
});

test('what a program printed, shown in a block of text, is left alone', () => {
  expect(bannedIn('```text\nit goes on\n```\n')).toEqual([]);
  expect(bannedIn('```sh\n# it goes on\n```\n')).toHaveLength(1);
});

/** Tables, headings, blocks and lines that are one link cannot be broken. */
function longLines(text: string): number[] {
  let inBlock = false;
  return text.split('\n').flatMap((line, index) => {
    if (/^\s*```/.test(line)) inBlock = !inBlock;
    const breakable = !inBlock && !/^\s*\||^#|^\s*```|^<!--/.test(line) && /\S\s+\S/.test(line.trim().slice(4));
    return breakable && line.length > 120 ? [index + 1] : [];
  });
}

/** Pages whose lines are longer still. */
const NOT_WRAPPED: readonly string[] = ['docs/performance-log.md'];

test('lines of Markdown end at 120 characters at most', () => {
  const files = markdownFiles().filter((file) => !NOT_WRAPPED.includes(file));
  expect(files.flatMap((file) => longLines(readRepositoryFile(file)).map((line) => `${file}:${line}`))).toEqual([]);
  expect(longLines(`${'word '.repeat(30)}\n| ${'cell '.repeat(30)} |\n`)).toEqual([1]);
});
