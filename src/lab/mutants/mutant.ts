/**
 * What a mutant is: a processor with one known bug, made by replacing fragments of its source while it is loaded, in a process
 * of the lab alone. Production code holds no switch for it, and the same mutant runs in the simulated world and in
 * processors of their own.
 */
import type { Guarantee } from '../../checks/findings.ts';

/** A change of one place, named by structure (place/): it must be there exactly once, or the mutant does not run at all. */
export type Patch = Place & (Replacement | Insertion);

interface Place {
  /** From the folder of this checkout, as `src/payments/fold.ts`. Where the place is in one other file, it is found there. */
  readonly file: string;
  /** A function, class or variable, as `PartitionRun.#flush` or `findPosition`. Default: all of the file. */
  readonly in?: string;
  /** Only in this world; the other one never loads the file. Default: both. */
  readonly world?: 'sim' | 'real';
}

interface Replacement {
  /** An expression, statements, members, or `name: value`; `$NAME` and `$$$NAME` stand for anything (place/pattern.ts). */
  readonly find: string;
  /** May use what the names stood for. An empty one takes a statement out. */
  readonly replace: string;
}

interface Insertion {
  /** Statements at the start of the function that `in` names, or members at the start of the class. */
  readonly atStart: string;
}

/** What a mutant must break: a guarantee; or liveness: the log is processed to its end (no false stop, no dead end). */
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
  'made-anew',
  'late-claims',
  'superseded',
  'lost-streams',
  'expiries',
  'damaged-logs',
  'operators',
  'rescaled',
  'known-elsewhere',
  'mapped',
  'first-looks',
  'answers',
  'lost-tables',
  'schemas',
  'portable',
  'delta-takeovers',
  'delta-settings',
  'delta-cleanup',
  'delta-made-anew',
  'delta-forgotten',
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
