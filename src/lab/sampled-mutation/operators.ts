/**
 * What is done to a statement: each operator looks at one node and names the edits that it would make there. An edit is
 * always one piece of text in place of another, and its result always parses; that it type-checks is not promised.
 */
import { at, isFunction, isNode, type Node } from './syntax.ts';

/** One replacement: the source from `start` to `end` becomes `text`. */
export interface Edit {
  readonly operator: Operator;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export const OPERATORS = [
  'statement-deleted',
  'body-emptied',
  'early-return',
  'loop-skipped',
  'condition-negated',
  'condition-true',
  'condition-false',
  'negation-dropped',
  'boundary-moved',
  'equality-negated',
  'logic-swapped',
  'default-dropped',
  'arithmetic-swapped',
  'bits-swapped',
  'step-reversed',
  'constant-changed',
  'boolean-flipped',
  'arguments-swapped',
  'await-dropped',
  'extreme-swapped',
] as const;
export type Operator = (typeof OPERATORS)[number];

/** Operator tokens: which becomes which, and what that is called. */
const SWAPS: Readonly<Record<string, readonly [string, Operator]>> = {
  '<': ['<=', 'boundary-moved'],
  '<=': ['<', 'boundary-moved'],
  '>': ['>=', 'boundary-moved'],
  '>=': ['>', 'boundary-moved'],
  '===': ['!==', 'equality-negated'],
  '!==': ['===', 'equality-negated'],
  '&&': ['||', 'logic-swapped'],
  '||': ['&&', 'logic-swapped'],
  '+': ['-', 'arithmetic-swapped'],
  '-': ['+', 'arithmetic-swapped'],
  '*': ['/', 'arithmetic-swapped'],
  '/': ['*', 'arithmetic-swapped'],
  '%': ['*', 'arithmetic-swapped'],
  '&': ['|', 'bits-swapped'],
  '|': ['&', 'bits-swapped'],
  '^': ['|', 'bits-swapped'],
  '<<': ['>>', 'bits-swapped'],
  '>>': ['<<', 'bits-swapped'],
  '>>>': ['>>', 'bits-swapped'],
  '+=': ['-=', 'arithmetic-swapped'],
  '-=': ['+=', 'arithmetic-swapped'],
  '++': ['--', 'step-reversed'],
  '--': ['++', 'step-reversed'],
};
const METHOD_SWAPS: Readonly<Record<string, string>> = { min: 'max', max: 'min', some: 'every', every: 'some' };

const DELETED = new Set(['ThrowStatement', 'BreakStatement', 'ContinueStatement']);
const LOOPS_WITH_A_TEST = new Set(['WhileStatement', 'ForStatement']);
const LOOPS_OVER_VALUES = new Set(['ForOfStatement', 'ForInStatement']);
/** A number from here on is doubled: one more seldom makes a difference. */
const LARGE = 1000n;

/** The edits at this node itself, not at those inside it. */
export function editsAt(node: Node, parent: Node | undefined, source: string): Edit[] {
  return [
    ...statementEdits(node, source),
    ...bodyEdits(node, source),
    ...conditionEdits(node, source),
    ...tokenEdits(node, source),
    ...literalEdits(node, parent, source),
    ...callEdits(node, source),
  ];
}

function statementEdits(node: Node, source: string): Edit[] {
  const deleted = { operator: 'statement-deleted', start: node.start, end: node.end, text: ';' } as const;
  if (DELETED.has(node.type)) return [deleted];
  if (node.type !== 'ExpressionStatement') return [];
  return isCallOfSuper(node, source) || typeof node.directive === 'string' ? [] : [deleted];
}

/** A constructor of a derived class cannot do without. */
function isCallOfSuper({ start }: Node, source: string): boolean {
  return source.startsWith('super(', start);
}

function bodyEdits(node: Node, source: string): Edit[] {
  if (LOOPS_OVER_VALUES.has(node.type)) {
    const body = at(node, 'body');
    if (body.type !== 'BlockStatement') return [{ operator: 'loop-skipped', ...span(body), text: ';' }];
    return [{ operator: 'loop-skipped', start: body.start, end: body.start + 1, text: '{ break;' }];
  }
  if (!isFunction(node)) return [];
  const body = at(node, 'body');
  const statements = body.body;
  if (body.type !== 'BlockStatement' || !Array.isArray(statements) || statements.length === 0) return [];
  if (returnsValue(body)) return [];
  if ((statements as Node[]).some((statement) => isCallOfSuper(statement, source))) return [];
  const emptied: Edit = { operator: 'body-emptied', ...span(body), text: '{}' };
  if (statements.length < 2) return [emptied];
  const last = statements.at(-1) as Node;
  return [emptied, { operator: 'early-return', start: last.start, end: last.start, text: 'return; ' }];
}

/** Whether a function of this body returns something; what inner functions return does not count. */
function returnsValue(node: Node): boolean {
  if (node.type === 'ReturnStatement') return isNode(node.argument);
  return Object.values(node)
    .flat()
    .some((value) => isNode(value) && !isFunction(value) && returnsValue(value));
}

function conditionEdits(node: Node, source: string): Edit[] {
  const hasTest = node.type === 'IfStatement' || node.type === 'ConditionalExpression';
  if (!hasTest && !LOOPS_WITH_A_TEST.has(node.type)) return [];
  const test = node.test;
  if (!isNode(test)) return [];
  if (!hasTest) return [{ operator: 'loop-skipped', ...span(test), text: 'false' }];
  return [
    { operator: 'condition-negated', ...span(test), text: `!(${textOf(test, source)})` },
    { operator: 'condition-true', ...span(test), text: 'true' },
    { operator: 'condition-false', ...span(test), text: 'false' },
  ];
}

function tokenEdits(node: Node, source: string): Edit[] {
  switch (node.type) {
    case 'UpdateExpression':
    case 'BinaryExpression':
    case 'LogicalExpression':
    case 'AssignmentExpression':
      break;
    case 'UnaryExpression':
      if (node.operator !== '!') return [];
      return [{ operator: 'negation-dropped', start: node.start, end: node.start + 1, text: '' }];
    default:
      return [];
  }
  const token = String(node.operator);
  if (token === '??') {
    return [{ operator: 'default-dropped', start: at(node, 'left').end, end: node.end, text: '' }];
  }
  const swap = SWAPS[token];
  if (swap === undefined || (token === '+' && isText(node)) || (token === '+=' && isText(at(node, 'right')))) return [];
  const start = node.type === 'UpdateExpression' ? tokenOfUpdate(node) : tokenBetween(node, token, source);
  if (start === undefined) return [];
  return [{ operator: swap[1], start, end: start + token.length, text: swap[0] }];
}

function tokenOfUpdate(node: Node): number {
  return node.prefix === true ? node.start : node.end - 2;
}

/** Undefined where a comment stands in the way. */
function tokenBetween(node: Node, token: string, source: string): number | undefined {
  const { end } = at(node, 'left');
  const between = source.slice(end, at(node, 'right').start);
  return between.trim() === token ? end + between.indexOf(token) : undefined;
}

/** A sum that is a text: one of its parts is one. */
function isText(node: Node): boolean {
  if (node.type === 'TemplateLiteral' || typeof node.value === 'string') return true;
  return node.type === 'BinaryExpression' && (isText(at(node, 'left')) || isText(at(node, 'right')));
}

function literalEdits(node: Node, parent: Node | undefined, source: string): Edit[] {
  if (node.type !== 'Literal') return [];
  const isKey = parent?.key === node && parent.computed !== true;
  if (isKey) return [];
  const { value } = node;
  if (typeof value === 'boolean') return [{ operator: 'boolean-flipped', ...span(node), text: String(!value) }];
  const changed =
    typeof value === 'bigint' || typeof node.bigint === 'string' ? changedBigint(node) : changedNumber(value);
  if (changed === undefined || changed === textOf(node, source)) return [];
  return [{ operator: 'constant-changed', ...span(node), text: changed }];
}

function changedBigint(node: Node): string {
  const value = BigInt(String(node.bigint ?? node.value));
  return `${value >= LARGE ? value * 2n : value + 1n}n`;
}

function changedNumber(value: unknown): string | undefined {
  if (typeof value !== 'number') return undefined;
  return String(value >= Number(LARGE) || !Number.isInteger(value) ? value * 2 : value + 1);
}

function callEdits(node: Node, source: string): Edit[] {
  if (node.type === 'AwaitExpression') {
    return [{ operator: 'await-dropped', start: node.start, end: at(node, 'argument').start, text: '' }];
  }
  if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return [];
  const edits: Edit[] = [];
  const callee = at(node, 'callee');
  if (callee.type === 'MemberExpression' && callee.computed !== true) {
    const method = at(callee, 'property');
    const swapped = Object.hasOwn(METHOD_SWAPS, textOf(method, source))
      ? METHOD_SWAPS[textOf(method, source)]
      : undefined;
    if (swapped !== undefined) edits.push({ operator: 'extreme-swapped', ...span(method), text: swapped });
  }
  const [first, second] = node.arguments as Node[];
  const isPlain = (argument: Node | undefined): argument is Node =>
    argument !== undefined && argument.type !== 'SpreadElement' && !isFunction(argument);
  if (isPlain(first) && isPlain(second) && textOf(first, source) !== textOf(second, source)) {
    const between = source.slice(first.end, second.start);
    const text = `${textOf(second, source)}${between}${textOf(first, source)}`;
    edits.push({ operator: 'arguments-swapped', start: first.start, end: second.end, text });
  }
  return edits;
}

function span({ start, end }: Node): { readonly start: number; readonly end: number } {
  return { start, end };
}

function textOf({ start, end }: Node, source: string): string {
  return source.slice(start, end);
}
