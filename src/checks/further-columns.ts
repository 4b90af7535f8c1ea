/** The further columns that the rules of any partition have ever had. The type of a column never changes. */
import type { OwnershipFacts } from './inputs/verify-inputs.ts';
import { type ColumnRule, readRulesText } from './oracle/mapped/oracle-rules.ts';

/** By name. Rules that cannot be read have none: they are reported elsewhere. */
export function furtherColumnsOf(
  ownership: readonly Pick<OwnershipFacts, 'history'>[],
): ReadonlyMap<string, ColumnRule['type']> {
  const columns = new Map<string, ColumnRule['type']>();
  for (const { history } of ownership)
    for (const { rules } of history) for (const { name, type } of columnsIn(rules?.text)) columns.set(name, type);
  return columns;
}

function columnsIn(text: string | null | undefined): readonly ColumnRule[] {
  if (!text) return [];
  try {
    return readRulesText(text).columns;
  } catch {
    return [];
  }
}
