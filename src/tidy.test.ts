/**
 * House rules that no linter knows, held over the sources themselves. Each failure names the file and what to do
 * instead. Imports are read as text: static ones, type-only ones, and dynamic ones with a literal path.
 */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const SRC = import.meta.dirname;
const REPOSITORY = path.join(SRC, '..');
const MAX_LINES = 400;
const MAX_ROOM = 20;

/** The library of faults, beside src: it imports nothing of src, and the lab alone imports it. */
const CHAOS = '../chaos';

/**
 * What the files of a folder may import from other folders; tests may also import from their own layer (see LAYERS).
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  payments: ['base'],
  // Reads rules files: zod and yaml stand here and not in the core.
  rules: ['base', 'payments'],
  // Tries rules on records, and proposes some.
  'rules-check': ['base', 'payments', 'processor', 'rules'],
  processor: ['base', 'payments'],
  observability: ['base', 'payments', 'processor'],
  'local-state': ['base', 'payments', 'processor'],
  kafka: ['base', 'payments', 'processor'],
  sinks: ['base', 'payments', 'processor'],
  registry: ['base', 'payments', 'processor'],
  infra: [],
  simulator: ['base', 'payments', 'processor', 'kafka'],
  checks: ['base', 'processor', 'kafka', 'sinks', 'simulator'],
  conformance: ['base', 'payments', 'processor', 'sinks'],
  operations: ['base', 'payments', 'processor', 'sinks', 'registry'],
  lab: [
    'base',
    'payments',
    'processor',
    'observability',
    'local-state',
    'kafka',
    'sinks',
    'registry',
    'infra',
    'simulator',
    'checks',
    'operations',
    'conformance',
    CHAOS,
  ],
  demo: ['base', 'processor', 'infra', 'simulator', 'checks', 'lab'],
  // What the package offers to programs: names of everything else.
  entry: [
    'base',
    'payments',
    'processor',
    'kafka',
    'sinks',
    'registry',
    'local-state',
    'infra',
    'simulator',
    'checks',
    'lab',
    'cli',
  ],
};
const CLI = 'cli';

/** From the innermost layer to the outermost. A test may import its own layer and those further in. */
const LAYERS: readonly (readonly string[])[] = [
  ['base'],
  ['payments'],
  ['rules'],
  ['processor'],
  ['observability', 'local-state', 'kafka', 'sinks', 'registry', 'infra', 'simulator', 'checks'],
  ['operations', 'conformance', 'rules-check'],
  ['lab'],
  ['demo'],
  [CLI],
  ['entry'],
];

/** The checkers recompute; they share no code with what they check. */
const INDEPENDENT = ['checks/oracle/', 'checks/guarantees/', 'checks/topic/'];

/** A table without code: how rows are read follows it too. What they must be, the checkers say themselves. */
const COLUMN_TABLE = 'payments/columns.ts';
const READS_TABLES = 'checks/inputs/';

/** Time, chance and environment come in through ports. */
const PURE_FOLDERS = ['payments', 'processor'];
const IMPURE =
  /\bDate\.now\b|\bMath\.random\b|\bnew Date\(\)|\bset(?:Timeout|Interval|Immediate)\b|\bperformance\.now\b|\bprocess\.\w/g;

const FILES = globSync('**/*.ts', { cwd: SRC }).map((file) => file.split(path.sep).join('/'));
const TEXTS = new Map(FILES.map((file) => [file, readFileSync(path.join(SRC, file), 'utf8')]));

const isTest = (file: string): boolean =>
  /\.(test|fixture)\.ts$|(^|\/)testing\/|-(suite|samples|fixture)\.ts$/.test(file);
const folderOf = (file: string): string => file.split('/', file.startsWith('../') ? 2 : 1).join('/');
const layerOf = (folder: string): number => LAYERS.findIndex((layer) => layer.includes(folder));

/** Files of src that a file imports, as paths from src. */
function importsOf(file: string): string[] {
  return importsIn(file, TEXTS.get(file)!);
}

function importsIn(file: string, text: string): string[] {
  const found = text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)'(\.{1,2}\/[^']+)'/g);
  return [...found].map(([, target]) => path.posix.join(path.posix.dirname(file), target!));
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
}

test('the rules know every folder of src', () => {
  const folders = new Set(FILES.filter((file) => file.includes('/')).map(folderOf));
  expect([...folders].sort()).toEqual([...Object.keys(MAY_IMPORT), CLI].sort());
  expect(LAYERS.flat().sort()).toEqual([...folders].sort());
});

