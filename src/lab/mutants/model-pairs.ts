/**
 * Which mutants of the code stand for which weakened variant of the protocol model: what the model knows to be needed, the code
 * must be shown to need as well. A variant that the model cannot tell from the protocol has none, with the reason.
 */
import type { Variant } from '../model/config.ts';
import type { DeltaVariant } from '../model/delta/config.ts';
import { WEAKENED_DELTA } from '../model/delta/variants.ts';
import { WEAKENED } from '../model/variants.ts';

/** A new variant does not compile before it has its mutants here. */
export const MUTANTS_OF_VARIANT: Readonly<Record<Variant, readonly string[] | { readonly none: string }>> = {
  nofin: ['no-finalize'],
  nocas: ['claim-without-condition'],
  forget: ['forgets-older-streams'],
  prune: ['prune-unfinalized'],
  count: ['claim-not-read-back'],
  oldepoch: ['new-streams-at-the-same-epoch'],
  nocompare: ['compares-nothing', 'position-by-max'],
  nofrule: ['checkpoint-below-f'],
  allepochs: ['counts-settled-epochs'],
  nowait: ['counts-not-awaited'],
  earlyckpt: ['checkpoint-before-ack'],
  lateoffset: ['offsets-of-the-moment'],
  noreread: ['stops-without-looking'],
  blindwait: ['waits-without-end'],
  stalehistory: ['settings-from-before-the-claim'],
  nologcheck: ['log-unchecked-at-a-takeover', 'fingerprint-unchecked'],
  noendcheck: ['log-may-end-early'],
  norecheck: ['log-unchecked-while-running', 'fingerprint-unchecked'],
  gapjump: ['gap-accepted'],
  needprint: ['last-record-must-be-there'],
  noleftover: ['left-over-rows-unnoticed'],
  rewind: ['reads-from-the-group-offset'],
  keepdead: ['keeps-refused-streams'],
  unsettled: ['rows-of-lost-streams-show-late'],
  nocancel: { none: 'harmless: a claim that wins late, and that nobody waits for, costs an epoch and nothing else' },
  total: { none: 'harmless: counts that agree in sum agree for each table' },
};

/** The same for the model of Delta Lake. */
export const MUTANTS_OF_DELTA_VARIANT: Readonly<Record<DeltaVariant, readonly string[] | { readonly none: string }>> = {
  nofenceA: ['delta-no-fence'],
  nofenceB: ['delta-no-fence'],
  nofenceK: { none: 'harmless: a checkpoint of an earlier owner says what is there' },
  readfirst: ['delta-position-before-fence'],
  noposition: ['delta-no-position'],
  blind: { none: 'harmless: the position says that the commit is in' },
  as409: { none: 'harmless: the next put meets the version that the first one may take' },
  earlyckpt: ['delta-checkpoint-before-data'],
  nocas: ['delta-claim-without-condition'],
  claimlost: { none: 'harmless: a claim that lands and that nobody waits for costs an epoch and nothing else' },
  claimwon: ['delta-claim-taken-for-won'],
  noepoch: ['delta-no-epoch'],
  forget: ['delta-log-checkpoint-forgets', 'delta-forgotten-positions-unnoticed'],
  keeprows: ['delta-keeps-rows-of-a-fenced-partition'],
  keeptxn: ['delta-keeps-position-of-a-fenced-partition'],
  voidput: ['delta-freed-version-is-a-commit'],
  cutover: ['delta-position-past-a-cut-record'],
  cutunder: ['delta-cuts-a-record'],
  entryfirst: ['settings-not-recorded'],
  stalehistory: ['delta-history-from-before'],
  nomonotone: ['delta-checkpoints-go-back'],
};

/** One row per variant: its name, what it does instead of the rule, its mutants or why it has none. */
export function variantRows(): readonly (readonly [string, string, string])[] {
  return WEAKENED.map(({ variant, rule }) => [`\`${variant}\``, rule, namesOf(MUTANTS_OF_VARIANT[variant])]);
}

export function deltaVariantRows(): readonly (readonly [string, string, string])[] {
  return WEAKENED_DELTA.map(({ variant, rule }) => [
    `\`${variant}\``,
    rule,
    namesOf(MUTANTS_OF_DELTA_VARIANT[variant]),
  ]);
}

function namesOf(mutants: readonly string[] | { readonly none: string }): string {
  return 'none' in mutants ? mutants.none : mutants.map((name) => `\`${name}\``).join(', ');
}
