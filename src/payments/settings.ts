/**
 * Settings: their defaults, the entry of a history that covers an offset, and their compiled form for the fold.
 * types.ts separates what is fixed at seeding from what may change. Returned settings are deep-frozen.
 */
import { requireDecimal } from './event/decimal.ts';
import { compileMapping } from './event/mapped/compile-mapping.ts';
import type { CompiledMapping } from './event/mapped/compiled-mapping.ts';
import { type CompiledFraudRules, compileFraudRules } from './fraud.ts';
import type { Rules } from './rules/rules.ts';
import type { DecisionSettings, FixedSettings, Nanos, SettingsEntry } from './types.ts';

/**
 * Fold versions that this release supports. Each settings entry names the version for its records. A change after which
 * the same records and settings give other rows needs a new version. The processor refuses a partition whose history
 * names a version that is not listed here.
 */
export const FOLD_VERSIONS = [1, 2, 3] as const;
export type FoldVersion = (typeof FOLD_VERSIONS)[number];
/** The version of new settings entries without rules. */
export const FOLD_VERSION: FoldVersion = 2;
/** The version of new settings entries with rules. */
export const RULES_FOLD_VERSION: FoldVersion = 3;

export function isKnownFoldVersion(version: number): version is FoldVersion {
  return (FOLD_VERSIONS as readonly number[]).includes(version);
}

const DAY_MS = 86_400_000;
/** BigQuery refuses rows older than ten years. Nine years leave a partition one year to run on its seed. */
const MIN_EVENT_TIME_DAYS = 9 * 365;
/** BigQuery's NUMERIC has 29 digits before the point. */
const MAX_NUMERIC: Nanos = 10n ** 38n - 1n;

export const DEFAULT_DECISION_SETTINGS: DecisionSettings = deepFreeze({
  watermarkDelayMs: 3_600_000,
  allowedSkewMs: 300_000,
  maxAmount: '1000000000000000',
  partitioner: 'any',
  fraud: {
    amountHigh: { over: '5000', points: 30 },
    amountMedium: { over: '1000', points: 15 },
    amountLowPoints: 5,
    countHigh: { over: 10, points: 40 },
    countMedium: { over: 5, points: 25 },
    devices: { over: 3, points: 15 },
    regionPoints: {
      'eu-west': 0,
      'us-east': 0,
      'us-west': 0,
      'ap-south': 5,
      'ap-southeast': 5,
      'sa-east': 10,
      africa: 10,
    },
    otherRegionPoints: 10,
    maxScore: 100,
    highRiskOver: 60,
  },
});

/** Defaults for a partition seeded at `nowMs`: the minimum event time is nine years before that day. */
export function defaultFixedSettings(nowMs: number): FixedSettings {
  return deepFreeze({
    idHorizonMs: 0,
    windowMs: 60_000,
    activitySpanMs: 300_000,
    minEventTimeMs: Math.floor(nowMs / DAY_MS) * DAY_MS - MIN_EVENT_TIME_DAYS * DAY_MS,
  });
}

/** Decision settings as the fold uses them. Compile them once per settings entry, not per record. */
export interface CompiledSettings {
  /** Decides how records are read and what is kept of rejected ones. */
  readonly foldVersion: FoldVersion;
  readonly watermarkDelayMs: number;
  readonly allowedSkewMs: number;
  readonly maxAmount: Nanos;
  /** `maxAmount` in nanos as a number, capped at the greatest safe integer. */
  readonly maxAmountNumber: number;
  readonly checkPartitioner: boolean;
  readonly fraud: CompiledFraudRules;
  /** How a record becomes a payment; null: it is the built-in event. */
  readonly mapping: CompiledMapping | null;
}

/** Compiles an entry of a history by its own fold version. */
export function compileEntry({ decision, foldVersion, rules }: SettingsEntry): CompiledSettings {
  return compileSettings(decision, foldVersion, rules?.rules ?? null);
}

/**
 * Throws a RangeError that names the setting or the role if one is unusable. `foldVersion` defaults to that of new entries; with
 * `rules` it is at least RULES_FOLD_VERSION.
 */
export function compileSettings(
  decision: DecisionSettings,
  foldVersion: number = FOLD_VERSION,
  rules: Rules | null = null,
): CompiledSettings {
  if (!isKnownFoldVersion(foldVersion)) {
    throw new RangeError(`foldVersion: ${foldVersion} is none of ${FOLD_VERSIONS.join(', ')}`);
  }
  requireWholeNumber(decision.watermarkDelayMs, 'watermarkDelayMs', 0);
  requireWholeNumber(decision.allowedSkewMs, 'allowedSkewMs', 0);
  const maxAmount = requireDecimal(decision.maxAmount, 'maxAmount');
  if (maxAmount <= 0n || maxAmount > MAX_NUMERIC) {
    throw new RangeError(`maxAmount: ${decision.maxAmount} must be over 0 and have at most 29 digits before the point`);
  }
  if (rules !== null && foldVersion < RULES_FOLD_VERSION)
    throw new RangeError(`foldVersion: ${foldVersion} has no rules; ${RULES_FOLD_VERSION} has`);
  return Object.freeze({
    foldVersion,
    watermarkDelayMs: decision.watermarkDelayMs,
    allowedSkewMs: decision.allowedSkewMs,
    maxAmount,
    maxAmountNumber: Math.min(Number(maxAmount), Number.MAX_SAFE_INTEGER),
    checkPartitioner: decision.partitioner === 'murmur2',
    fraud: deepFreeze(compileFraudRules(decision.fraud)),
    mapping: rules === null ? null : compileMapping(rules),
  });
}

/** Throws a RangeError that names the setting if the fold cannot work with it. */
export function requireFixedSettings(fixed: FixedSettings): void {
  requireWholeNumber(fixed.idHorizonMs, 'idHorizonMs', 0);
  requireWholeNumber(fixed.windowMs, 'windowMs', 1);
  requireWholeNumber(fixed.activitySpanMs, 'activitySpanMs', 1);
  requireWholeNumber(fixed.minEventTimeMs, 'minEventTimeMs', Number.MIN_SAFE_INTEGER);
}

/** The entry that covers `offset`: the last one that starts at or below it. Throws RangeError if none does. */
export function resolveEntry(history: readonly SettingsEntry[], offset: number): SettingsEntry {
  for (let index = history.length - 1; index >= 0; index -= 1) {
    const entry = history[index];
    if (entry !== undefined && entry.fromOffset <= offset) return entry;
  }
  throw new RangeError(
    `no settings entry covers offset ${offset}; the history starts at ${history[0]?.fromOffset ?? 'nothing'}`,
  );
}

/** Whether two settings decide alike. Compares values; the order of members does not count. */
export function sameDecisionSettings(left: DecisionSettings, right: DecisionSettings): boolean {
  return sameValue(left, right);
}

export function sameFixedSettings(left: FixedSettings, right: FixedSettings): boolean {
  return sameValue(left, right);
}

function sameValue(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  const leftMembers = new Map(Object.entries(left));
  const rightMembers = Object.entries(right);
  if (leftMembers.size !== rightMembers.length) return false;
  return rightMembers.every(([name, value]) => leftMembers.has(name) && sameValue(leftMembers.get(name), value));
}

function requireWholeNumber(value: number, name: string, min: number): void {
  if (!Number.isSafeInteger(value) || value < min) {
    throw new RangeError(`${name}: ${value} must be a whole number of at least ${min}`);
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}
