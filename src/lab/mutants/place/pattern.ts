/**
 * Fragments of source, compared as syntax: white space, comments, line breaks, quotes, parentheses, trailing commas, the
 * braces of a single statement and the spelling of numbers make no difference. A type that the fragment leaves out may be there.
 *
 * `$NAME` stands for any one node, the same text wherever it is used again; `$$$NAME` for any number of statements, arguments
 * or members. What they stood for can be used in the replacement.
 */
import { childrenOf, isNode, listsOf, nodesOf, parseSource, type SyntaxNode } from './syntax.ts';

export type PatternKind = 'expression' | 'property' | 'statement' | 'member';

export interface Pattern {
  readonly kind: PatternKind;
  /** Neighbours; one for an expression. */
  readonly nodes: readonly SyntaxNode[];
}

export interface Match {
  readonly kind: PatternKind;
  readonly start: number;
  readonly end: number;
  /** Source text by `$NAME` or `$$$NAME`. */
  readonly captures: ReadonlyMap<string, string>;
}

/** A context for each kind, in which private names, await, return and break may be used; and where the fragment is then. */
const CONTEXTS: readonly {
  readonly kind: PatternKind;
  readonly wrap: (text: string) => string;
  readonly at: readonly (string | number)[];
}[] = [
  {
    kind: 'expression',
    wrap: (text) => `class _ { async *_() { return (\n${text}\n); } }`,
    at: ['body', 0, 'body', 'body', 0, 'value', 'body', 'body', 0, 'argument'],
  },
  {
    kind: 'property',
    wrap: (text) => `class _ { async *_() { return {\n${text}\n}; } }`,
    at: ['body', 0, 'body', 'body', 0, 'value', 'body', 'body', 0, 'argument', 'properties'],
  },
  {
    kind: 'statement',
    wrap: (text) => `class _ { async *_() { for (;;) {\n${text}\n} } }`,
    at: ['body', 0, 'body', 'body', 0, 'value', 'body', 'body', 0, 'body', 'body'],
  },
  { kind: 'member', wrap: (text) => `class _ {\n${text}\n}`, at: ['body', 0, 'body', 'body'] },
];

const ONE = /^\$[A-Z][A-Z0-9_]*$/;
const MANY = /^\$\$\$[A-Z][A-Z0-9_]*$/;
/** What a fragment may leave out. */
const OPTIONAL: ReadonlySet<string> = new Set([
  ...['typeAnnotation', 'returnType', 'typeParameters', 'typeArguments', 'superTypeArguments'],
  ...['accessibility', 'override', 'declare', 'definite'],
]);
const NOT_COMPARED: ReadonlySet<string> = new Set(['start', 'end', 'range', 'raw', 'loc', 'parent']);
const BRANCHES: ReadonlySet<string> = new Set(['consequent', 'alternate', 'body']);

/** What a fragment can be, likeliest first; none where it is nothing of TypeScript. */
export function patternsOf(fragment: string): Pattern[] {
  return CONTEXTS.flatMap(({ kind, wrap, at }): Pattern[] => {
    const program = parseSource(wrap(fragment));
    const found = program === undefined ? undefined : at.reduce<unknown>((inner, key) => memberOf(inner, key), program);
    const nodes = Array.isArray(found) ? found.filter(isNode) : isNode(found) ? [found] : [];
    return nodes.length > 0 ? [{ kind, nodes }] : [];
  });
}

/** Where the pattern stands in a part of the source. */
export function matchesIn(root: SyntaxNode, pattern: Pattern, source: string): Match[] {
  const { kind, nodes } = pattern;
  const [first] = nodes;
  const found: Match[] = [];
  for (const node of nodesOf(root)) {
    if (nodes.length === 1) {
      const matching = new Matching(source);
      if (first!.type === node.type && matching.same(first, node)) found.push(matchOf(kind, node, node, matching));
      continue;
    }
    for (const list of listsOf(node)) {
      for (let from = 0; from < list.length; from++) {
        const matching = new Matching(source);
        const count = matching.prefix(nodes, list.slice(from));
        if (count > 0) found.push(matchOf(kind, list[from]!, list[from + count - 1]!, matching));
      }
    }
  }
  return found;
}

/** The node below `root` that looks most like the fragment, as text; undefined where nothing is of its kind. */
export function nearestTo(root: SyntaxNode, { nodes }: Pattern, source: string): string | undefined {
  const [first] = nodes;
  const wanted = piecesOf(JSON.stringify([...nodesOf(first!)].map(leafOf)));
  let best: { readonly share: number; readonly text: string } | undefined;
  for (const node of nodesOf(root)) {
    if (node.type !== first!.type) continue;
    const found = piecesOf(JSON.stringify([...nodesOf(node)].map(leafOf)));
    const share = (2 * [...wanted].filter((piece) => found.has(piece)).length) / (wanted.size + found.size);
    if (share > (best?.share ?? 0)) best = { share, text: source.slice(node.start, node.end) };
  }
  return best?.text;
}

