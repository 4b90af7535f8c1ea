/**
 * What one check of the protocol covers: the records, how many faults of each kind, and which rules are left out on
 * purpose. Everything in the search is bounded by these numbers.
 */

/** Rules of the protocol that can be left out or read the wrong way; variants.ts says which and what catches them. */
export const VARIANTS = [
  'nofin',
  'nocas',
  'forget',
  'prune',
  'count',
  'oldepoch',
  'nocompare',
  'nofrule',
  'allepochs',
  'nowait',
  'earlyckpt',
  'lateoffset',
  'noreread',
  'blindwait',
  'stalehistory',
  'nologcheck',
  'noendcheck',
  'norecheck',
  'gapjump',
  'needprint',
  'noleftover',
  'rewind',
  'keepdead',
  'unsettled',
  'nocancel',
  'total',
] as const;

export type Variant = (typeof VARIANTS)[number];

export interface ModelConfig {
  /**
   * One entry per log record: a letter per row that the fold yields for it, 'A' or 'B' naming the data table; '-' is an
   * offset without rows and without a record (a transaction marker).
   */
  readonly shapes: readonly string[];
  /** The records' shapes once the log was truncated or recreated and written again. */
  readonly rewrittenShapes: readonly string[];
  /** Crashes; each is also a partition that Kafka takes away: the process forgets, its requests live on. */
  readonly crashes: number;
  /** How often streams are lost while their rows stay: all of them at once, or one at a time with `expire`. */
  readonly streamLosses: number;
  /** How many claims can succeed; those who would need one more are cut off. */
  readonly claims: number;
  /** Rebalances that revoke a partition from its owner and then leave it where it was. */
  readonly rebalances: number;
  /** Times that the log loses records: retention at its start, truncation at its end, or a recreated topic. */
  readonly logFaults: number;
  /** Appended rows may land first and become visible later. */
  readonly lag: boolean;
  /** Streams are lost one by one, as by expiry; otherwise all at once, as by an emulator's restart. */
  readonly expire: boolean;
  /** A process comes up with either of two settings, which all rows depend on. */
  readonly settings: boolean;
  readonly variants: readonly Variant[];
  /** The search stops, undecided, at this many states. */
  readonly stateLimit: number;
}

/** The largest search: a Map holds 2^24 keys at most. */
export const STATE_LIMIT = 12_000_000;

/** A configuration without faults, claims excepted; override what matters. `shapes` as 'AB,AA'. */
export function modelConfig(shapes: string, overrides: Partial<ModelConfig> = {}): ModelConfig {
  const records = shapes.split(',');
  return {
    shapes: records,
    rewrittenShapes: records,
    crashes: 0,
    streamLosses: 0,
    claims: 2,
    rebalances: 0,
    logFaults: 0,
    lag: false,
    expire: false,
    settings: false,
    variants: [],
    stateLimit: STATE_LIMIT,
    ...overrides,
  };
}

/** One line per problem; empty when the configuration can be checked. */
export function configProblems(config: ModelConfig): string[] {
  const problems: string[] = [];
  for (const shape of [...config.shapes, ...config.rewrittenShapes]) {
    if (!/^([AB]{1,4}|-)$/.test(shape)) problems.push(`record '${shape}': give 1 to 4 letters A or B, or '-'`);
  }
  if (config.shapes.length > 5) problems.push('shapes: at most 5 records');
  if (config.rewrittenShapes.length !== config.shapes.length) problems.push('rewrittenShapes: as many as shapes');
  for (const name of ['crashes', 'streamLosses', 'claims', 'rebalances', 'logFaults'] as const) {
    const value = config[name];
    if (!Number.isInteger(value) || value < 0 || value > 9) problems.push(`${name}: ${value} is not in 0 to 9`);
  }
  if (!(config.stateLimit >= 1 && config.stateLimit <= STATE_LIMIT)) {
    problems.push(`stateLimit: ${config.stateLimit} is not in 1 to ${STATE_LIMIT}`);
  }
  for (const variant of config.variants) {
    if (!VARIANTS.includes(variant)) problems.push(`variant '${variant}': give ${VARIANTS.join(', ')}`);
  }
  if (config.variants.includes('stalehistory') && !config.settings) problems.push('stalehistory: needs settings');
  return problems;
}
