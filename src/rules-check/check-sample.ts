/**
 * What each record of a sample becomes by rules, or as the built-in event: judged as the fold reads it, each alone, so nothing is a
 * duplicate and nothing is late. Pure.
 */

import { PAYMENT_COLUMNS } from '../payments/columns.ts';
import { maskCardNumbers } from '../payments/event/card-numbers.ts';
import { formatDecimal } from '../payments/event/decimal.ts';
import { PaymentReader } from '../payments/event/payment-reader.ts';
import type { SchemaBook } from '../payments/event/schema/event-schema.ts';
import { Rejection } from '../payments/event/validation.ts';
import { recordTimeCondition } from '../payments/rules/record-time.ts';
import type { Rules } from '../payments/rules/rules.ts';
import type { CompiledSettings } from '../payments/settings.ts';
import type { Payment } from '../payments/types.ts';
import { NOT_A_PAYMENT, RejectionCount, type RejectionsOf } from '../processor/rejections.ts';
import { hintsOf } from './hints.ts';
import { type MissingPath, NOT_FOUND, PathsThere, pathsOf } from './paths.ts';
import { jsonOf, type SampleRecord } from './sample.ts';

export interface CheckedRecord {
  readonly partition: number;
  readonly offset: number;
  readonly becomes: 'payment' | 'rejected' | 'not_a_payment';
  readonly reason: string | null;
  /** By the names of columns of payment_transactions. Of a rejected record: what its row has. Card numbers are masked. */
  readonly values: Readonly<Record<string, string>>;
}

export interface CurrencySum {
  readonly currency: string;
  readonly payments: number;
  readonly total: string;
}

export interface SampleCheck {
  readonly records: readonly CheckedRecord[];
  readonly payments: number;
  readonly rejected: number;
  readonly notPayments: number;
  /** Most frequent first. */
  readonly reasons: readonly RejectionsOf[];
  /** Ascending by currency. */
  readonly sums: readonly CurrencySum[];
  /** Paths of the rules that no record has, and that records must have; in a large sample the optional ones too. */
  readonly missingPaths: readonly MissingPath[];
  /** Optional paths that no record of a small sample has: a note, since a later record may have them. */
  readonly absentPaths: readonly MissingPath[];
  /** What must hold besides for these rules to be exactly-once, in a sentence each. */
  readonly conditions: readonly string[];
  /** What is behind the reasons, and what to write in the rules; one sentence each. */
  readonly hints: readonly string[];
}

export interface CheckOptions {
  /** Undefined: the built-in event. */
  readonly rules?: Rules;
  /** Of these rules. */
  readonly settings: CompiledSettings;
  /** The same with `key: any`, for records whose key is not known. */
  readonly withoutKey: CompiledSettings;
  readonly partitionCount: number;
  readonly minEventTimeMs: number;
  /** Every schema that a record of the sample names and the rules do not reject. */
  readonly schemas?: SchemaBook | undefined;
  /** The values of records in Avro or Protobuf, one for each record, for hints (decode-sample.ts). Undefined where one cannot be read. */
  readonly values?: readonly unknown[] | undefined;
}

/** An optional path that this many records do not have is taken for a mistake. */
const OPTIONAL_EXPECTED_IN = 100;

export function checkSample(sample: readonly SampleRecord[], options: CheckOptions): SampleCheck {
  const records = sample.map((one) => checkRecord(one, options));
  const count = new RejectionCount();
  for (const { partition, offset, reason } of records) if (reason !== null) count.add(partition, offset, reason);
  const numberOf = (what: CheckedRecord['becomes']): number => records.filter(({ becomes }) => becomes === what).length;
  const missing = options.rules === undefined ? [] : missingIn(sample, options.rules);
  const judged = records.length - numberOf('not_a_payment');
  const isNote = ({ path, isOptional }: MissingPath): boolean =>
    isOptional && path !== NOT_FOUND && judged < OPTIONAL_EXPECTED_IN;
  return {
    records,
    payments: numberOf('payment'),
    rejected: numberOf('rejected'),
    notPayments: numberOf('not_a_payment'),
    reasons: count.counted(),
    sums: sumsOf(records),
    missingPaths: missing.filter((path) => !isNote(path)),
    absentPaths: missing.filter(isNote),
    conditions: [recordTimeCondition(options.rules)].filter((each) => each !== undefined),
    hints: hintsOf(
      sample.map((one, index) => ({ ...one, decoded: options.values?.[index] })),
      records,
      options.rules,
    ),
  };
}

