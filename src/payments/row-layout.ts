/**
 * What the rows of accepted payments hold beside the fixed columns: whether optional roles may be NULL, and the further columns
 * of payment_transactions. It follows from the rules of a partition's settings history, so that one layout fits all its rows.
 */
import type { FurtherColumn, Rules } from './rules/rules.ts';
import type { SettingsEntry } from './types.ts';

export interface RowLayout {
  /** Rules map the events, so a payment may lack an optional role. The built-in event has all of them. */
  readonly nullRoles: boolean;
  /** In the order in which the rules added them. One name has one type. */
  readonly further: readonly FurtherColumn[];
}

/** Of a partition without rules. */
export const BUILT_IN_LAYOUT: RowLayout = Object.freeze({ nullRoles: false, further: Object.freeze([]) });

/** The layout for rows of all these rules, oldest first. */
export function layoutOf(rules: Iterable<Pick<Rules, 'columns'>>): RowLayout {
  const further = new Map<string, FurtherColumn>();
  let nullRoles = false;
  for (const { columns } of rules) {
    nullRoles = true;
    for (const column of columns) if (!further.has(column.name)) further.set(column.name, column);
  }
  return nullRoles ? { nullRoles, further: [...further.values()] } : BUILT_IN_LAYOUT;
}

/** The layout for all rows of a partition. */
export function layoutOfHistory(history: readonly Pick<SettingsEntry, 'rules'>[]): RowLayout {
  return layoutOf(history.flatMap(({ rules }) => (rules === undefined ? [] : [rules.rules])));
}

/** The same layout with what `more` adds. */
export function joinLayouts(layout: RowLayout, more: RowLayout): RowLayout {
  const names = new Set(layout.further.map(({ name }) => name));
  const added = more.further.filter(({ name }) => !names.has(name));
  if (added.length === 0 && (layout.nullRoles || !more.nullRoles)) return layout;
  return { nullRoles: layout.nullRoles || more.nullRoles, further: [...layout.further, ...added] };
}
