/**
 * Reads the further columns of a payment: each a text in canonical form, or NULL. A value of another type, or one that is too large,
 * rejects the record.
 */
import type { TimeType } from '../../../rules/rules.ts';
import { formatDecimal, parseDecimalLiteral, parseDecimalString } from '../../decimal.ts';
import { MAX_TEXT_LENGTH } from '../../event.ts';
import { type FurtherValues, NULL_TEXT } from '../../further-values.ts';
import { MAX_COLUMNS_BYTES, MAX_JSON_COLUMN_BYTES } from '../compile-mapping.ts';
import { type CompiledColumn, type CompiledMapping, TRUE_FALSE } from '../compiled-mapping.ts';
import { NO_SCALE, type PathValues, VALUE_KIND } from '../path-values.ts';
import { MAX_SCALE, readUnscaled, UNREADABLE } from './decimal-bytes.ts';
import { RoleTime } from './role-time.ts';
import { FOUND, isCanonicalWhole, isDigit, putAscii, sourceOf, unitsOf, wholeNumberOf } from './value-text.ts';

const MAX_STRING_UNITS = 4_096;
const MAX_STRING_BYTES = 3 * MAX_STRING_UNITS;
/** BigQuery's NUMERIC: 29 digits before the point, nine behind. */
const NUMERIC_LIMIT = 10n ** 38n;
const NANO_DECIMALS = 9;
const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;
/** Every whole number of this many characters fits 64 bits. */
const SAFE_INT64_BYTES = 18;
/** 0001-01-01 to the end of 9999-12-31. */
const MIN_TIMESTAMP_MS = -62_135_596_800_000;
const MAX_TIMESTAMP_MS = 253_402_300_799_999;
const TRUE_END = TRUE_FALSE.indexOf('false');

const QUOTE = 0x22;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const BACKSLASH = 0x5c;

export class FurtherReader {
  readonly #columns: readonly CompiledColumn[];
  readonly #names: readonly string[];
  readonly #time = new RoleTime();
  #start = 0;
  #end = 0;

  constructor({ columns, further }: Pick<CompiledMapping, 'columns' | 'further'>) {
    this.#columns = columns;
    this.#names = further.map(({ name }) => name);
  }

  /** Sets the columns of a payment. Returns the name of the first column whose value cannot be taken. */
  read(values: PathValues, into: FurtherValues): string | undefined {
    const { starts, ends } = into;
    into.scratch = values.scratch;
    let left = MAX_COLUMNS_BYTES;
    for (let index = 0; index < this.#columns.length; index += 1) {
      const column = this.#columns[index] as CompiledColumn;
      if (values.kinds[column.path] === VALUE_KIND.missing) {
        starts[index] = NULL_TEXT;
        continue;
      }
      if (!this.#readColumn(column, values)) return this.#names[index];
      left -= this.#end - this.#start;
      if (left < 0) return this.#names[index];
      starts[index] = this.#start;
      ends[index] = this.#end;
    }
    return undefined;
  }

  #readColumn({ path, type, time }: CompiledColumn, values: PathValues): boolean {
    this.#start = values.starts[path] as number;
    this.#end = values.ends[path] as number;
    const kind = values.kinds[path];
    switch (type) {
      case 'string':
        return kind === VALUE_KIND.text && this.#isShort(values.scratch.bytes);
      case 'int64':
        return this.#readInt64(values, path);
      case 'numeric':
        return this.#readNumeric(values, path);
      case 'timestamp':
        return this.#time.read(time, values) === FOUND && this.#setTime(time.type, values);
      case 'bool':
        if (kind !== VALUE_KIND.true && kind !== VALUE_KIND.false) return false;
        this.#start = kind === VALUE_KIND.true ? 0 : TRUE_END;
        this.#end = kind === VALUE_KIND.true ? TRUE_END : TRUE_FALSE.length;
        return true;
      case 'json':
        return this.#readJson(values, path);
    }
  }

  #isShort(bytes: Buffer): boolean {
    const byteLength = this.#end - this.#start;
    if (byteLength <= MAX_STRING_UNITS) return true;
    return byteLength <= MAX_STRING_BYTES && unitsOf(bytes, this.#start, this.#end) <= MAX_STRING_UNITS;
  }