/** Whether the rules may be used as they are: payments, no rejected record, and no path that is missing. Notes do not count. */
export function isClean({ payments, rejected, missingPaths }: SampleCheck): boolean {
  return payments > 0 && rejected === 0 && missingPaths.length === 0;
}

function checkRecord(one: SampleRecord, options: CheckOptions): CheckedRecord {
  const { partition, hasKey } = one;
  const { partitionCount, minEventTimeMs, schemas } = options;
  const record = hasKey || options.rules !== undefined ? one.record : { ...one.record, key: senderOf(one) };
  const place = { partition, partitionCount, minEventTimeMs, schemas };
  const reader = new PaymentReader(place);
  const read = reader.read(record, hasKey ? options.settings : options.withoutKey);
  const at = { partition, offset: record.offset };
  if (read instanceof Rejection) {
    const values: Record<string, string> = {};
    if (read.transactionId !== null) values.transaction_id = maskCardNumbers(read.transactionId);
    if (read.eventTimeMs !== null) values.event_time = timeText(read.eventTimeMs);
    const becomes = read.code === NOT_A_PAYMENT ? 'not_a_payment' : 'rejected';
    return { ...at, becomes, reason: read.reason, values };
  }
  return { ...at, becomes: 'payment', reason: null, values: valuesOf(read.toPayment()) };
}

/** The key that a record of the built-in event must have, for one whose key the sample does not say. */
function senderOf(one: SampleRecord): Buffer | null {
  const value = jsonOf(one) as { readonly sender_account_id?: unknown } | null | undefined;
  const sender = value?.sender_account_id;
  return typeof sender === 'string' ? Buffer.from(sender) : one.record.key;
}

function valuesOf(payment: Payment): Record<string, string> {
  const fields = payment as unknown as Readonly<Record<string, string | number | bigint | undefined>>;
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(payment.further ?? {})) values[name] = maskCardNumbers(value);
  for (const { name, kind, field } of PAYMENT_COLUMNS) {
    const value = fields[field];
    if (value === undefined || value === '') continue;
    if (kind === 'decimal') values[name] = formatDecimal(value as bigint);
    else values[name] = kind === 'time' ? timeText(value as number) : maskCardNumbers(String(value));
  }
  return values;
}

function timeText(timeMs: number): string {
  return Number.isNaN(new Date(timeMs).getTime()) ? String(timeMs) : new Date(timeMs).toISOString();
}

function sumsOf(records: readonly CheckedRecord[]): CurrencySum[] {
  const sums = new Map<string, { payments: number; nanos: bigint }>();
  for (const { becomes, values } of records) {
    if (becomes !== 'payment') continue;
    const sum = sums.get(values.currency!) ?? { payments: 0, nanos: 0n };
    sum.payments += 1;
    sum.nanos += nanosOf(values.amount!);
    sums.set(values.currency!, sum);
  }
  return [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, { payments, nanos }]) => ({ currency, payments, total: formatDecimal(nanos) }));
}

/** Of a text that formatDecimal wrote. */
function nanosOf(text: string): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** Only formats whose names stand in the records: of Avro and Protobuf the schema has them. */
function missingIn(sample: readonly SampleRecord[], rules: Rules): MissingPath[] {
  const isJson = rules.event.format === 'json' || rules.event.format === 'json-schema';
  const there = new PathsThere();
  for (const one of sample) there.add(jsonOf(one));
  const hasKeys = sample.some(({ hasKey }) => hasKey);
  return pathsOf(rules).flatMap((used) => {
    const { path } = used;
    if (path.startsWith('/')) return !isJson || there.has(path) ? [] : [{ ...used, nearest: there.nearest(path) }];
    if (path === 'key') {
      const isThere = !hasKeys || sample.some(({ record }) => record.key !== null);
      return isThere ? [] : [{ ...used, nearest: [] }];
    }
    if (!path.startsWith('header:')) return [];
    const name = path.slice('header:'.length);
    return sample.some(({ record }) => (record.header?.(name) ?? null) !== null) ? [] : [{ ...used, nearest: [] }];
  });
}
