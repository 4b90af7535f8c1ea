/** JSON values as trees of source text, so that numbers, escapes, blanks and repeated names come out exactly as drawn. */
import { type Chance, drawInteger, drawOne, oneIn, shuffled } from './draw.ts';

/** A scalar is its source text. */
export type JsonTree = string | JsonObject | JsonList;

export class JsonObject {
  readonly members: [string, JsonTree][] = [];
}

export class JsonList {
  readonly elements: JsonTree[] = [];
}

/** Puts a value where a JSON Pointer leads, making objects and lists on the way. A scalar that is in the way is replaced. */
export function putAt(root: JsonObject, pointer: string, value: JsonTree): void {
  const steps = pointer.split('/').slice(1).map(unescapeStep);
  let node: JsonObject | JsonList = root;
  for (const [index, step] of steps.entries()) {
    const next = steps[index + 1];
    if (next === undefined) {
      setStep(node, step, value);
      return;
    }
    const held = getStep(node, step);
    const container: JsonObject | JsonList =
      held === undefined || typeof held === 'string' ? (next === '0' ? new JsonList() : new JsonObject()) : held;
    setStep(node, step, container);
    node = container;
  }
}

/** Takes away what a JSON Pointer leads to, if it is there. */
export function removeAt(root: JsonObject, pointer: string): void {
  const steps = pointer.split('/').slice(1).map(unescapeStep);
  const last = steps.pop();
  let node: JsonTree | undefined = root;
  for (const step of steps) node = node === undefined || typeof node === 'string' ? undefined : getStep(node, step);
  if (!(node instanceof JsonObject)) return;
  const at = node.members.findIndex(([name]) => name === last);
  if (at >= 0) node.members.splice(at, 1);
}

function unescapeStep(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

function getStep(node: JsonObject | JsonList, step: string): JsonTree | undefined {
  if (node instanceof JsonList) return node.elements[Number(step)];
  return node.members.find(([name]) => name === step)?.[1];
}

function setStep(node: JsonObject | JsonList, step: string, value: JsonTree): void {
  if (node instanceof JsonList) {
    node.elements[Number(step)] = value;
    return;
  }
  const member = node.members.find(([name]) => name === step);
  if (member === undefined) node.members.push([step, value]);
  else member[1] = value;
}

/** The text of a tree. `odd`: with blanks, with members in any order, with escapes that need not be. */
export function spell(tree: JsonTree, chance: Chance, odd: boolean): string {
  if (typeof tree === 'string') return odd && tree.startsWith('"') && oneIn(chance, 4) ? escaped(tree, chance) : tree;
  const blank = (): string => (odd && oneIn(chance, 4) ? drawOne(chance, [' ', '\n', '\t', '\r\n  ']) : '');
  const between = (): string => `${blank()},${blank()}`;
  if (tree instanceof JsonList) {
    const elements = Array.from(tree.elements, (element) => spell(element ?? 'null', chance, odd));
    return `[${blank()}${elements.join(between())}${blank()}]`;
  }
  const members = odd && oneIn(chance, 2) ? shuffled(tree.members, chance) : tree.members;
  const texts = members.map(([name, value]) => {
    const quoted = JSON.stringify(name);
    const spelt = odd && oneIn(chance, 12) ? escaped(quoted, chance) : quoted;
    return `${spelt}${blank()}:${blank()}${spell(value, chance, odd)}`;
  });
  return `{${blank()}${texts.join(between())}${blank()}}`;
}

/** The same JSON text with one of its characters as an escape. */
function escaped(quoted: string, chance: Chance): string {
  const inside = quoted.slice(1, -1);
  if (inside === '' || inside.includes('\\')) return quoted;
  const at = drawInteger(chance, 0, inside.length - 1);
  const spelt = `\\u${inside.charCodeAt(at).toString(16).padStart(4, '0')}`;
  return `"${inside.slice(0, at)}${spelt}${inside.slice(at + 1)}"`;
}