  #readInt64(values: PathValues, path: number): boolean {
    const kind = values.kinds[path];
    const isText = kind === VALUE_KIND.text;
    if (!isText && kind !== VALUE_KIND.number && kind !== VALUE_KIND.integer) return false;
    const { bytes } = values.scratch;
    if (this.#end - this.#start <= SAFE_INT64_BYTES && isCanonicalWhole(bytes, this.#start, this.#end)) return true;
    const whole = isText ? wholeText(bytes, this.#start, this.#end) : wholeNumberOf(values, path);
    if (whole === undefined) return false;
    const value = BigInt(whole);
    if (value < MIN_INT64 || value > MAX_INT64) return false;
    this.#put(values, String(value));
    return true;
  }

  #readNumeric(values: PathValues, path: number): boolean {
    const { bytes } = values.scratch;
    const kind = values.kinds[path];
    let nanos: bigint | string;
    if (kind === VALUE_KIND.bytes) nanos = this.#scaledBytes(values, path);
    else if (kind === VALUE_KIND.text || kind === VALUE_KIND.number || kind === VALUE_KIND.integer) {
      if (isShortestDecimal(bytes, this.#start, this.#end)) return true;
      nanos =
        kind === VALUE_KIND.text
          ? signedDecimal(bytes, this.#start, this.#end)
          : parseDecimalLiteral(sourceOf(values, path));
    } else return false;
    if (typeof nanos === 'string' || nanos <= -NUMERIC_LIMIT || nanos >= NUMERIC_LIMIT) return false;
    this.#put(values, formatDecimal(nanos));
    return true;
  }

  /** A decimal of Avro, by its schema's scale. */
  #scaledBytes(values: PathValues, path: number): bigint | typeof UNREADABLE {
    const scale = values.scales[path] as number;
    const unscaled = readUnscaled(values, path);
    if (scale === NO_SCALE || scale > MAX_SCALE || unscaled === UNREADABLE) return UNREADABLE;
    if (scale <= NANO_DECIMALS) return BigInt(unscaled) * 10n ** BigInt(NANO_DECIMALS - scale);
    const divisor = 10n ** BigInt(scale - NANO_DECIMALS);
    return BigInt(unscaled) % divisor === 0n ? BigInt(unscaled) / divisor : UNREADABLE;
  }

  #setTime(type: TimeType, values: PathValues): boolean {
    const { ms, isExact } = this.#time;
    if (!isExact || ms < MIN_TIMESTAMP_MS || ms > MAX_TIMESTAMP_MS) return false;
    const isHeld = type === 'epoch_ms' && isCanonicalWhole(values.scratch.bytes, this.#start, this.#end);
    if (!isHeld) this.#put(values, String(ms));
    return true;
  }

  #readJson(values: PathValues, path: number): boolean {
    const { source } = values;
    const end = values.sourceEnds[path] as number;
    const bytes = values.scratch.bytes;
    const first = values.end;
    const limit = first + MAX_JSON_COLUMN_BYTES;
    let to = first;
    let inText = false;
    for (let at = values.sourceStarts[path] as number; at < end; at += 1) {
      const byte = source[at] as number;
      if (inText) {
        if (byte === BACKSLASH) {
          if (to >= limit) return false;
          bytes[to] = byte;
          to += 1;
          at += 1;
        } else if (byte === QUOTE) inText = false;
      } else if (byte === QUOTE) inText = true;
      else if (byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)) continue;
      if (to >= limit) return false;
      bytes[to] = source[at] as number;
      to += 1;
    }
    values.take(to - first);
    this.#start = first;
    this.#end = to;
    return true;
  }

  #put(values: PathValues, text: string): void {
    this.#start = putAscii(values, text);
    this.#end = values.end;
  }
}

/** A whole number as a text: an optional minus and digits. */
function wholeText(bytes: Buffer, start: number, end: number): string | undefined {
  const text = bytes.toString('latin1', start, end);
  if (!/^-?[0-9]+$/.test(text)) return undefined;
  const digits = text.replace(/^(-?)0+(?=[0-9])/, '$1');
  return digits.length > MAX_TEXT_LENGTH ? undefined : digits;
}

/** A decimal as a text: an optional minus, then the text of an amount. */
function signedDecimal(bytes: Buffer, start: number, end: number): bigint | string {
  if (end - start > MAX_TEXT_LENGTH) return 'malformed';
  const text = bytes.toString('latin1', start, end);
  const isNegative = text.startsWith('-');
  const parsed = parseDecimalString(isNegative ? text.slice(1) : text);
  return typeof parsed === 'bigint' && isNegative ? -parsed : parsed;
}

/** Whether it is a decimal in its shortest form, of the usual size: no zeros at its ends, no exponent. */
function isShortestDecimal(bytes: Buffer, start: number, end: number): boolean {
  const first = bytes[start] === MINUS ? start + 1 : start;
  let at = first;
  while (at < end && isDigit(bytes[at])) at += 1;
  const digits = at - first;
  if (digits === 0 || digits > SAFE_INT64_BYTES || (digits > 1 && bytes[first] === ZERO)) return false;
  if (at === end) return first === start || bytes[first] !== ZERO;
  if (bytes[at] !== POINT) return false;
  const fraction = at + 1;
  at = fraction;
  while (at < end && isDigit(bytes[at])) at += 1;
  return at === end && end > fraction && end - fraction <= NANO_DECIMALS && bytes[end - 1] !== ZERO;
}
