/**
 * The weakened protocols on Delta Lake: one rule left out, or read the wrong way, each. A model that cannot tell them from the real
 * protocol would prove nothing; so each names a small configuration that catches it, and as what. What the model cannot tell from
 * the protocol is here too: rules that only save time, or that another rule stands behind.
 */
import { type DeltaModelConfig, type DeltaVariant, deltaConfig } from './config.ts';
import type { DeltaViolationKind } from './invariants.ts';

export interface WeakenedDelta {
  readonly variant: DeltaVariant;
  /** What the weakened protocol does instead. */
  readonly rule: string;
  /** What tells it from the real protocol, how it breaks, and in how many steps at least; undefined: nothing changes. */
  readonly caughtBy:
    | { readonly config: DeltaModelConfig; readonly kind: DeltaViolationKind; readonly steps: number }
    | undefined;
  /** Where nothing changes: a smaller configuration, or all that were tried. */
  readonly harmlessIn: readonly DeltaModelConfig[];
}

type Overrides = Partial<DeltaModelConfig>;
type Harmless = readonly [shapes: string, overrides: Overrides];

function caught(
  variant: DeltaVariant,
  kind: DeltaViolationKind,
  rule: string,
  [shapes, overrides, steps]: readonly [shapes: string, overrides: Overrides, steps: number],
  ...harmless: readonly Harmless[]
): WeakenedDelta {
  const weakened = ([of, given]: Harmless) => deltaConfig(of, { ...given, variants: [variant] });
  const config = weakened([shapes, overrides]);
  return { variant, rule, caughtBy: { config, kind, steps }, harmlessIn: harmless.map(weakened) };
}

function unneeded(variant: DeltaVariant, rule: string, ...harmless: readonly Harmless[]): WeakenedDelta {
  const harmlessIn = harmless.map(([of, given]) => deltaConfig(of, { ...given, variants: [variant] }));
  return { variant, rule, caughtBy: undefined, harmlessIn };
}

const SETTINGS = { settings: true };
const ONE_CLAIM = { claims: 1 };

export const WEAKENED_DELTA: readonly WeakenedDelta[] = [
  caught('nofenceA', 'wrong-settings', 'there is no fence in table A', ['A,A', SETTINGS, 24], ['A,A', {}]),
  caught('nofenceB', 'wrong-settings', 'there is no fence in table B', ['AB', SETTINGS, 24], ['AB', {}]),
  unneeded('nofenceK', 'there is no fence in the checkpoint table', ['A,A', SETTINGS]),
  caught('readfirst', 'wrong-settings', 'the position is read before the fences', ['A,A', SETTINGS, 30], ['A,A', {}]),
  unneeded('noposition', 'commits have no condition on the position', ['A', {}]),
  unneeded('blind', 'a process does not know its own commit again', ['A', ONE_CLAIM]),
  unneeded('as409', 'an unknown outcome is taken for "exists"', ['A', ONE_CLAIM]),
  caught('earlyckpt', 'missing-row', 'a checkpoint comes before its data', ['A', ONE_CLAIM, 15]),
  caught('nocas', 'wrong-settings', 'a claim has no condition on the version', ['A,A', SETTINGS, 20], ['A,A', {}]),
  unneeded('claimlost', 'an unknown claim is taken for lost', ['A', {}]),
  caught(
    'claimwon',
    'wrong-settings',
    'an unknown claim is taken for won',
    ['A', { ...ONE_CLAIM, ...SETTINGS }, 23],
    ['A', {}],
  ),
  caught('noepoch', 'wrong-settings', 'commits have no condition on the epoch', ['A,A', SETTINGS, 30], ['A,A', {}]),
  caught('forget', 'duplicate-row', 'a log checkpoint forgets txns', ['A', {}, 31]),
  caught('keeprows', 'duplicate-row', 'a fenced partition leaves the commit, its rows stay in the file', [
    'A/A',
    {},
    17,
  ]),
  caught('keeptxn', 'missing-row', 'the rows of a fenced partition leave the file, its position stays', [
    'A/A',
    {},
    10,
  ]),
  caught('voidput', 'missing-row', '"created" under a name that clean-up has freed is taken for a commit', [
    'A',
    { ...ONE_CLAIM, foreign: true, cleanup: true },
    19,
  ]),
  caught('cutover', 'missing-row', 'a commit cuts a record and says that the record is in', ['AA', ONE_CLAIM, 18]),
  caught('cutunder', 'duplicate-row', 'a commit cuts a record and says that the record is not in', [
    'AA',
    ONE_CLAIM,
    18,
  ]),
  caught('entryfirst', 'wrong-settings', 'rows are written before the settings entry is known to be in', [
    'A,A',
    SETTINGS,
    16,
  ]),
  caught('stalehistory', 'wrong-settings', 'uses the settings history from before the claim', ['A,A', SETTINGS, 20]),
  unneeded('nomonotone', 'checkpoints have no condition on the greatest next_offset', ['A,A', {}]),
];
