/**
 * Where a mutant may be made. Left out is what no behaviour of the pipeline depends on: tests and their means, imports,
 * logs and events for operators, the words of errors and texts, and numbers that were tuned by measuring (limits).
 */
import { globSync } from 'node:fs';
import path from 'node:path';
import type { Node } from './syntax.ts';

/** Folders of src that the sample is drawn from, in equal shares. */
export const ROOMS = ['processor', 'sinks', 'kafka', 'local-state', 'payments', 'base', 'checks'] as const;
export type Room = (typeof ROOMS)[number];

const IS_TEST = /\.(test|fixture)\.ts$|(^|\/)testing\/|-(suite|samples|fixture)\.ts$/;
/** Sizes, waits and retries that were found by measuring; and files that only word what others found. */
const IS_TUNING_OR_WORDS = /\/(limits|sink-limits|source-options|verify-text|status-messages)\.ts$/;

/** Who listens for operators. What they get is a log. */
const LISTENER = /(?:^|[.#?!])(?:observer|console|logger)[?!]?\.#?\w+$|\bon(?:Waiting|Recovered)$/;
const MAKES_ERROR = /(?:Error|Problem)$/;
const WORDS_FUNCTION = /(?:Text|Message|Advice|Hint|Words|Sentence)s?$|^(?:describe|explain)/;
const WORDS_MEMBER = new Set(['message', 'advice', 'hint', 'description']);

/** Files of a room, from the folder of the checkout, in the order of their names. */
export function filesOf(room: Room, root: string): string[] {
  return globSync(`src/${room}/**/*.ts`, { cwd: root })
    .map((file) => file.split(path.sep).join('/'))
    .filter((file) => !IS_TEST.test(file) && !IS_TUNING_OR_WORDS.test(file))
    .sort();
}

/** Whether neither this node nor anything inside it is mutated. */
export function isLeftOut(node: Node, source: string): boolean {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'TemplateLiteral':
    case 'TaggedTemplateExpression':
      return true;
    case 'CallExpression':
      return LISTENER.test(textOf(node.callee, source));
    case 'ExpressionStatement':
      return isLeftOut(node.expression as Node, source);
    case 'AwaitExpression':
      return false;
    case 'ChainExpression':
      return isLeftOut(node.expression as Node, source);
    case 'NewExpression':
      return MAKES_ERROR.test(textOf(node.callee, source));
    case 'FunctionDeclaration':
      return WORDS_FUNCTION.test(textOf(node.id, source));
    case 'VariableDeclarator':
      return isNodeOf(node.init, 'ArrowFunctionExpression') && WORDS_FUNCTION.test(textOf(node.id, source));
    case 'MethodDefinition':
      return WORDS_FUNCTION.test(textOf(node.key, source));
    case 'Property':
      return WORDS_MEMBER.has(textOf(node.key, source));
    default:
      return false;
  }
}

function isNodeOf(value: unknown, type: string): boolean {
  return typeof value === 'object' && value !== null && (value as Node).type === type;
}

function textOf(value: unknown, source: string): string {
  if (typeof value !== 'object' || value === null) return '';
  const { start, end } = value as Node;
  return source.slice(start, end);
}
