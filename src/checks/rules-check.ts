/**
 * What the settings histories say of rules files: each text is there under its digest, revisions ascend, and no later entry
 * changes what is fixed when a partition is first seen. A partition whose rules cannot be read cannot be judged.
 */
import { createHash } from 'node:crypto';
import type { FindingLists } from './findings.ts';
import type { OwnershipFacts, RulesFrom, RulesOfEntry } from './inputs/verify-inputs.ts';
import { BUILT_IN_FIXED, fixedPartOf, type OracleRules, readRulesText } from './oracle/mapped/oracle-rules.ts';

/** Fold versions of entries with rules, and of those without. */
const VERSION_WITH_RULES = 3;
const DIGEST_SHOWN = 12;

/** Resolves with the partitions that cannot be judged, each with the reason. */
export function checkRules(ownership: readonly OwnershipFacts[], findings: FindingLists): ReadonlyMap<number, string> {
  const unjudged = new Map<number, string>();
  for (const facts of ownership) {
    const why = new HistoryRules(facts, findings).check();
    if (why !== undefined) unjudged.set(facts.partition, why);
  }
  return unjudged;
}

class HistoryRules {
  readonly #facts: OwnershipFacts;
  readonly #findings: FindingLists;
  /** Of each further column, by the first entry that has it. */
  readonly #columnTypes = new Map<string, string>();

  constructor(facts: OwnershipFacts, findings: FindingLists) {
    this.#facts = facts;
    this.#findings = findings;
  }

  /** Why the partition cannot be judged. */
  check(): string | undefined {
    const { history } = this.#facts;
    let why: string | undefined;
    for (const [index, entry] of history.entries()) {
      const before = history[index - 1];
      if (before !== undefined) this.#compareRevisions(before, entry);
      if ((entry.rules !== undefined) !== (entry.foldVersion === VERSION_WITH_RULES)) {
        const says = entry.rules === undefined ? 'names no rules' : 'names rules';
        this.#add('rules_contradict', entry, `it has fold version ${entry.foldVersion} and ${says}`);
      }
      if (entry.rules === undefined) continue;
      const read = this.#read(entry, entry.rules);
      if (typeof read === 'string') why ??= read;
      else this.#compare(entry, read);
    }
    return why;
  }

  /** The rules, or why there are none. */
  #read(entry: RulesFrom, { sha256, text, revision }: RulesOfEntry): OracleRules | string {
    const named = `the rules of revision ${revision}, sha256 ${sha256.slice(0, DIGEST_SHOWN)}`;
    const problem = (kind: string, what: string): string => {
      this.#add(kind, entry, `${named}, ${what}`);
      return `${named}, ${what}`;
    };
    if (text === null) return problem('rules_missing', 'are not in the table rules');
    const digest = createHash('sha256').update(text).digest('hex');
    if (digest !== sha256)
      return problem('rules_changed', `are another text in the table rules: sha256 ${digest.slice(0, DIGEST_SHOWN)}`);
    try {
      return readRulesText(text);
    } catch (error) {
      return problem('rules_unreadable', `cannot be read: ${(error as Error).message}`);
    }
  }

  #compare(entry: RulesFrom, rules: OracleRules): void {
    const { revision } = entry.rules!;
    if (rules.revision !== revision || (entry.revision ?? 0) !== revision)
      this.#add(
        'rules_contradict',
        entry,
        `it has revision ${entry.revision}, its rules ${revision} and their text ${rules.revision}`,
      );
    if (!sameValue(rules.fraud, entry.decision.fraud))
      this.#add('rules_contradict', entry, 'its decision has other rules of fraud than its rules');
    const [first] = this.#facts.history;
    const text = first?.rules?.text;
    const fixed = first?.rules === undefined ? BUILT_IN_FIXED : typeof text === 'string' ? fixedOf(text) : undefined;
    if (fixed !== undefined && !sameValue(fixed, fixedPartOf(rules)))
      this.#add(
        'rules_contradict',
        entry,
        'its rules have another key, another source or type of a required role, or another trim or uppercase of an id, than the first entry',
      );
    for (const { name, type } of rules.columns) {
      const before = this.#columnTypes.get(name) ?? type;
      this.#columnTypes.set(name, before);
      if (before !== type)
        this.#add('rules_contradict', entry, `its column ${name} has type ${type}, and an entry before it ${before}`);
    }
  }

  #compareRevisions(before: RulesFrom, entry: RulesFrom): void {
    const [lower, upper] = [before.revision ?? 0, entry.revision ?? 0];
    if (upper < lower)
      this.#add('revision_went_back', entry, `it has revision ${upper}, and the entry before it ${lower}`);
    const isSame = before.rules?.sha256 === entry.rules?.sha256 && sameValue(before.decision, entry.decision);
    if (upper === lower && upper > 0 && !isSame)
      this.#add('revision_twice', entry, `it has revision ${upper}, as the entry before it, and other content`);
  }

  #add(kind: string, { fromOffset }: RulesFrom, what: string): void {
    this.#findings.add('G6', {
      kind,
      partition: this.#facts.partition,
      offsets: [fromOffset],
      transactionIds: [],
      message: `partition_ownership: the entry of settings_history from offset ${fromOffset} on: ${what}`,
    });
  }
}

function fixedOf(text: string): unknown {
  try {
    return fixedPartOf(readRulesText(text));
  } catch {
    return undefined;
  }
}

/** The order of members does not count. */
function sameValue(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => sameValue((left as Record<string, unknown>)[name], (right as Record<string, unknown>)[name]))
  );
}
