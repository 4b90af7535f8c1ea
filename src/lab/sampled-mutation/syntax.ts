/**
 * The syntax tree of one TypeScript source, as much of it as mutation needs: nodes with their place and a walk that knows
 * the ancestors. Types are never walked into: they are gone at run time.
 */
import { parseSync } from 'oxc-parser';

export interface Node {
  readonly type: string;
  /** Of its text in the source, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  readonly [member: string]: unknown;
}

/** Expressions that only tell the compiler something; what is inside them runs. */
const TRANSPARENT = new Set(['TSAsExpression', 'TSSatisfiesExpression', 'TSNonNullExpression', 'TSTypeAssertion']);

/** Throws where the source is no TypeScript: its name and the parser's words. */
export function parse(file: string, source: string): Node {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]!.message}`);
  return program as unknown as Node;
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
}

/** Nodes directly below, in the order of the source; those of types left out. */
export function childrenOf(node: Node): Node[] {
  const found = Object.values(node).flatMap((value): Node[] => {
    if (Array.isArray(value)) return value.filter(isNode);
    return isNode(value) ? [value] : [];
  });
  return found
    .filter(({ type }) => !type.startsWith('TS') || TRANSPARENT.has(type))
    .sort((a, b) => a.start - b.start || b.end - a.end);
}

/** Each node below and with `root`, outer ones first, with its ancestors from the root; `enter` false: not what is inside. */
export function walk(root: Node, enter: (node: Node, ancestors: readonly Node[]) => boolean): void {
  const ancestors: Node[] = [];
  const visit = (node: Node): void => {
    if (!enter(node, ancestors)) return;
    ancestors.push(node);
    for (const child of childrenOf(node)) visit(child);
    ancestors.pop();
  };
  visit(root);
}

/** A member that is a node. Throws where there is none. */
export function at(node: Node, member: string): Node {
  const value = node[member];
  if (!isNode(value)) throw new Error(`${node.type} has no ${member}`);
  return value;
}

export function isFunction({ type }: Node): boolean {
  return type === 'FunctionDeclaration' || type === 'FunctionExpression' || type === 'ArrowFunctionExpression';
}