test('imports go inwards only', () => {
  const wrong = FILES.filter((file) => file.includes('/')).flatMap((file) => {
    const from = folderOf(file);
    const allowed = (to: string): boolean =>
      to === from || (isTest(file) ? layerOf(to) <= layerOf(from) : from === CLI || MAY_IMPORT[from]!.includes(to));
    return importsOf(file)
      .filter((target) => !allowed(folderOf(target)) && !(target === COLUMN_TABLE && file.startsWith(READS_TABLES)))
      .map((target) => `${file} imports ${target}: ${from} may not know ${folderOf(target)}`);
  });
  expect(wrong).toEqual([]);
});

test('the library of faults imports nothing of src', () => {
  const folder = path.join(SRC, CHAOS);
  const faults = globSync('**/*.ts', { cwd: folder });
  expect(faults.length).toBeGreaterThan(10);
  const wrong = faults.filter((file) => /from '(?:\.\.\/)+src\//.test(readFileSync(path.join(folder, file), 'utf8')));
  expect(wrong).toEqual([]);
});

test('only tests import tests and their fixtures', () => {
  const wrong = FILES.filter((file) => !isTest(file)).flatMap((file) =>
    importsOf(file)
      .filter(isTest)
      .map((target) => `${file} imports ${target}`),
  );
  expect(wrong).toEqual([]);
});

test('imports name files that are there', () => {
  const wrong = FILES.flatMap((file) =>
    importsOf(file)
      .filter((target) => !target.startsWith('..') && !TEXTS.has(target))
      .map((target) => `${file} imports ${target}`),
  );
  expect(wrong).toEqual([]);
});

test('the oracle, the guarantees and the reader of the topic share no code with the fold or the processor', () => {
  const checkers = FILES.filter((file) => INDEPENDENT.some((folder) => file.startsWith(folder)) && !isTest(file));
  expect(checkers.length).toBeGreaterThan(6);
  const wrong = checkers.flatMap((file) =>
    importsOf(file)
      .filter((target) => folderOf(target) !== 'checks')
      .map((target) => `${file} imports ${target}: recompute it instead`),
  );
  expect(wrong).toEqual([]);
});

test('no imports in a circle, those of types included', () => {
  const texts = new Map(
    globSync('{src,chaos,bench,scenarios,properties}/**/*.ts', { cwd: REPOSITORY })
      .map((file) => file.split(path.sep).join('/'))
      .map((file) => [file, readFileSync(path.join(REPOSITORY, file), 'utf8')]),
  );
  expect(texts.size).toBeGreaterThan(FILES.length);
  expect(circlesIn(texts)).toEqual([]);
});

/** The first circle that each walk comes upon, as the files on it. */
function circlesIn(texts: ReadonlyMap<string, string>): string[][] {
  const done = new Set<string>();
  const circles: string[][] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    const seenAt = trail.indexOf(file);
    if (seenAt >= 0) circles.push(trail.slice(seenAt));
    if (seenAt >= 0 || done.has(file) || !texts.has(file)) return;
    for (const target of importsIn(file, texts.get(file)!)) visit(target, [...trail, file]);
    done.add(file);
  };
  for (const file of texts.keys()) visit(file, []);
  return circles;
}

test('a circle is found, whether a value or a type closes it', () => {
  const texts = new Map([
    ['a/one.ts', "import { two } from '../a/two.ts';"],
    ['a/two.ts', "import type { Three } from '../b/three.ts';"],
    ['b/three.ts', "import type { One } from '../a/one.ts';"],
    ['b/four.ts', "import { one } from '../a/one.ts';"],
  ]);
  expect(circlesIn(texts)).toEqual([['a/one.ts', 'a/two.ts', 'b/three.ts']]);
});

/** Rooms that are still larger, with their sizes: they may only shrink. */
const LARGE_ROOMS: Readonly<Record<string, number>> = {};

test(`no room has more than ${MAX_ROOM} files side by side, tests aside`, () => {
  const sizes = new Map<string, number>();
  for (const file of globSync('{src,chaos,bench}/**/*.*', { cwd: REPOSITORY })) {
    const room = path.dirname(file).split(path.sep).join('/');
    if (!isTest(file)) sizes.set(room, (sizes.get(room) ?? 0) + 1);
  }
  expect(sizes.size).toBeGreaterThan(50);
  const large = [...sizes]
    .filter(([room, size]) => size > (LARGE_ROOMS[room] ?? MAX_ROOM))
    .map(([room, size]) => `${room} has ${size} files: cut it by subject`);
  expect(large).toEqual([]);
});

