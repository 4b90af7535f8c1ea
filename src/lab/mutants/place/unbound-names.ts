/**
 * Names that a patched source uses and nothing declares: an import that the file had when the mutant was written, say. Such a
 * mutant would break on its first step, which tells nothing about the lab.
 */
import { childrenOf, isNode, nodesOf, type SyntaxNode } from './syntax.ts';

/** Fields whose identifiers are names of members or labels, not of variables, unless they are computed. */
const NAMES_NO_VARIABLE: Readonly<Record<string, readonly string[]>> = {
  MemberExpression: ['property'],
  Property: ['key'],
  MethodDefinition: ['key'],
  PropertyDefinition: ['key'],
  LabeledStatement: ['label'],
  BreakStatement: ['label'],
  ContinueStatement: ['label'],
  ImportSpecifier: ['imported'],
};

/** Those of `patched` that `original`, the source before, did not use either. */
export function unboundNames(patched: SyntaxNode, original: SyntaxNode): string[] {
  const known = new Set(variablesOf(original));
  const bound = new Set([...nodesOf(patched)].flatMap(bindingsOf));
  const isFine = (name: string): boolean => known.has(name) || bound.has(name) || name in globalThis;
  return [...new Set(variablesOf(patched))].filter((name) => !isFine(name) && name !== 'arguments');
}

function variablesOf(node: SyntaxNode): string[] {
  if (node.type === 'Identifier') return [node.name as string];
  // Of a type nothing is left at run time; what is only said to have one is an expression all the same.
  if (node.type.startsWith('TS')) return isNode(node.expression) ? variablesOf(node.expression) : [];
  const skipped = node.computed === true ? [] : (NAMES_NO_VARIABLE[node.type] ?? []).map((field) => node[field]);
  return childrenOf(node).flatMap((child) => (skipped.includes(child) ? [] : variablesOf(child)));
}

/** The names that a node declares. */
function bindingsOf(node: SyntaxNode): string[] {
  switch (node.type) {
    case 'VariableDeclarator':
      return variablesOf(node.id as SyntaxNode);
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression': {
      const own = isNode(node.id) ? [node.id] : [];
      return [...own, ...(node.params as SyntaxNode[])].flatMap(variablesOf);
    }
    case 'CatchClause':
      return isNode(node.param) ? variablesOf(node.param) : [];
    case 'ClassDeclaration':
      return isNode(node.id) ? variablesOf(node.id) : [];
    default:
      return [];
  }
}
