/**
 * Which scenario on real parts must catch which mutant: the protection that the scenario aims at is taken out of the
 * processors, and its verdict must be FAIL, for the reason that is named here. A scenario that does not notice is weak.
 */
import { ConfigurationError } from '../../base/errors.ts';
import { requireMutant } from './catalogue.ts';
import type { MustBreak } from './mutant.ts';

export interface RealPair {
  readonly mutant: string;
  readonly scenario: string;
  readonly guarantee: MustBreak;
  /** A finding of verify; `story`: what the scenario says must hold; `stopped:<code>` for liveness. */
  readonly anomaly: string;
}

const pair = (scenario: string, mutant: string, guarantee: MustBreak, anomaly: string): RealPair => ({
  mutant,
  scenario,
  guarantee,
  anomaly,
});

export const REAL_PAIRS: readonly RealPair[] = [
  pair('crash-in-mid-batch', 'commit-after-sink', 'G1', 'row_twice'),
  pair('crash-in-mid-batch', 'skip-one-too-few', 'G1', 'row_twice'),
  pair('checkpoint-loss', 'rebuilds-nothing', 'G2', 'id_twice'),
  pair('checkpoint-swapped', 'state-taken-as-it-is', 'G2', 'id_twice'),
  pair('disk-full', 'stale-state-as-it-is', 'G2', 'id_twice'),
  pair('two-groups', 'no-finalize', 'G1', 'row_twice'),
  pair('zombie', 'no-finalize', 'G1', 'row_twice'),
  pair('append-answer-lost', 'resend-at-new-offset', 'G1', 'row_twice'),
  pair('append-refused-errors', 'refusal-is-success', 'G1', 'lost'),
  pair('producer-retries', 'dedup-within-batch', 'G2', 'id_twice'),
  pair('late-events', 'evicts-a-minute-early', 'G2', 'id_twice'),
  pair('retention-gap', 'gap-accepted', 'G6', 'story'),
  pair('topic-recreated', 'fingerprint-unchecked', 'G6', 'story'),
  pair('settings-change', 'settings-not-recorded', 'G5', 'rows_extra'),
  pair('offsets-reset', 'commit-after-sink', 'G1', 'row_twice'),
  pair('graceful-stop', 'stop-without-flush', 'G1', 'lost'),
  pair('bad-input', 'poison-dropped', 'G1', 'lost'),
  // The rows that are there already say what the state should know: the partition stops before a wrong one is written.
  pair('hot-account', 'activity-not-restored', 'liveness', 'stopped:rows_differ'),
];

/** All pairs of the named mutants and scenarios; all there are where none is named. Throws ConfigurationError. */
export function choosePairs(names: readonly string[]): readonly RealPair[] {
  const scenarios = new Set(REAL_PAIRS.map(({ scenario }) => scenario));
  for (const name of names) if (!scenarios.has(name)) requireMutant(name);
  const chosen = REAL_PAIRS.filter((each) => names.includes(each.mutant) || names.includes(each.scenario));
  if (names.length > 0 && chosen.length === 0) {
    throw new ConfigurationError([
      `no scenario on real parts is there for ${names.join(', ')}; there are ${REAL_PAIRS.map(({ mutant, scenario }) => `${mutant} (${scenario})`).join(', ')}`,
    ]);
  }
  return names.length === 0 ? REAL_PAIRS : chosen;
}
