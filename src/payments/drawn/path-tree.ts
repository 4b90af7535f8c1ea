/** Where the paths of rules lead, and what the rules want there: the members that a schema for records of these rules has. */
import type { SchemaSource } from '../event/schema/event-schema.ts';
import type { FurtherColumn, Rules, TimeType } from '../rules/rules.ts';
import type { Chance } from './draw.ts';
import type { JsonTree } from './drawn-json.ts';

/** What rules want at the end of a path. */
export type Wish =
  | { readonly is: 'text'; readonly symbols?: readonly string[] }
  /** A whole number; `orText`: digits in a text too. */
  | { readonly is: 'whole'; readonly orText: boolean }
  /** A decimal, as a number or as a text; `orScaled`: as bytes with the schema's scale too. */
  | { readonly is: 'decimal'; readonly orScaled: boolean }
  /** Unscaled bytes; `schema`: the schema has their scale. */
  | { readonly is: 'scaled'; readonly scale: number | 'schema' }
  | { readonly is: 'time'; readonly type: TimeType }
  | { readonly is: 'truth' };

export interface PathTree {
  readonly members: Map<string, PathTree>;
  wish?: Wish;
}

export interface DrawnSchema {
  readonly source: SchemaSource;
  /** A value of the schema, behind its id. Deterministic in the value and in chance. */
  encode(value: JsonTree, chance: Chance): Buffer;
}

export interface SchemaDials {
  /** One path in this number has a type that the rules do not want. */
  readonly oddEvery: number;
  /** With fields that no path wants, containers of any kind, and what few producers write. */
  readonly isWild: boolean;
  /** Fields come twice, with other values or of another type: two payments may then have one id. */
  readonly isHostile: boolean;
}

export const CURRENCY_SYMBOLS = ['EUR', 'USD', 'JPY', 'KWD', 'CLF', 'XAU', 'ZZZ', 'eur', 'usd', 'jpy', 'kwd'] as const;

/** Of all these rules together: the same records are read by each of them. */
export function pathTree(all: readonly Rules[]): PathTree {
  const root: PathTree = { members: new Map() };
  for (const { event, columns } of all) {
    for (const { path, in: texts } of event.select) put(root, path, { is: 'text', symbols: texts });
    for (const [name, { path = '', type }] of Object.entries(event.texts)) {
      const symbols = name === 'currency' ? { symbols: CURRENCY_SYMBOLS } : {};
      put(root, path, type === 'integer' ? { is: 'whole', orText: false } : { is: 'text', ...symbols });
    }
    const { path, minorUnits, decimalBytes } = event.amount;
    if (decimalBytes === 'variable') {
      put(root, `${path}/scale`, { is: 'whole', orText: false });
      put(root, `${path}/value`, { is: 'scaled', scale: 0 });
    } else if (decimalBytes !== undefined) put(root, path, { is: 'scaled', scale: decimalBytes });
    else if (minorUnits !== undefined) put(root, path, { is: 'whole', orText: true });
    else put(root, path, { is: 'decimal', orScaled: false });
    put(root, event.timestamp.path, { is: 'time', type: event.timestamp.type ?? 'epoch_ms' });
    if (typeof event.key === 'object') put(root, event.key.path, { is: 'text' });
    for (const column of columns) put(root, column.path, wishOf(column));
  }
  return root;
}

function wishOf({ type, timeType = 'epoch_ms' }: FurtherColumn): Wish {
  if (type === 'timestamp') return { is: 'time', type: timeType };
  if (type === 'bool') return { is: 'truth' };
  if (type === 'int64') return { is: 'whole', orText: true };
  return type === 'numeric' ? { is: 'decimal', orScaled: true } : { is: 'text' };
}

function put(root: PathTree, path: string, wish: Wish): void {
  if (!path.startsWith('/')) return;
  let node = root;
  for (const step of path.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    const next = node.members.get(name) ?? { members: new Map() };
    node.members.set(name, next);
    node = next;
  }
  node.wish = wish;
}

/** A list: all that paths ask for in it stands at a number. */
export function isList({ members }: PathTree): boolean {
  return members.size > 0 && [...members.keys()].every((name) => /^[0-9]+$/.test(name));
}

/** What paths ask for in any element of a list. */
export function elementOf({ members }: PathTree): PathTree {
  const all: PathTree = { members: new Map() };
  for (const one of members.values()) merge(all, one);
  return all;
}

function merge(into: PathTree, one: PathTree): void {
  if (one.wish !== undefined) into.wish = one.wish;
  for (const [name, member] of one.members) {
    const inside = into.members.get(name) ?? { members: new Map() };
    into.members.set(name, inside);
    merge(inside, member);
  }
}
