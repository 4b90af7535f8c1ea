/**
 * Rules as the checkers read them: from the canonical text of the table `rules` (a rules file as JSON, every default filled in),
 * whose digest has been checked. A text with that digest was written by a release that had checked it, so what is looked at here
 * is only whether this release can judge by it.
 */
import type { DecisionRules } from '../../inputs/verify-inputs.ts';
import { TEXT_FIELDS } from '../event-rules.ts';

export type SourcePath = string;

export interface TextRule {
  readonly path: SourcePath | undefined;
  readonly constant: string | undefined;
  /** Takes a whole number instead of a text. */
  readonly isInteger: boolean;
  readonly isTrimmed: boolean;
  readonly isUppercased: boolean;
}

export interface AmountRule {
  readonly path: SourcePath;
  readonly minorUnits: 'currency' | number | undefined;
  readonly decimalBytes: number | 'schema' | 'variable' | undefined;
  /** Bytes are then texts in base64. */
  readonly isOfJson: boolean;
}

export type TimeType = 'epoch_ms' | 'epoch_s' | 'epoch_us' | 'epoch_ns' | 'iso8601';

export interface TimeRule {
  readonly path: SourcePath;
  readonly type: TimeType;
  readonly isRoundedDown: boolean;
}

export type KeyRule = 'sender' | 'transaction' | 'any' | { readonly path: SourcePath };

export type TextRoleName = (typeof TEXT_FIELDS)[number];

export interface ColumnRule {
  readonly name: string;
  readonly path: SourcePath;
  readonly type: 'string' | 'int64' | 'numeric' | 'timestamp' | 'bool' | 'json';
  readonly timeType: TimeType;
}

export interface EventRules {
  readonly format: 'json' | 'json-schema' | 'avro' | 'protobuf';
  readonly select: readonly { readonly path: SourcePath; readonly in: readonly string[] }[];
  readonly key: KeyRule;
  readonly rejectSchemaIds: readonly number[];
  readonly keepRejectedPayload: boolean;
  readonly texts: { readonly [R in TextRoleName]?: TextRule };
  readonly amount: AmountRule;
  readonly timestamp: TimeRule;
}

export interface OracleRules {
  readonly revision: number;
  readonly event: EventRules;
  readonly columns: readonly ColumnRule[];
  readonly fraud: FraudRules;
}

type FraudRules = DecisionRules['fraud'];

/** A part of a text: members by their names in a rules file. */
interface Members {
  readonly [name: string]: unknown;
}

const FORMATS: readonly unknown[] = ['json', 'json-schema', 'avro', 'protobuf'];
const HELD = new Map<string, OracleRules>();
const HELD_MAX = 100;

/** Throws a TypeError where the text is none that this release can judge by. */
export function readRulesText(text: string): OracleRules {
  const held = HELD.get(text);
  if (held !== undefined) return held;
  const { revision, event, columns = [], fraud } = JSON.parse(text) as Record<string, unknown>;
  if (!isMembers(event) || !isMembers(fraud) || !FORMATS.includes(event.format)) throw unknownRules();
  const rules: OracleRules = {
    revision: revision as number,
    event: eventOf(event),
    columns: (columns as Members[]).map(columnOf),
    fraud: fraudOf(fraud),
  };
  if (HELD.size < HELD_MAX) HELD.set(text, rules);
  return rules;
}

function eventOf(event: Members): EventRules {
  const { format, select, key, reject_schema_ids, keep_rejected_payload, amount, timestamp } = event;
  if (!isMembers(amount) || !isMembers(timestamp)) throw unknownRules();
  const texts = TEXT_FIELDS.filter((role) => event[role] !== undefined).map((role) => [role, textOf(event[role])]);
  return {
    format: format as EventRules['format'],
    select: select as EventRules['select'],
    key: key as KeyRule,
    rejectSchemaIds: reject_schema_ids as number[],
    keepRejectedPayload: keep_rejected_payload as boolean,
    texts: Object.fromEntries(texts),
    amount: {
      path: amount.path as string,
      minorUnits: amount.minor_units as AmountRule['minorUnits'],
      decimalBytes: amount.decimal_bytes as AmountRule['decimalBytes'],
      isOfJson: format === 'json' || format === 'json-schema',
    },
    timestamp: {
      path: timestamp.path as string,
      type: timestamp.type as TimeType,
      isRoundedDown: timestamp.finer_than_ms === 'round_down',
    },
  };
}

