/**
 * What one check of the protocol on Delta Lake covers: the records of each partition, faults and options, and the rules that are
 * left out on purpose. Everything in the search is bounded by these.
 */
import { STATE_LIMIT } from '../config.ts';

/** Rules of the protocol that can be left out or read the wrong way; variants.ts says which and what catches them. */
export const DELTA_VARIANTS = [
  'nofenceA',
  'nofenceB',
  'nofenceK',
  'readfirst',
  'noposition',
  'blind',
  'as409',
  'earlyckpt',
  'nocas',
  'claimlost',
  'claimwon',
  'noepoch',
  'forget',
  'keeprows',
  'keeptxn',
  'voidput',
  'cutover',
  'cutunder',
  'entryfirst',
  'stalehistory',
  'nomonotone',
] as const;

export type DeltaVariant = (typeof DELTA_VARIANTS)[number];

export interface DeltaModelConfig {
  /**
   * Per partition one entry per log record: a letter per row that the fold yields for it, 'A' or 'B' naming the data table; '-' is
   * an offset without rows. P owns all partitions at the beginning if there are several; Q can take over the last.
   */
  readonly shapes: readonly (readonly string[])[];
  /** Crashes; each is also a set of partitions that Kafka takes away: the process forgets, its puts live on. */
  readonly crashes: number;
  /** How many claims of a partition can succeed; those who would need one more are cut off. */
  readonly claims: number;
  /** Ownership is in the log of the checkpoint table: a claim is a fence of it and reads the position. */
  readonly merged: boolean;
  /** A process comes up with either of two settings, which all rows depend on. */
  readonly settings: boolean;
  /** Others commit (compaction) to any table at any time. */
  readonly foreign: boolean;
  /** Log clean-up frees the names of old versions: a put under one is answered "created" and is in no table. */
  readonly cleanup: boolean;
  readonly variants: readonly DeltaVariant[];
  /** The search stops, undecided, at this many states. */
  readonly stateLimit: number;
}

export const DELTA_OPTIONS = ['merged', 'settings', 'foreign', 'cleanup'] as const;

/** A configuration without faults, claims excepted; override what matters. `shapes` as 'AB,AA', '/' between partitions. */
export function deltaConfig(shapes: string, overrides: Partial<DeltaModelConfig> = {}): DeltaModelConfig {
  return {
    shapes: shapes.split('/').map((partition) => partition.split(',')),
    crashes: 0,
    claims: 2,
    merged: false,
    settings: false,
    foreign: false,
    cleanup: false,
    variants: [],
    stateLimit: STATE_LIMIT,
    ...overrides,
  };
}

/** The shapes as text. */
export function shapesText({ shapes }: DeltaModelConfig): string {
  return shapes.map((records) => records.join()).join('/');
}

/** One line per problem; empty when the configuration can be checked. */
export function deltaConfigProblems(config: DeltaModelConfig): string[] {
  const problems: string[] = [];
  for (const shape of config.shapes.flat()) {
    if (!/^([AB]{1,4}|-)$/.test(shape)) problems.push(`record '${shape}': give 1 to 4 letters A or B, or '-'`);
  }
  if (config.shapes.length > 3) problems.push('shapes: at most 3 partitions');
  if (config.shapes.some((records) => records.length > 5)) problems.push('shapes: at most 5 records in a partition');
  for (const name of ['crashes', 'claims'] as const) {
    const value = config[name];
    if (!Number.isInteger(value) || value < 0 || value > 9) problems.push(`${name}: ${value} is not in 0 to 9`);
  }
  if (!(config.stateLimit >= 1 && config.stateLimit <= STATE_LIMIT)) {
    problems.push(`stateLimit: ${config.stateLimit} is not in 1 to ${STATE_LIMIT}`);
  }
  for (const variant of config.variants) {
    if (!DELTA_VARIANTS.includes(variant)) problems.push(`variant '${variant}': give ${DELTA_VARIANTS.join(', ')}`);
  }
  return problems;
}
