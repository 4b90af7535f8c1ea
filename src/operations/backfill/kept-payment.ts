/**
 * A payment out of the canonical JSON that a late row keeps of a mapped record (payments/event/event.ts writes it). The record's
 * own form and its rules' paths no longer matter: the members are the columns. What is read must give back the very text.
 */
import { type Column, memberOf, PAYMENT_COLUMNS, type PaymentColumn } from '../../payments/columns.ts';
import { formatDecimal, parseDecimalString } from '../../payments/event/decimal.ts';
import { canonicalJson, MAX_TEXT_LENGTH } from '../../payments/event/event.ts';
import type { FurtherColumn, FurtherType } from '../../payments/rules/rules.ts';
import type { Payment } from '../../payments/types.ts';

/** BigQuery's NUMERIC has 29 digits before the point and nine behind it. */
const NUMERIC_LIMIT = 10n ** 38n;
const TIMESTAMP_RANGE_MS = [-62_135_596_800_000, 253_402_300_799_999] as const;

/** Undefined where the text is not exactly what would be written of a payment with these further columns. */
export function keptPayment(payload: string, further: readonly FurtherColumn[]): Payment | undefined {
  const members = objectOf(payload);
  if (members === undefined) return undefined;
  const payment: Record<string, unknown> = {};
  for (const column of PAYMENT_COLUMNS as readonly PaymentColumn[]) {
    const member = members[memberOf(column)];
    const value = member === undefined && column.nullable ? undefined : valueOfMember(column, member);
    if (value === null) return undefined;
    if (value !== undefined) payment[column.field] = value;
  }
  if (members.columns !== undefined) {
    if (!areCanonical(members.columns, further)) return undefined;
    payment.further = members.columns;
  }
  return canonicalJson(payment as unknown as Payment) === payload ? (payment as unknown as Payment) : undefined;
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** null: not what a payment has there. */
function valueOfMember({ kind, name }: Column, member: unknown): string | number | bigint | null {
  if (kind === 'time') return Number.isSafeInteger(member) ? (member as number) : null;
  if (typeof member !== 'string') return null;
  if (kind === 'decimal') {
    const amount = parseDecimalString(member);
    return typeof amount === 'bigint' && amount > 0n && amount < NUMERIC_LIMIT ? amount : null;
  }
  if (name === 'currency') return /^[A-Z]{3}$/.test(member) ? member : null;
  return member.length > 0 && member.length <= MAX_TEXT_LENGTH && member.isWellFormed() ? member : null;
}

function areCanonical(values: unknown, columns: readonly FurtherColumn[]): values is Readonly<Record<string, string>> {
  if (!isObject(values)) return false;
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  const entries = Object.entries(values);
  return entries.length > 0 && entries.every(([name, value]) => isCanonical(types.get(name), value));
}

function isCanonical(type: FurtherType | undefined, text: unknown): boolean {
  if (type === undefined || typeof text !== 'string' || !text.isWellFormed()) return false;
  switch (type) {
    case 'bool':
      return text === 'true' || text === 'false';
    case 'int64':
      return isInteger(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
    case 'timestamp':
      return isInteger(text) && Number(text) >= TIMESTAMP_RANGE_MS[0] && Number(text) <= TIMESTAMP_RANGE_MS[1];
    case 'numeric': {
      const isNegative = text.startsWith('-');
      const magnitude = parseDecimalString(isNegative ? text.slice(1) : text);
      if (typeof magnitude !== 'bigint' || magnitude >= NUMERIC_LIMIT) return false;
      return formatDecimal(isNegative ? -magnitude : magnitude) === text;
    }
    case 'string':
      return true;
    case 'json':
      return isJson(text);
  }
}

function isInteger(text: string): boolean {
  return /^(0|-?[1-9][0-9]*)$/.test(text);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
