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
 * The texts of rows of the table `rules`, by the digest in them. Of several texts of one digest all of them, a line each: a text that no
 * digest of rules fits, because rules have no line feed.
 */
export function textsByDigest(
  rows: readonly { readonly [column in 'sha256' | 'text']?: unknown }[],
): ReadonlyMap<string, string> {
  const byDigest = Map.groupBy(rows, ({ sha256 }) => String(sha256));
  const textOf = (some: typeof rows): string => [...new Set(some.map(({ text }) => String(text)))].sort().join('\n');
  return new Map([...byDigest].map(([sha256, some]) => [sha256, textOf(some)]));
}

/** Whether any of them needs a text. */
export function namesRules(ownership: readonly NamingOwnership[]): boolean {
  return ownership.some(({ history }) => history.some(({ rules }) => rules !== undefined));
}
