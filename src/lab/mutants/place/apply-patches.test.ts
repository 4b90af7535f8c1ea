/**
 * A mutant's place survives what people do to the code around it, shown on the real catalogue; and where it does not, the
 * error says where it looked, and what is there instead.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MUTANTS } from '../catalogue.ts';
import type { Patch } from '../mutant.ts';
import { applyPatches, applyToText, requirePlace } from './apply-patches.ts';
import { matchesIn, patternsOf } from './pattern.ts';
import { scopesNamed, scopesOf } from './scopes.ts';
import { nodesOf, parseSource, type SyntaxNode } from './syntax.ts';

const ROOT = path.join(import.meta.dirname, '..', '..', '..', '..');

/** Every patch of the catalogue once, by the file that it is in now. */
const REAL = [
  ...Map.groupBy(
    MUTANTS.flatMap(({ name, patches }) => patches.map((patch) => ({ name, patch }))),
    ({ patch }) => patch.file,
  ),
].map(([file, placed]) => ({ file, placed, source: readFileSync(path.join(ROOT, file), 'utf8') }));

/** Inserts a text before each node that is chosen. */
function before(source: string, isChosen: (node: SyntaxNode, parent: SyntaxNode) => boolean, text: string): string {
  const at = new Set<number>();
  for (const parent of nodesOf(parseSource(source)!)) {
    for (const list of Object.values(parent).filter(Array.isArray)) {
      for (const node of list) if (node !== null && isChosen(node, parent)) at.add(node.start);
    }
  }
  let result = source;
  for (const start of [...at].sort((a, b) => b - a)) result = result.slice(0, start) + text + result.slice(start);
  return result;
}

const EDITS: readonly (readonly [string, (source: string) => string])[] = [
  ['as it is', (source) => source],
  ['with a comment at every argument, member and statement', (source) => before(source, isInList, '/* ü😀 */ ')],
  ['on other lines', (source) => `// ${'x'.repeat(200)}\n\n${before(source, isStatement, '\n\n        ')}`],
  ['with a statement beside every other', (source) => before(source, isStatement, 'neighbour?.();\n')],
];

function isInList(node: SyntaxNode, parent: SyntaxNode): boolean {
  return !['TemplateElement', 'TSTypeParameter'].includes(node?.type) && parent.type !== 'TemplateLiteral';
}

function isStatement(node: SyntaxNode, { type }: SyntaxNode): boolean {
  return type === 'BlockStatement' && node.type !== 'FunctionDeclaration';
}

describe('the places of the catalogue', () => {
  test.each(EDITS)('are found in the code %s', (_, edit) => {
    for (const { source, placed } of REAL) {
      const edited = edit(source);
      expect(parseSource(edited)).toBeDefined();
      for (const { patch, name } of placed) requirePlace(edited, patch, name);
    }
  });

  test('are found where names of types, quotes, braces and trailing commas differ', () => {
    const source = `class A {
      #b(list: readonly string[]): void {
        if (list.length === 1_000) {
          this.send("x", [ 1, 2, ],);
        } else { void 0; }
      }
    }`;
    const find = `if (list.length === 1000) this.send('x', [1, 2]); else void 0;`;
    const patched = applyToText(source, [{ file: 'a.ts', in: 'A.#b', find, replace: 'this.stop();' }], 'm');
    expect(patched.replace(/\s+/g, ' ')).toBe('class A { #b(list: readonly string[]): void { this.stop(); } }');
  });
});

describe('a pattern', () => {
  const places = (find: string, source: string, scope: string): readonly string[] => {
    const program = parseSource(source)!;
    const { node } = scopesNamed(scopesOf(program), scope)[0]!;
    for (const pattern of patternsOf(find)) {
      const found = matchesIn(node, pattern, source);
      if (found.length > 0) return found.map(({ start, end }) => source.slice(start, end));
    }
    return [];
  };

  test.each([
    ['an expression', 'a + b', 'const f = () => { g(a+b, a - b); };', 'f', ['a+b']],
    ['a statement, not the same as part of another', 'g(a);', 'function f() { g(a); h(g(a)); }', 'f', ['g(a);']],
    ['a member of an object', 'b: c', 'const f = { a: { b: c }, d: c };', 'f', ['b: c']],
    [
      'a member of a class',
      'get b() { return 1; }',
      'class A { get b() { return 1 } set b(x) {} }',
      'A',
      ['get b() { return 1 }'],
    ],
    ['neighbours', 'a(); b();', 'function f() { a(); b(); a(); c(); b(); }', 'f', ['a(); b();']],
    ['anything for $X, the same twice', '$X + $X', 'const f = [a + b, g(1) + g(1)];', 'f', ['g(1) + g(1)']],
    ['any number for $$$X', 'g(a, $$$X)', 'const f = [g(a), g(b), g(a, 1, 2)];', 'f', ['g(a)', 'g(a, 1, 2)']],
    ['another text in quotes not', "'a'", 'const f = ["b", `a`];', 'f', []],
    ['another regular expression not', '/a/u', 'const f = [/a/, /a/u, /b/u];', 'f', ['/a/u']],
    ['only what is in its function', 'a()', 'function f() { a(); } function g() { a() }', 'g', ['a()']],
  ] as const)('finds %s', (_, find, source, scope, found) => {
    expect(places(find, source, scope)).toEqual(found);
  });
});