test(`no file is longer than ${MAX_LINES} lines`, () => {
  const long = [...TEXTS]
    .map(([file, text]) => ({ file, lines: text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > MAX_LINES)
    .map(({ file, lines }) => `${file} has ${lines} lines: one subject a file`);
  expect(long).toEqual([]);
});

test('file and folder names are kebab-case', () => {
  const wrong = FILES.filter((file) => !/^(?:[a-z0-9]+(?:-[a-z0-9]+)*\/)*[a-z0-9]+(?:[-.][a-z0-9]+)*\.ts$/.test(file));
  expect(wrong).toEqual([]);
});

test('no file is a drawer for anything', () => {
  expect(FILES.filter((file) => /(^|\/|-)(utils?|helpers?|common|misc)\.ts$/.test(file))).toEqual([]);
});

test('the core touches no clock, no chance and no environment', () => {
  const wrong = FILES.filter((file) => PURE_FOLDERS.includes(folderOf(file)) && !isTest(file)).flatMap((file) =>
    [...withoutComments(TEXTS.get(file)!).matchAll(IMPURE)].map(([use]) => `${file} uses ${use}: take it from a port`),
  );
  expect(wrong).toEqual([]);
});

test('the core opens no file, socket or process', () => {
  const wrong = FILES.filter((file) => PURE_FOLDERS.includes(folderOf(file)) && !isTest(file)).flatMap((file) =>
    [...TEXTS.get(file)!.matchAll(/from '(node:(?!buffer')[^']+|kafkajs[^']*|@google[^']*|@grpc[^']*)'/g)].map(
      ([, name]) => `${file} imports ${name}: that is an adapter's`,
    ),
  );
  expect(wrong).toEqual([]);
});

/**
 * What a sink is made of is the sink's: another one has other means. The names that a sink gives its events and points
 * are in one file.
 */
const SINKS_WORDS = /stream|finali[sz]|grpc|arrow\b|bigquery|\bjobs?\b/gi;
const SINKS_OWN = 'processor/sink-words.ts';

test("the processor names nothing of a sink's own", () => {
  const files = FILES.filter((file) => folderOf(file) === 'processor' && file !== SINKS_OWN);
  expect(files.length).toBeGreaterThan(40);
  const wrong = files.flatMap((file) =>
    [...TEXTS.get(file)!.matchAll(SINKS_WORDS)].map(
      ([word]) => `${file} says ${word}: that is a sink's, or name what it is for`,
    ),
  );
  expect(wrong).toEqual([]);
});

test('no file refers to a design that is not in the repository', () => {
  const wrong = FILES.filter(
    (file) => file !== 'tidy.test.ts' && /\bdesign(?:\.md)?,? sections?\b/.test(TEXTS.get(file)!),
  );
  expect(wrong).toEqual([]);
});

test('every module but a test says first what it is for', () => {
  const silent = FILES.filter((file) => !isTest(file) && !/^(#!.*\n)?\/\*\*/.test(TEXTS.get(file)!));
  expect(silent).toEqual([]);
});

test('the command line writes to its streams in one place, which lets nothing unprintable through', () => {
  const wrong = FILES.filter((file) => folderOf(file) === CLI && !isTest(file) && file !== 'cli/print.ts').flatMap(
    (file) =>
      [...withoutComments(TEXTS.get(file)!).matchAll(/process\.std(?:out|err)\.write|console\.\w+\(/g)].map(
        ([use]) => `${file}: ${use}: use print.ts`,
      ),
  );
  expect(wrong).toEqual([]);
});

test('no test is left out or alone', () => {
  const wrong = FILES.filter((file) => file.endsWith('.test.ts') && file !== 'tidy.test.ts').flatMap((file) =>
    [...TEXTS.get(file)!.matchAll(/\b(?:test|it|describe)\.(?:only|skip|todo|fails)\b/g)].map(
      ([use]) => `${file}: ${use}`,
    ),
  );
  expect(wrong).toEqual([]);
});

test('nothing is left to do', () => {
  const marks = new RegExp(
    `\\b(?:${['TO', 'FIX'].map((start) => `${start}${start === 'TO' ? 'DO' : 'ME'}`).join('|')})\\b`,
  );
  expect(FILES.filter((file) => marks.test(TEXTS.get(file)!))).toEqual([]);
});
