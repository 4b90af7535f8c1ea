/**
 * The syntax tree of a TypeScript source, as oxc-parser gives it: ESTree nodes with offsets in UTF-16 units. The parser is a
 * development dependency and is loaded on first use, so that the commands which share this code with the lab start without it.
 */
import { createRequire } from 'node:module';
import { requireSources } from '../../../base/own-code.ts';

export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

type Parser = Pick<typeof import('oxc-parser'), 'parseSync'>;
let parser: Parser | undefined;

/** The program; undefined where the text is no TypeScript. Parentheses leave no node of their own. */
export function parseSource(source: string): SyntaxNode | undefined {
  requireSources('a mutant');
  parser ??= createRequire(import.meta.url)('oxc-parser') as Parser;
  const { errors, program } = parser.parseSync('source.ts', source, { sourceType: 'module', preserveParens: false });
  return errors.length > 0 ? undefined : (program as unknown as SyntaxNode);
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as SyntaxNode).type === 'string';
}

/** Direct children, in the order of the source. */
export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  return Object.values(node).flatMap((value) =>
    Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [],
  );
}

/** Lists of nodes that a node holds: statements, members, arguments. */
export function listsOf(node: SyntaxNode): SyntaxNode[][] {
  return Object.values(node).filter(
    (value): value is SyntaxNode[] => Array.isArray(value) && value.length > 0 && value.every(isNode),
  );
}

/** The node and all below it. */
export function* nodesOf(node: SyntaxNode): Generator<SyntaxNode> {
  yield node;
  for (const child of childrenOf(node)) yield* nodesOf(child);
}
