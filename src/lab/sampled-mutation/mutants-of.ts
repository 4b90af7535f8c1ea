/**
 * All mutants of one file. Each has an id that is made of where it stands by structure and what it does, so that an edit
 * elsewhere in the file leaves it as it is; and the statement that it belongs to, which is what a sample draws.
 */
import { createHash } from 'node:crypto';
import { isLeftOut } from './mutable-places.ts';
import { type Edit, editsAt, type Operator } from './operators.ts';
import { isFunction, isNode, type Node, parse, walk } from './syntax.ts';

export interface SampledMutant {
  /** Ten hexadecimal digits. */
  readonly id: string;
  /** From the folder of the checkout, as `src/payments/fold.ts`. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The function or constant around it, as `Fold.add`; '' for the module itself. */
  readonly within: string;
  readonly operator: Operator;
  readonly start: number;
  readonly end: number;
  readonly before: string;
  readonly after: string;
  /** Where its statement begins: mutants of one statement have this in common. */
  readonly statementStart: number;
}

const ID_DIGITS = 10;
const STATEMENTS = new Set([
  'ExpressionStatement',
  'VariableDeclaration',
  'ReturnStatement',
  'ThrowStatement',
  'IfStatement',
  'WhileStatement',
  'DoWhileStatement',
  'ForStatement',
  'ForOfStatement',
  'ForInStatement',
  'SwitchStatement',
  'BreakStatement',
  'ContinueStatement',
  'PropertyDefinition',
]);

export function mutantsOf(file: string, source: string): SampledMutant[] {
  const found: SampledMutant[] = [];
  const seen = new Map<string, number>();
  const lineEnds = [...source.matchAll(/\n/g)].map(({ index }) => index);
  const lineOf = (place: number): number => 1 + lineEnds.filter((end) => end < place).length;
  walk(parse(file, source), (node, ancestors) => {
    if (isLeftOut(node, source)) return false;
    for (const edit of editsAt(node, ancestors.at(-1), source)) {
      const within = nameOf(ancestors, source);
      const before = source.slice(edit.start, edit.end);
      const key = [file, within, edit.operator, before, edit.text].join('\0');
      const nth = seen.get(key) ?? 0;
      seen.set(key, nth + 1);
      found.push({
        id: createHash('sha256').update(`${key}\0${nth}`).digest('hex').slice(0, ID_DIGITS),
        file,
        line: lineOf(edit.start),
        within,
        operator: edit.operator,
        start: edit.start,
        end: edit.end,
        before,
        after: edit.text,
        statementStart: statementAround(node, ancestors).start,
      });
    }
    return true;
  });
  return found;
}

/** The source with one edit made. Throws where the source is another one than the edit was made for. */
export function mutate(source: string, { start, end, before, after, file }: SampledMutant): string {
  if (source.slice(start, end) !== before) throw new Error(`${file} is another one than this mutant was drawn from`);
  return `${source.slice(0, start)}${after}${source.slice(end)}`;
}

/** The innermost statement; what a function of one expression returns counts as one. */
function statementAround(node: Node, ancestors: readonly Node[]): Node {
  let inner = node;
  for (const around of [undefined, ...ancestors.toReversed()]) {
    if (around !== undefined && isFunction(around) && around.body === inner) return inner;
    if (around !== undefined) inner = around;
    if (STATEMENTS.has(inner.type)) return inner;
  }
  return node;
}

function nameOf(ancestors: readonly Node[], source: string): string {
  const names = ancestors.flatMap((node, depth) => {
    const isVariable = node.type === 'VariableDeclarator' && depth <= 4;
    const named = node.type === 'MethodDefinition' || node.type === 'PropertyDefinition' ? node.key : node.id;
    if (!isNode(named) || (node.type === 'VariableDeclarator' && !isVariable)) return [];
    const [name] = source.slice(named.start, named.end).split(/[:\s{]/);
    return name === undefined || name === '' ? [] : [name];
  });
  return names.join('.');
}

export type { Edit };
