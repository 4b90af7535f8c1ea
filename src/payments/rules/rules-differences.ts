/** Which members of a rules file differ between two, by their names in the file. Pure. */
import type { Rules } from './rules.ts';
import { documentOf } from './rules-document.ts';

/** As `event.amount.path` and `columns (fee)`; without `revision`. Empty where only the order of columns differs. */
export function rulesDifferences(before: Rules, now: Rules): string[] {
  const [{ columns: had = [], ...left }, { columns: has = [], ...right }] = [documentOf(before), documentOf(now)];
  const names = [...new Set([...had, ...has].map(({ name }) => name))];
  const columns = names
    .filter((name) => differ(columnOf(had, name), columnOf(has, name)))
    .map((name) => `columns (${name})`);
  return [...differing('', { ...left, revision: 0 }, { ...right, revision: 0 }), ...columns];
}

function columnOf<T extends { readonly name: string }>(columns: readonly T[], name: string): T | undefined {
  return columns.find((column) => column.name === name);
}

function differ(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) !== JSON.stringify(right);
}

function differing(path: string, left: unknown, right: unknown): string[] {
  if (!differ(left, right)) return [];
  if (!isSection(left) || !isSection(right)) return [path];
  const members = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return members.flatMap((member) =>
    differing(path === '' ? member : `${path}.${member}`, left[member], right[member]),
  );
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
