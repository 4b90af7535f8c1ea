import { describe, expect, it } from 'vitest';
import { mutantsOf, mutate, type SampledMutant } from './mutants-of.ts';
import type { Operator } from './operators.ts';

const FILE = 'src/payments/made.ts';

/** What an operator makes of a source, each mutant as the whole text. */
function made(source: string, operator: Operator): string[] {
  return mutantsOf(FILE, source)
    .filter((mutant) => mutant.operator === operator)
    .map((mutant) => mutate(source, mutant));
}

describe('operators', () => {
  it.each<[Operator, string, string[]]>([
    ['statement-deleted', 'f(a);', [';']],
    ['statement-deleted', 'if (a) throw b;', ['if (a) ;']],
    ['body-emptied', 'function f() { a(); }', ['function f() {}']],
    ['body-emptied', 'const f = () => { g(); return 1; };', []],
    ['body-emptied', 'const f = () => { g(() => { return 1; }); };', ['const f = () => {};']],
    ['early-return', 'function f() { a(); b(); }', ['function f() { a(); return; b(); }']],
    ['loop-skipped', 'for (const a of b) { c(a); }', ['for (const a of b) { break; c(a); }']],
    ['loop-skipped', 'while (a) b();', ['while (false) b();']],
    ['condition-negated', 'if (a || b) c();', ['if (!(a || b)) c();']],
    ['condition-true', 'x = a ? b : c;', ['x = true ? b : c;']],
    ['condition-false', 'if (a) b();', ['if (false) b();']],
    ['negation-dropped', 'x = !(a && b);', ['x = (a && b);']],
    ['boundary-moved', 'x = a < b;', ['x = a <= b;']],
    ['boundary-moved', 'x = a >= b;', ['x = a > b;']],
    ['equality-negated', 'x = a === b;', ['x = a !== b;']],
    ['logic-swapped', 'x = a && b;', ['x = a || b;']],
    ['default-dropped', 'x = a ?? b;', ['x = a;']],
    ['arithmetic-swapped', 'x = a + b;', ['x = a - b;']],
    ['arithmetic-swapped', "x = a + ' of ' + b;", []],
    ['arithmetic-swapped', 'x += 1n;', ['x -= 1n;']],
    ['bits-swapped', 'x = a >>> 1;', ['x = a >> 1;']],
    ['step-reversed', 'for (;; at++) {}', ['for (;; at--) {}']],
    ['constant-changed', 'x = 5;', ['x = 6;']],
    ['constant-changed', 'x = 60_000;', ['x = 120000;']],
    ['constant-changed', 'x = 2n;', ['x = 3n;']],
    ['constant-changed', 'x = { 5: a };', []],
    ['boolean-flipped', 'x = false;', ['x = true;']],
    ['arguments-swapped', 'f(a, b + 1, c);', ['f(b + 1, a, c);']],
    ['arguments-swapped', 'f(a, () => b);', []],
    ['await-dropped', 'await f();', ['f();']],
    ['extreme-swapped', 'x = Math.min(a, a);', ['x = Math.max(a, a);']],
  ])('%s: %s', (operator, source, expected) => {
    expect(made(source, operator)).toEqual(expected);
  });

  it.each([
    ['an import', 'import { a } from "node:fs";'],
    ['a type', 'type A = 1 | 2; interface B { c: (d: 1, e: 2) => true }'],
    ['a comment', '/* x = 1 */ // f(a, b);'],
    ['the words of an error', 'export const e = new StoppedError(at(a + 1), b ? 1 : 2);'],
    ['a log', 'this.#observer.emit({ at: a + 1, b: c ? 1 : 2 });'],
    ['a text', `export const text = \`\${a + b} of \${c ? 1 : 2}\`;`],
    ['a function that only words', 'function waitingText(a: number) { if (a > 1) return b; return c; }'],
  ])('leave %s as it is', (_, source) => {
    expect(mutantsOf(FILE, source)).toEqual([]);
  });

  it('leave what a derived class must do', () => {
    const source = 'class A extends B { constructor(a: number) { super(a); this.a = a; } }';
    expect(made(source, 'statement-deleted')).toEqual(['class A extends B { constructor(a: number) { super(a); ; } }']);
    expect(made(source, 'body-emptied')).toEqual([]);
  });
});

describe('a mutant', () => {
  const source = 'function f(a: number) {\n  if (a > 1) g(a, 1);\n  return a + 1;\n}\n';
  const only = (text: string, operator: Operator): SampledMutant =>
    mutantsOf(FILE, text).find((mutant) => mutant.operator === operator)!;

  it('says where it is, in which function, and what takes the place of what', () => {
    expect(only(source, 'boundary-moved')).toMatchObject({ line: 2, within: 'f', before: '>', after: '>=' });
  });

  it('keeps its id when other code is edited, and has another one in another function', () => {
    const moved = `const before = 1;\n${source.replace('return a + 1', 'return a - 1')}`;
    expect(only(moved, 'boundary-moved').id).toBe(only(source, 'boundary-moved').id);
    expect(only(source.replace('function f', 'function h'), 'boundary-moved').id).not.toBe(
      only(source, 'boundary-moved').id,
    );
  });

  it('has an id of its own where the same is done twice in one function', () => {
    const ids = mutantsOf(FILE, 'function f() { g(); g(); }').map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is refused by a source that is another one by now', () => {
    expect(() => mutate('something else entirely', only(source, 'boundary-moved'))).toThrow(/another one/);
  });

  it('belongs to the innermost statement', () => {
    const starts = new Map(mutantsOf(FILE, source).map(({ operator, statementStart }) => [operator, statementStart]));
    expect(starts.get('boundary-moved')).toBe(source.indexOf('if'));
    expect(starts.get('arguments-swapped')).toBe(source.indexOf('g('));
    expect(starts.get('arithmetic-swapped')).toBe(source.indexOf('return'));
  });
});