class Matching {
  readonly captures = new Map<string, string>();
  readonly #source: string;

  constructor(source: string) {
    this.#source = source;
  }

  same(pattern: unknown, found: unknown): boolean {
    if (Array.isArray(pattern)) return Array.isArray(found) && this.prefix(pattern, found, true) >= 0;
    if (!isNode(pattern)) return sameValue(pattern, found);
    if (!isNode(found)) return false;
    const name = wildcardOf(pattern);
    if (name !== undefined && ONE.test(name)) return this.#capture(name, found.start, found.end);
    if (pattern.type !== found.type) return false;
    if (pattern.type === 'Literal') return sameLiteral(pattern, found);
    return Object.entries(pattern).every(([field, value]) => {
      if (NOT_COMPARED.has(field)) return true;
      if (OPTIONAL.has(field) && (value === null || value === undefined || value === false)) return true;
      const other = found[field];
      return BRANCHES.has(field) && isNode(value) && isNode(other)
        ? this.#sameBranch(value, other)
        : this.same(value, other);
    });
  }

  /** How many of `found`, from the first, the patterns take; -1 where they do not match. `whole`: they must take all. */
  prefix(patterns: readonly unknown[], found: readonly unknown[], whole = false): number {
    const [first, ...rest] = patterns;
    if (first === undefined) return whole && found.length > 0 ? -1 : 0;
    const name = isNode(first) ? wildcardOf(first) : undefined;
    if (name === undefined || !MANY.test(name)) {
      if (found.length === 0 || !this.same(first, found[0])) return -1;
      const taken = this.prefix(rest, found.slice(1), whole);
      return taken < 0 ? -1 : taken + 1;
    }
    for (let count = 0; count <= found.length; count++) {
      const before = new Map(this.captures);
      const taken = this.prefix(rest, found.slice(count), whole);
      const from = found[0] as SyntaxNode | undefined;
      const to = found[count - 1] as SyntaxNode | undefined;
      if (taken >= 0 && this.#capture(name, from?.start ?? 0, count === 0 ? (from?.start ?? 0) : to!.end)) {
        return count + taken;
      }
      this.#restore(before);
    }
    return -1;
  }

  #sameBranch(pattern: SyntaxNode, found: SyntaxNode): boolean {
    const before = new Map(this.captures);
    if (this.same(pattern, found)) return true;
    this.#restore(before);
    return this.same(withoutBraces(pattern), withoutBraces(found));
  }

  #restore(captures: ReadonlyMap<string, string>): void {
    this.captures.clear();
    for (const [name, text] of captures) this.captures.set(name, text);
  }

  #capture(name: string, start: number, end: number): boolean {
    const text = this.#source.slice(start, end);
    const before = this.captures.get(name);
    this.captures.set(name, before ?? text);
    return before === undefined || before === text;
  }
}

function matchOf(kind: PatternKind, from: SyntaxNode, to: SyntaxNode, { captures }: Matching): Match {
  return { kind, start: from.start, end: to.end, captures };
}

/** The name of an identifier that may be a wildcard, also where it stands as a statement or as a member of an object. */
function wildcardOf(node: SyntaxNode): string | undefined {
  if (node.type === 'Identifier') return node.name as string;
  if (node.type === 'ExpressionStatement' && isNode(node.expression)) return wildcardOf(node.expression);
  if (node.type === 'Property' && node.shorthand === true && isNode(node.key)) return wildcardOf(node.key);
  return undefined;
}

function withoutBraces(node: SyntaxNode): SyntaxNode {
  const body = node.type === 'BlockStatement' ? (node.body as SyntaxNode[]) : [];
  return body.length === 1 ? body[0]! : node;
}

function sameLiteral(pattern: SyntaxNode, found: SyntaxNode): boolean {
  const { regex, bigint, value } = pattern;
  if (regex !== undefined && regex !== null) return JSON.stringify(regex) === JSON.stringify(found.regex);
  return bigint === found.bigint && sameValue(value, found.value) && !found.regex;
}

/** Of plain values, and of the texts of a template. */
function sameValue(pattern: unknown, found: unknown): boolean {
  const textOf = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && 'cooked' in value ? value.cooked : value;
  const [wanted, there] = [textOf(pattern), textOf(found)];
  return wanted === there || ((wanted ?? null) === null && (there ?? null) === null);
}

function memberOf(value: unknown, key: string | number): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[key] : undefined;
}

function leafOf(node: SyntaxNode): string {
  const { name, value, operator } = node;
  return childrenOf(node).length > 0 ? String(operator ?? '') : String(name ?? value ?? node.type);
}

/** Of two neighbours each: how alike two texts are is how many of these they share. */
function piecesOf(text: string): Set<string> {
  const words = text.match(/\w+|[^\w\s",[\]]+/g) ?? [];
  return new Set(words.flatMap((word, i) => [word, `${word} ${words[i + 1] ?? ''}`]));
}
