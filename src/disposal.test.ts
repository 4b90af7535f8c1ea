/**
 * What `await using` holds is disposed of when its block ends, and `return call()` ends it before the call's promise is settled:
 * the call then works on parts that are gone. Such a return says `return await call()`. Read from the syntax of every source,
 * which does not tell what a call gives: a call on what was awaited, as `(await rows()).flat()`, passes as one that gives no promise.
 */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { at, childrenOf, isFunction, type Node, parse } from './lab/sampled-mutation/syntax.ts';

const TOP = path.join(import.meta.dirname, '..');
const FILES = globSync(['src/**/*.ts', 'bench/**/*.ts', 'scenarios/**/*.ts', 'properties/**/*.ts', 'chaos/**/*.ts'], {
  cwd: TOP,
});

/** The texts of calls that are returned without `await` from a block, or one within it, that holds something by `await using`. */
function unawaitedReturns(file: string, source: string): string[] {
  const found: string[] = [];
  const visit = (node: Node, isHolding: boolean): void => {
    const isInner = isFunction(node) ? false : isHolding;
    if (node.type === 'ReturnStatement' && isInner)
      found.push(...returnedCalls(node).map(({ start, end }) => source.slice(start, end)));
    let isHoldingNow = isInner;
    for (const child of childrenOf(node)) {
      visit(child, isHoldingNow);
      if (child.type === 'VariableDeclaration' && child.kind === 'await using') isHoldingNow = true;
    }
  };
  visit(parse(file, source), false);
  return found;
}

/** Calls whose result a return gives as it is. */
function returnedCalls(node: Node): Node[] {
  switch (node.type) {
    case 'ReturnStatement':
      return node.argument === null ? [] : returnedCalls(at(node, 'argument'));
    case 'ConditionalExpression':
      return [...returnedCalls(at(node, 'consequent')), ...returnedCalls(at(node, 'alternate'))];
    case 'LogicalExpression':
      return [...returnedCalls(at(node, 'left')), ...returnedCalls(at(node, 'right'))];
    case 'ParenthesizedExpression':
    case 'TSAsExpression':
    case 'TSNonNullExpression':
    case 'ChainExpression':
      return returnedCalls(at(node, 'expression'));
    default:
      return node.type === 'CallExpression' && !isOnAwaited(node) ? [node] : [];
  }
}

/** Whether what it is called on, or what that was called on, was awaited. */
function isOnAwaited(call: Node): boolean {
  const callee = at(call, 'callee');
  if (callee.type !== 'MemberExpression') return false;
  let object = at(callee, 'object');
  while (object.type === 'ParenthesizedExpression') object = at(object, 'expression');
  return object.type === 'AwaitExpression' || (object.type === 'CallExpression' && isOnAwaited(object));
}

test('what a function holds by `await using` is there until the call that it returns has ended', () => {
  expect(FILES.length).toBeGreaterThan(500);
  const wrong = FILES.flatMap((file) => {
    const source = readFileSync(path.join(TOP, file), 'utf8');
    if (!source.includes('await using')) return [];
    return unawaitedReturns(file, source).map((call) => `${file}: return ${call}: say \`return await\``);
  });
  expect(wrong).toEqual([]);
});

test('a returned call is found in the block that holds something, after it, and in no function within', () => {
  const inside = (body: string): string[] => unawaitedReturns('a.ts', `async function f() { ${body} }`);
  expect(inside('await using a = open(); return call(a);')).toEqual(['call(a)']);
  expect(inside('await using a = open(); if (a) { return a.b ? call(a) : undefined; }')).toEqual(['call(a)']);
  expect(inside('await using a = open(); for (const b of a) return b?.call();')).toEqual(['b?.call()']);
  expect(inside('await using a = open(); return await call(a);')).toEqual([]);
  expect(inside('await using a = open(); return (await call(a)).flat().map(String);')).toEqual([]);
  expect(inside('if (early) return call(); await using a = open(); a.use();')).toEqual([]);
  expect(inside('{ await using a = open(); } return call();')).toEqual([]);
  expect(inside('await using a = open(); a.each(() => { return call(); });')).toEqual([]);
});