describe('a patch', () => {
  const source = `class A {
  b() {
    one(2);
    two(1, 3);
  }
}`;
  const patch = (change: Partial<Patch>): Patch =>
    ({ file: 'src/a.ts', in: 'A.b', find: '', replace: '', ...change }) as Patch;

  test('replaces by source range, with what wildcards stood for, and dollar signs as they stand', () => {
    const patched = applyToText(
      source,
      [patch({ find: 'two($FIRST, $$$REST)', replace: 'two($$$REST, $FIRST, "$&$1")' })],
      'm',
    );
    expect(patched).toBe(source.replace('two(1, 3)', () => 'two(3, 1, "$&$1")'));
  });

  test('takes a statement out where the replacement is empty, also one without braces', () => {
    const single = 'function b() { if (one) one(); }';
    expect(applyToText(single, [patch({ in: 'b', find: 'one();' })], 'm')).toBe('function b() { if (one) ; }');
  });

  test('adds to the start of a function or class', () => {
    expect(applyToText('function f() { g(); }', [{ file: 'a.ts', in: 'f', atStart: 'f();' }], 'm')).toBe(
      'function f() {\nf();\n g(); }',
    );
    expect(applyToText('class A { b() {} }', [{ file: 'a.ts', in: 'A', atStart: 'c() {}' }], 'm')).toBe(
      'class A {\nc() {}\n b() {} }',
    );
  });

  test.each<readonly [string, Partial<Patch>, string]>([
    ['of a function that is not there', { in: 'A.c', find: 'one(2)' }, 'src/a.ts has no A.c; it has A, A.b'],
    [
      'that is not there',
      { find: 'two(1, 2)' },
      'src/a.ts, A.b: not found: two(1, 2)\n  nearest to it there: two(1, 3)',
    ],
    ['that is there twice', { find: '$X($$$Y);' }, 'src/a.ts, A.b: found 2 times, it must be there once: $X($$$Y);'],
    ['that is no TypeScript', { find: 'if (' }, 'src/a.ts: no TypeScript: if ('],
    ['whose result is none', { find: 'one(2)', replace: 'one(' }, 'src/a.ts is no TypeScript once it is patched'],
    [
      'that uses what the file has not',
      { find: 'one(2)', replace: 'six(2)' },
      'src/a.ts does not have what its patch uses: six',
    ],
  ])('%s is an error that says so', (_, change, message) => {
    expect(() => applyToText(source, [patch(change)], 'm')).toThrow(`mutant m: ${message}`);
  });

  test('that overlaps another is an error', () => {
    const both = [patch({ find: 'two(1, 3);' }), patch({ find: '3', replace: '4' })];
    expect(() => applyToText(source, both, 'm')).toThrow('mutant m: two of its patches overlap in src/a.ts');
  });
});

describe('a patch whose function has moved', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'provenonce-mutants-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const put = (file: string, text: string): void => {
    mkdirSync(path.join(root, path.dirname(file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  };
  const patches: readonly Patch[] = [{ file: 'src/a/b.ts', in: 'Run.step', find: 'go(1)', replace: 'go(2)' }];
  const FUNCTION = 'class Run { step() { go(1); } }';

  test.each([
    ['of the room', 'src/a/c.ts'],
    ['of another room', 'src/d/e/f.ts'],
  ])('is applied in the other file %s', (_, file) => {
    put('src/a/b.ts', 'export const rest = 1;');
    put(file, FUNCTION);
    put('src/a/c.test.ts', FUNCTION);
    expect([...applyPatches(patches, 'm', root)]).toEqual([[file, FUNCTION.replace('1', '2')]]);
  });

  test('is applied where its file has gone', () => {
    put('src/a/c.ts', FUNCTION);
    expect([...applyPatches(patches, 'm', root).keys()]).toEqual(['src/a/c.ts']);
  });

  test('is an error where two files have it', () => {
    put('src/a/c.ts', FUNCTION);
    put('src/a/d.ts', FUNCTION);
    expect(() => applyPatches(patches, 'm', root)).toThrow(/mutant m: .* is in src\/a\/[cd].ts, src\/a\/[cd].ts/);
  });

  test('is an error where none has it', () => {
    put('src/a/c.ts', FUNCTION.replace('go(1)', 'go(3)'));
    expect(() => applyPatches(patches, 'm', root)).toThrow(
      'mutant m: src/a/b.ts is gone, and no other file has Run.step',
    );
  });
});