function textOf(role: unknown): TextRule {
  if (!isMembers(role)) throw unknownRules();
  const { path, const: constant, type, trim, uppercase } = role;
  return {
    path: path as string | undefined,
    constant: constant as string | undefined,
    isInteger: type === 'integer',
    isTrimmed: trim === true,
    isUppercased: uppercase === true,
  };
}

function columnOf({ name, path, type, time_type }: Members): ColumnRule {
  return {
    name: name as string,
    path: path as string,
    type: type as ColumnRule['type'],
    timeType: (time_type ?? 'epoch_ms') as TimeType,
  };
}

function fraudOf(fraud: Members): FraudRules {
  return {
    amountHigh: fraud.amount_high as FraudRules['amountHigh'],
    amountMedium: fraud.amount_medium as FraudRules['amountMedium'],
    amountLowPoints: fraud.amount_low_points as number,
    countHigh: fraud.count_high as FraudRules['countHigh'],
    countMedium: fraud.count_medium as FraudRules['countMedium'],
    devices: fraud.devices as FraudRules['devices'],
    regionPoints: fraud.region_points as FraudRules['regionPoints'],
    otherRegionPoints: fraud.other_region_points as number,
    maxScore: fraud.max_score as number,
    highRiskOver: fraud.high_risk as number,
    ...(fraud.activity === 'off' ? { activity: 'off' } : {}),
  };
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unknownRules(): TypeError {
  return new TypeError('the text is not that of rules which this release knows');
}

/** Every place in the decoded value at which something is looked for. */
export function pointersOf({ event, columns }: OracleRules): string[] {
  const { select, key, texts, amount, timestamp } = event;
  const variable = amount.decimalBytes === 'variable' ? ['/scale', '/value'].map((step) => amount.path + step) : [];
  const paths = [
    ...select.map(({ path }) => path),
    ...(typeof key === 'object' ? [key.path] : []),
    ...TEXT_FIELDS.flatMap((role) => texts[role]?.path ?? []),
    ...[amount.path, ...variable, timestamp.path],
    ...columns.map(({ path }) => path),
  ];
  return paths.filter((path) => path.startsWith('/'));
}

/** The steps of a JSON Pointer (RFC 6901). */
export function stepsOf(pointer: string): string[] {
  const steps = pointer.split('/').slice(1);
  return steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/**
 * What a later entry of a history never changes: the key, where the required roles come from and as what, and what is made of the
 * letters of the two ids.
 */
export function fixedPartOf({ event }: OracleRules): unknown {
  const { key, texts, amount, timestamp } = event;
  const sourceOf = (role: TextRoleName): unknown[] => {
    const rule = texts[role];
    return [rule?.path ?? null, rule?.constant ?? null, rule?.isInteger === true];
  };
  const idOf = (role: 'transaction_id' | 'sender_account_id'): unknown[] => {
    const rule = texts[role];
    return [...sourceOf(role), rule?.isTrimmed === true, rule?.isUppercased === true];
  };
  return {
    key,
    transaction_id: idOf('transaction_id'),
    sender_account_id: idOf('sender_account_id'),
    currency: sourceOf('currency'),
    amount: [amount.path, amount.minorUnits ?? null, amount.decimalBytes ?? null],
    timestamp: [timestamp.path, timestamp.type],
  };
}

/** The same of the built-in event. */
export const BUILT_IN_FIXED: unknown = {
  key: 'sender',
  transaction_id: ['/transaction_id', null, false, false, false],
  sender_account_id: ['/sender_account_id', null, false, false, false],
  currency: ['/currency', null, false],
  amount: ['/amount', null, null],
  timestamp: ['/timestamp', 'epoch_ms'],
};
