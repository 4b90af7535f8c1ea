/**
 * What a mutant is: a processor with one known bug, made by replacing exact fragments of its source while it is loaded, in a
 * process of the lab alone. Production code holds no switch for it, and the same mutant runs in the simulated world and
 * in processors of their own.
 */
import type { Guarantee } from '../../checks/findings.ts';

/** One replacement in one file. `find` must stand in the file exactly once, or the mutant does not run at all. */
export interface Patch {
  /** From the folder of this checkout, as `src/payments/fold.ts`. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** Only in this world; the other one never loads the file. Default: both. */
  readonly world?: 'sim' | 'real';
}

/** What a mutant must break: a guarantee; or the log goes on being processed (no false stop, no dead end). */
export type MustBreak = Guarantee | 'liveness';

/** Families of cases (families.ts): which input and which faults are drawn. */
export const FAMILIES = [
  'swarm',
  'takeovers',
  'appends',
  'restarts',
  'disks',
  'payments',
  'spellings',
  'settings',
  'cut-logs',
  'expiries',
  'damaged-logs',
  'operators',
  'rescaled',
  'answers',
  'lost-tables',
  'portable',
] as const;
export type Family = (typeof FAMILIES)[number];

export interface Mutant {
  /** kebab-case. */
  readonly name: string;
  /** The bug, as a reviewer would say it. */
  readonly what: string;
  readonly guarantee: MustBreak;
  /** Kind of the finding that must show it: of that guarantee in src/checks, or `stopped:<code>` for `liveness`. */
  readonly anomaly: string;
  /** Why just that guarantee breaks. */
  readonly why: string;
  readonly family: Family;
  readonly patches: readonly Patch[];
  /** The design that people write instead of the protocol, where it is one. */
  readonly isGuideDesign?: boolean;
}
