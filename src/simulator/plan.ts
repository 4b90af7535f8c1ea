/**
 * The dials of a simulation, resolved into a plan without defaults. The generator reads no clock, so a plan (plain
 * JSON) replays to the same bytes.
 */
import { ConfigurationError } from '../base/errors.ts';

/** Kinds of malformed records; each leads to the reason code of the same name. */
export const MALFORMED_KINDS = [
  'no_value',
  'value_too_large',
  'byte_order_mark',
  'schema_registry_format',
  'compressed_value',
  'binary_format',
  'not_utf8',
  'not_json',
  'not_an_object',
  'duplicate_member',
  'field_missing',
  'field_invalid',
  'amount_not_exact',
  'amount_out_of_range',
  'event_time_too_old',
  'key_not_sender',
  'key_wrong_partition',
] as const;
export type MalformedKind = (typeof MALFORMED_KINDS)[number];

/**
 * Where a copy falls. `near`: up to 16 payments after its original (mostly one batch); `across`: 500 to 8,000 after;
 * `inside`: just before the watermark reaches it (a duplicate); `past`: just after (late).
 */
export const COPY_DISTANCES = ['near', 'across', 'inside', 'past'] as const;
export type CopyDistance = (typeof COPY_DISTANCES)[number];

export interface SimulationPlan {
  readonly seed: number;
  /** Prefix of every transaction id: runs with different prefixes never share ids. */
  readonly idPrefix: string;
  /** Total number of records, including copies and malformed ones. */
  readonly count: number;
  /** Records per second; 0: as fast as possible. */
  readonly ratePerSecond: number;
  readonly partitions: number;
  readonly baseTimeMs: number;
  /** Event time that the whole run covers, from baseTimeMs on. */
  readonly spanMs: number;
  /** An event time lies up to this much before its place in the span. Keep it below the watermark delay. */
  readonly jitterMs: number;
  /** The processor's setting: decides where `inside`, `past` and late records fall. */
  readonly watermarkDelayMs: number;
  /** Future records have event times from here on: past the last send plus the allowed skew. */
  readonly futureFromMs: number;
  /** Share of copies among all records. */
  readonly duplicateShare: number;
  /** Share of copies with another amount or device under the same id. */
  readonly changedShare: number;
  readonly distances: readonly CopyDistance[];
  readonly lateShare: number;
  readonly lateByMs: number;
  readonly futureShare: number;
  readonly malformedShare: number;
  readonly malformedKinds: readonly MalformedKind[];
  readonly missingKeyShare: number;
  readonly accounts: number;
  readonly hotAccounts: number;
  /** Share of payments sent by the hot accounts. */
  readonly hotShare: number;
  readonly devicesPerAccount: number;
  readonly currencies: readonly string[];
  readonly regions: readonly string[];
}

export type SimulationDials = Partial<SimulationPlan>;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * Only on request: a broker refuses a value over 1 MiB unless its topic allows it, and a sender in two partitions
 * breaks the input conditions unless the processor runs with `partitioner: murmur2`.
 */
const KINDS_ON_REQUEST: readonly MalformedKind[] = ['value_too_large', 'key_wrong_partition'];

/** The plan for these dials at this time. Throws ConfigurationError, one line per wrong dial. */
export function resolvePlan(dials: SimulationDials, nowMs: number): SimulationPlan {
  const spanMs = dials.spanMs ?? HOUR_MS;
  const baseTimeMs = dials.baseTimeMs ?? nowMs - spanMs;
  const count = dials.count ?? 10_000;
  const ratePerSecond = dials.ratePerSecond ?? 0;
  const seed = dials.seed ?? 1;
  const sendingMs = ratePerSecond > 0 ? (count / ratePerSecond) * 1000 : 0;
  const plan: SimulationPlan = {
    seed,
    idPrefix: `txn-${seed}`,
    count,
    ratePerSecond,
    partitions: 4,
    baseTimeMs,
    spanMs,
    jitterMs: 30_000,
    watermarkDelayMs: HOUR_MS,
    futureFromMs: Math.ceil(Math.max(nowMs, baseTimeMs + spanMs) + sendingMs + 24 * HOUR_MS),
    duplicateShare: 0.03,
    changedShare: 0.2,
    distances: COPY_DISTANCES,
    lateShare: 0.01,
    lateByMs: 10 * MINUTE_MS,
    futureShare: 0.001,
    malformedShare: 0.002,
    malformedKinds: MALFORMED_KINDS.filter((kind) => !KINDS_ON_REQUEST.includes(kind)),
    missingKeyShare: 0.0005,
    accounts: 2_000,
    hotAccounts: 4,
    hotShare: 0.1,
    devicesPerAccount: 3,
    currencies: ['USD', 'EUR', 'GBP', 'INR'],
    regions: ['eu-west', 'us-east', 'us-west', 'ap-south', 'sa-east', 'africa', 'me-central'],
    ...withoutUndefined(dials),
  };
  const problems = problemsOf(plan);
  if (problems.length > 0) throw new ConfigurationError(problems);
  return Object.freeze(plan);
}

function withoutUndefined(dials: SimulationDials): SimulationDials {
  return Object.fromEntries(Object.entries(dials).filter(([, value]) => value !== undefined));
}

function problemsOf(plan: SimulationPlan): string[] {
  const problems: string[] = [];
  const demand = (holds: boolean, name: keyof SimulationPlan, rule: string): void => {
    if (!holds) problems.push(`simulate: ${name} must be ${rule}, not ${JSON.stringify(plan[name])}`);
  };
  for (const name of ['partitions', 'accounts', 'devicesPerAccount'] as const)
    demand(Number.isInteger(plan[name]) && plan[name] >= 1 && plan[name] <= 10_000_000, name, 'an integer from 1 on');
  for (const name of ['seed', 'count', 'baseTimeMs', 'futureFromMs'] as const)
    demand(Number.isSafeInteger(plan[name]) && plan[name] >= 0, name, 'an integer from 0 on');
  for (const name of ['spanMs', 'jitterMs', 'watermarkDelayMs', 'lateByMs', 'ratePerSecond'] as const)
    demand(Number.isFinite(plan[name]) && plan[name] >= 0, name, '0 or more');
  const shares = ['duplicateShare', 'lateShare', 'futureShare', 'malformedShare', 'missingKeyShare'] as const;
  for (const name of [...shares, 'changedShare', 'hotShare'] as const)
    demand(plan[name] >= 0 && plan[name] <= 1, name, 'a share from 0 to 1');
  demand(plan.hotAccounts >= 0 && plan.hotAccounts <= plan.accounts, 'hotAccounts', 'from 0 to accounts');
  demand(plan.hotShare === 0 || plan.hotAccounts > 0, 'hotAccounts', 'at least 1 where hotShare is set');
  for (const name of ['currencies', 'regions', 'distances'] as const) demand(plan[name].length > 0, name, 'not empty');
  demand(plan.malformedShare === 0 || plan.malformedKinds.length > 0, 'malformedKinds', 'not empty');
  const sum = shares.reduce((total, name) => total + plan[name], 0);
  if (sum > 1) problems.push(`simulate: the shares of special records add up to ${sum}; they must leave some of 1`);
  return problems;
}
