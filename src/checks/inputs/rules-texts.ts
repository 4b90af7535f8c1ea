/**
 * Settings entries that name rules, with the texts that the table `rules` has for them. Nothing is judged here: a text that is
 * missing is null, and whether one has its digest is for the checks to say.
 */
import type { OwnershipFacts, RulesFrom } from './verify-inputs.ts';

/** An entry as its row has it: what it says of rules is their revision and digest. */
interface NamingEntry extends Omit<RulesFrom, 'rules'> {
  readonly rules?: { readonly revision: number; readonly sha256: string };
}
type NamingOwnership = Omit<OwnershipFacts, 'history'> & { readonly history: readonly NamingEntry[] };

/** `textOf`: by digest. */
export function withRulesTexts(
  { history, ...facts }: NamingOwnership,
  textOf: (sha256: string) => string | null,
): OwnershipFacts {
  return {
    ...facts,
    history: history.map(({ rules, ...entry }) =>
      rules === undefined
        ? entry
        : { ...entry, rules: { revision: rules.revision, sha256: rules.sha256, text: textOf(rules.sha256) } },
    ),
  };
}

/**
 * The text of a digest by the rows that have it: null without rows. Of several texts all of them, a line each: a text that no digest
 * of rules fits, because rules have no line feed.
 */
export function textOfRows(texts: Iterable<string>): string | null {
  const distinct = [...new Set(texts)].sort();
  return distinct.length === 0 ? null : distinct.join('\n');
}

/** Whether any of them needs a text. */
export function namesRules(ownership: readonly NamingOwnership[]): boolean {
  return ownership.some(({ history }) => history.some(({ rules }) => rules !== undefined));
}
