/**
 * Which entry a settings history gets, by its revision: a higher one is appended, an equal one with the same content changes
 * nothing, a lower one is not used. So two processes with different settings do not rewrite the history at each rebalance.
 *
 * Invariant: revisions in a history never fall. Pure.
 */
import { ConfigurationError } from '../../base/errors.ts';
import { fixedDifferences } from '../../payments/rules/fixed-part.ts';
import { rulesDifferences } from '../../payments/rules/rules-differences.ts';
import { FOLD_VERSION, type FoldVersion, RULES_FOLD_VERSION, sameDecisionSettings } from '../../payments/settings.ts';
import type { DecisionSettings, SettingsEntry } from '../../payments/types.ts';
import type { WantedSettings } from '../settings.ts';

export interface NextEntry {
  /** Undefined where the history stays as it is. */
  readonly entry: SettingsEntry | undefined;
  /** The revision that is in force instead of ours. */
  readonly olderThan: number | undefined;
}

/** Of an entry, or of settings: 0 where it says none. */
export function revisionOf({ revision = 0 }: Pick<SettingsEntry, 'revision'>): number {
  return revision;
}

/** The fold version of new entries. */
export function foldVersionFor({ rules }: Pick<SettingsEntry, 'rules'>): FoldVersion {
  return rules === undefined ? FOLD_VERSION : RULES_FOLD_VERSION;
}

/** An entry of these settings. One of revision 0 without rules is written as older releases write it. */
export function entryOf({ revision = 0, decision, rules }: WantedSettings, fromOffset: number): SettingsEntry {
  return {
    fromOffset,
    foldVersion: foldVersionFor(rules === undefined ? {} : { rules }),
    decision,
    ...(revision === 0 ? {} : { revision }),
    ...(rules === undefined ? {} : { rules }),
  };
}

/** Throws ConfigurationError, one line for each problem, where the settings cannot follow the history. */
export function nextEntry(
  partition: number,
  history: readonly SettingsEntry[],
  wanted: WantedSettings,
  fromOffset: number,
): NextEntry {
  const last = history.at(-1)!;
  const newest = revisionOf(last);
  const ours = revisionOf(wanted);
  const isOlder = ours < newest;
  const isOther = ours > newest || (!isOlder && !sameSettings(last, wanted));
  if (isOther) {
    // Before the revision: a higher one does not help where a fixed member differs.
    const problems = fixedProblems(partition, history, wanted);
    if (problems.length > 0) throw new ConfigurationError(problems);
    if (ours === newest) throw new ConfigurationError([otherContent(partition, last, wanted)]);
    return { entry: entryOf(wanted, fromOffset), olderThan: undefined };
  }
  const { decision, rules } = last;
  // A new release continues with the same settings by its own fold version.
  const kept = { revision: newest, decision, ...(rules === undefined ? {} : { rules }) };
  const isCurrent = last.foldVersion === foldVersionFor(last);
  return { entry: isCurrent ? undefined : entryOf(kept, fromOffset), olderThan: isOlder ? newest : undefined };
}

export function sameSettings(
  left: Pick<SettingsEntry, 'decision' | 'rules'>,
  right: Pick<SettingsEntry, 'decision' | 'rules'>,
): boolean {
  return left.rules?.sha256 === right.rules?.sha256 && sameDecisionSettings(left.decision, right.decision);
}

function fixedProblems(partition: number, history: readonly SettingsEntry[], wanted: WantedSettings): string[] {
  const had = history[0]?.rules === undefined ? ' (the built-in event)' : '';
  const has = wanted.rules === undefined ? 'without RULES_FILE it is (the built-in event)' : `${fileOf(wanted)} has`;
  return fixedDifferences(history, wanted).map(
    ({ member, before, now }) =>
      `${member} is fixed for partition ${partition} as ${before}${had}, and ${has} ${now}: rows that are there were made with it. ` +
      'Put it back as it was, or start over with another dataset. Nothing was written.',
  );
}

const VARIABLES: readonly (readonly [keyof DecisionSettings, string])[] = [
  ['watermarkDelayMs', 'WATERMARK_DELAY'],
  ['allowedSkewMs', 'ALLOWED_SKEW'],
  ['maxAmount', 'MAX_AMOUNT'],
  ['partitioner', 'PARTITIONER'],
  ['fraud', 'the fraud rules'],
];

function otherContent(partition: number, last: SettingsEntry, wanted: WantedSettings): string {
  const revision = revisionOf(wanted);
  const { rules } = wanted;
  const differing = VARIABLES.filter(
    ([name]) => !sameDecisionSettings(only(last.decision, name), only(wanted.decision, name)),
  );
  // Rules that differ in their fraud section say so themselves.
  const names = differing.filter(([name]) => name !== 'fraud' || rules === undefined).map(([, name]) => name);
  const file = rules === undefined ? 'here there is no RULES_FILE' : `${fileOf(wanted)} has sha256 ${rules.sha256}`;
  const change =
    rules === undefined
      ? `set SETTINGS_REVISION=${revision + 1}`
      : `write \`revision: ${revision + 1}\` into ${fileOf(wanted)}`;
  return (
    `revision ${revision} of the settings is in the history of partition ${partition} with other content. These differ: ` +
    `${[...differingMembers(last, wanted), ...names].join(', ')} (there: ${digest(last.rules)}; ${file}). ` +
    `To use what is here, ${change}; otherwise put it back as it was. Nothing was written.`
  );
}

function differingMembers({ rules: before }: SettingsEntry, { rules: now }: WantedSettings): string[] {
  if (before?.sha256 === now?.sha256) return [];
  if (before === undefined) return ['the rules file, which was not there'];
  if (now === undefined) return ['the rules file, which is not here'];
  const members = rulesDifferences(before.rules, now.rules);
  return members.length > 0 ? members : ['the order of columns'];
}

function fileOf({ rulesFile = 'RULES_FILE' }: WantedSettings): string {
  return rulesFile;
}

function only(decision: DecisionSettings, name: keyof DecisionSettings): DecisionSettings {
  return { [name]: decision[name] } as unknown as DecisionSettings;
}

function digest(rules: { readonly sha256: string } | undefined): string {
  return rules === undefined ? 'no rules, the built-in event' : `rules of sha256 ${rules.sha256}`;
}
