/** Which paths the records of a sample have, and which paths of rules none of them has. Pure. */
import { editDistance, tolerance } from '../base/text/edit-distance.ts';
import { OPTIONAL_ROLES, type Rules } from '../payments/rules/rules.ts';

/** A path of the rules, and what it is for: a role, `select`, `key`, or a column. */
export interface UsedPath {
  readonly path: string;
  readonly use: string;
  /** A record without it is a payment all the same: it is the path of an optional role, or of a column. */
  readonly isOptional: boolean;
}

export interface MissingPath extends UsedPath {
  /** Paths that records have, the nearest first. */
  readonly nearest: readonly string[];
}

/** Values that are looked at for their names, and how deep. */
const PATHS_MOST = 5_000;
const DEPTH_MOST = 12;
/** Elements of a list beyond these have the names of these. */
const ELEMENTS_MOST = 3;
const NEAREST_SHOWN = 3;
/** Letters of a name, from which on another one that contains it is like it. */
const PART_LEAST = 3;

/** A path of a proposal for which no member was found. `rules check` names it as one that no record has. */
export const NOT_FOUND = '/NOT_FOUND';

export function pathsOf({ event, columns }: Rules): UsedPath[] {
  const { select, key, texts, amount, timestamp } = event;
  const found: UsedPath[] = [
    ...select.map(({ path }) => ({ path, use: 'select', isOptional: false })),
    ...(typeof key === 'object' ? [{ path: key.path, use: 'key', isOptional: false }] : []),
    ...Object.entries(texts).flatMap(([use, role]) => {
      const isOptional = (OPTIONAL_ROLES as readonly string[]).includes(use);
      return role?.path === undefined ? [] : [{ path: role.path, use, isOptional }];
    }),
    { path: amount.path, use: 'amount', isOptional: false },
    { path: timestamp.path, use: 'timestamp', isOptional: false },
    ...columns.map(({ name, path }) => ({ path, use: `column ${name}`, isOptional: true })),
  ];
  return found;
}

/** Paths into the values that some record has with a value, in the order in which they were met; with how many have them. */
export class PathsThere {
  /** Of these, those that lead to texts, numbers and truth values. */
  readonly #leaves = new Set<string>();
  readonly #counts = new Map<string, number>();

  add(value: unknown): void {
    this.#walk('', value, 0);
  }

  has(path: string): boolean {
    return this.#counts.has(path);
  }

  /** Those whose names are like its own; without those that lead to objects and lists. */
  nearest(path: string): string[] {
    const wanted = lastOf(path);
    const alike = [...this.#leaves].filter((candidate) => isAlike(plain(lastOf(candidate)), plain(wanted)));
    const scored = alike.map((candidate) => {
      const name = lastOf(candidate);
      const byName = name === wanted ? -1 : editDistance(plain(name), plain(wanted));
      return { candidate, score: byName * 4 + editDistance(candidate, path) };
    });
    scored.sort((a, b) => a.score - b.score || (a.candidate < b.candidate ? -1 : 1));
    return scored.slice(0, NEAREST_SHOWN).map(({ candidate }) => candidate);
  }

  #walk(path: string, value: unknown, depth: number): void {
    if (value === null || value === undefined || depth > DEPTH_MOST) return;
    if (this.#counts.size >= PATHS_MOST && !this.#counts.has(path)) return;
    if (path !== '') this.#counts.set(path, (this.#counts.get(path) ?? 0) + 1);
    if (typeof value !== 'object') {
      if (path !== '') this.#leaves.add(path);
      return;
    }
    const entries = Array.isArray(value) ? [...value.entries()].slice(0, ELEMENTS_MOST) : Object.entries(value);
    for (const [name, below] of entries) this.#walk(`${path}/${escaped(String(name))}`, below, depth + 1);
  }
}

function isAlike(name: string, wanted: string): boolean {
  const [short, long] = name.length < wanted.length ? [name, wanted] : [wanted, name];
  if (short.length >= PART_LEAST && long.includes(short)) return true;
  return editDistance(name, wanted) <= tolerance(wanted) * 2 && short.length > tolerance(wanted) * 2;
}

/** What a JSON Pointer leads to, or undefined. */
export function valueAt(value: unknown, pointer: string): unknown {
  let at = value;
  for (const name of pointer.slice(1).split('/')) {
    if (typeof at !== 'object' || at === null) return undefined;
    const member = name.replaceAll('~1', '/').replaceAll('~0', '~');
    if (!Object.hasOwn(at, member)) return undefined;
    at = (at as Record<string, unknown>)[member];
  }
  return at;
}

/** RFC 6901. */
export function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, '');
}
