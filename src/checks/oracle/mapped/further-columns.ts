/** The further columns of payment_transactions: each is a text in its canonical form, or NULL. */
import { FIELD_LENGTH_MAX, TIMESTAMP_MAX_MS } from '../event-rules.ts';
import { billionths, decimalText } from '../money.ts';
import { withoutBlanks } from './json-places.ts';
import { type MappedValue, scaledLiteral, wholeNumber } from './mapped-value.ts';
import type { ColumnRule } from './oracle-rules.ts';
import { SCALE_MAX } from './roles.ts';
import { twosComplement } from './text-forms.ts';
import { readTime } from './times.ts';

const STRING_UNITS_MAX = 4_096;
const JSON_BYTES_MAX = 16_384;
const ROW_BYTES_MAX = 65_536;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
/** 29 digits before the point, in billionths. */
const NUMERIC_LIMIT = 10n ** 38n;
const TIMESTAMP_MIN_MS = Date.parse('0001-01-01T00:00:00.000Z');

export type ReadColumns =
  /** Those that are not NULL, by name. */
  | { readonly columns: Readonly<Record<string, string>>; readonly invalid: null }
  | { readonly columns: null; readonly invalid: string };

export function readColumns(rules: readonly ColumnRule[], at: (path: string) => MappedValue): ReadColumns {
  const columns: [string, string][] = [];
  let bytes = 0;
  for (const rule of rules) {
    const value = at(rule.path);
    if (value.is === 'missing') continue;
    const text = columnText(rule, value);
    bytes += text === null ? 0 : Buffer.byteLength(text);
    if (text === null || bytes > ROW_BYTES_MAX) return { columns: null, invalid: rule.name };
    columns.push([rule.name, text]);
  }
  return { columns: Object.fromEntries(columns), invalid: null };
}

/** Null where the value is none of the type. */
function columnText({ type, timeType }: ColumnRule, value: MappedValue): string | null {
  switch (type) {
    case 'string':
      if (value.is !== 'text' || value.text.length > STRING_UNITS_MAX) return null;
      return value.text.isWellFormed() ? value.text : null;
    case 'int64': {
      const number = signedDigits(value) ?? wholeNumber(value);
      return number === null || number < INT64_MIN || number > INT64_MAX ? null : String(number);
    }
    case 'numeric': {
      const size = numericOf(value);
      return size === null || size <= -NUMERIC_LIMIT || size >= NUMERIC_LIMIT ? null : decimalText(size);
    }
    case 'timestamp': {
      const time = readTime(value, timeType);
      if (time === null || time.isFiner || time.ms < TIMESTAMP_MIN_MS || time.ms > TIMESTAMP_MAX_MS) return null;
      return String(time.ms);
    }
    case 'bool':
      return value.is === 'truth' ? String(value.truth) : null;
    case 'json':
      return jsonText(value);
    default:
      return type satisfies never;
  }
}

/** A text of digits, perhaps with a minus; zeros before it do not count. */
function signedDigits(value: MappedValue): bigint | null {
  const [, minus, digits] = (value.is === 'text' ? /^(-?)0*([0-9]{1,20})$/.exec(value.text) : null) ?? [];
  return digits === undefined ? null : BigInt(`${minus}${digits}`);
}

/** In billionths. */
function numericOf(value: MappedValue): bigint | null {
  if (value.is === 'number') {
    const scaled = scaledLiteral(value.source);
    if (scaled === null) return null;
    const { sign, digits, exponent } = scaled;
    const places = exponent + 9;
    if (places < 0 || digits.length + places > 38) return null;
    return digits === '' ? 0n : sign * BigInt(digits + '0'.repeat(places));
  }
  if (value.is === 'integer') return value.value * 1_000_000_000n;
  if (value.is === 'bytes' && value.scale !== undefined) {
    const unscaled = twosComplement(value.bytes);
    if (unscaled === null || value.scale > SCALE_MAX) return null;
    const over = unscaled * 1_000_000_000n;
    const under = 10n ** BigInt(value.scale);
    return over % under === 0n ? over / under : null;
  }
  const isDecimal =
    value.is === 'text' && value.text.length <= FIELD_LENGTH_MAX && /^-?0*[0-9]{1,29}(\.[0-9]{1,9})?$/.test(value.text);
  return isDecimal ? billionths(value.text) : null;
}

/** Any JSON value, as it is written, without blanks between tokens. */
function jsonText(value: MappedValue): string | null {
  const source = value.is === 'truth' ? String(value.truth) : 'source' in value ? value.source : undefined;
  if (source === undefined) return null;
  const text = withoutBlanks(source);
  return Buffer.byteLength(text) <= JSON_BYTES_MAX ? text : null;
}
