/**
 * Reads the amount of a payment in one of its forms. The usual sizes are read as numbers that are exact; everything else as bigints,
 * with the same result.
 */
import type { ReasonCode } from '../../../types.ts';
import { parseDecimalLiteral, parseDecimalString } from '../../decimal.ts';
import { MAX_TEXT_LENGTH } from '../../event.ts';
import { type Amount, amountOf } from '../../payment-bytes.ts';
import type { CompiledAmount } from '../compiled-mapping.ts';
import { NO_SCALE, type PathValues, VALUE_KIND } from '../path-values.ts';
import { MAX_SCALE, readUnscaled, UNREADABLE } from './decimal-bytes.ts';
import { minorUnitDecimals } from './minor-units.ts';
import {
  FOUND,
  INVALID,
  isDigit,
  isDigitText,
  MAX_WHOLE_DIGITS,
  MISSING,
  numberOfDigits,
  type Outcome,
  sourceOf,
  unitsOf,
  wholeNumberOf,
} from './value-text.ts';

const NANO_DECIMALS = 9;
const POWERS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
/** Up to this many digits of whole units, the amount in nanos is a safe integer. */
const MAX_UNIT_DIGITS = 6;
/** Any number of this many digits is a safe integer. */
const SAFE_DIGITS = 15;
const POINT = 0x2e;

export class RoleAmount {
  /** In nanos. */
  amount: Amount = 0;
  /** Why a well-formed amount cannot be taken; looked at after all roles. */
  problem: ReasonCode | null = null;
  /** Whole minor units whose decimals the currency says: finish() makes an amount of them. */
  #minorUnits: Amount | null = null;

  read(role: CompiledAmount, values: PathValues): Outcome {
    this.amount = 0;
    this.problem = null;
    this.#minorUnits = null;
    const { path, form } = role;
    const kind = values.kinds[path];
    if (kind === VALUE_KIND.missing) return MISSING;
    if (form === 'decimal') return this.#readDecimal(values, path);
    if (form === 'minor_units') return this.#readMinorUnits(role, values);
    if (form === 'decimal_bytes') return this.#readBytes(role, values, path, role.scale);
    if (kind !== VALUE_KIND.object) return INVALID;
    const scale = wholeNumberOf(values, role.scalePath);
    if (scale === undefined || !/^[0-9]{1,2}$/.test(scale) || Number(scale) > MAX_SCALE) return INVALID;
    return this.#readBytes(role, values, role.valuePath, Number(scale));
  }

  /** To be called when the currency is known: its three capitals begin at `currencyAt`. */
  finish(values: PathValues, currencyAt: number): void {
    if (this.#minorUnits === null) return;
    const decimals = minorUnitDecimals(values.scratch.bytes, currencyAt);
    if (decimals < 0) this.problem = 'currency_unknown';
    else this.#setScaled(this.#minorUnits, decimals);
  }

  #readDecimal(values: PathValues, path: number): Outcome {
    const kind = values.kinds[path];
    const isText = kind === VALUE_KIND.text;
    if (!isText && kind !== VALUE_KIND.number && kind !== VALUE_KIND.integer) return INVALID;
    const start = values.starts[path] as number;
    const end = values.ends[path] as number;
    const { bytes } = values.scratch;
    if (this.#readPlain(bytes, start, end)) return FOUND;
    if (isText && unitsOf(bytes, start, end) > MAX_TEXT_LENGTH) return INVALID;
    const parsed = isText
      ? parseDecimalString(bytes.toString('utf8', start, end))
      : parseDecimalLiteral(sourceOf(values, path));
    if (parsed === 'malformed') return INVALID;
    if (parsed === 'not_exact') this.problem = 'amount_not_exact';
    else if (parsed === 'out_of_range') this.problem = 'amount_out_of_range';
    else this.#set(parsed);
    return FOUND;
  }

  /** A few digits, optionally a point and up to nine more: the usual amount, which is the same as a number and as a text. */
  #readPlain(bytes: Buffer, start: number, end: number): boolean {
    let at = start;
    while (at < end && isDigit(bytes[at])) at += 1;
    const unitsEnd = at;
    if (unitsEnd === start || unitsEnd - start > MAX_UNIT_DIGITS) return false;
    const units = numberOfDigits(bytes, start, unitsEnd);
    if (unitsEnd === end) {
      this.amount = units * 1e9;
      return true;
    }
    if (bytes[unitsEnd] !== POINT) return false;
    at += 1;
    while (at < end && isDigit(bytes[at])) at += 1;
    const decimals = at - unitsEnd - 1;
    if (at !== end || decimals === 0 || decimals > NANO_DECIMALS) return false;
    const fraction = numberOfDigits(bytes, unitsEnd + 1, end);
    this.amount = units * 1e9 + fraction * (POWERS[NANO_DECIMALS - decimals] as number);
    return true;
  }

  #readMinorUnits({ path, minorUnitDecimals: decimals }: CompiledAmount, values: PathValues): Outcome {
    const whole =
      values.kinds[path] === VALUE_KIND.text
        ? isDigitText(values, path, MAX_WHOLE_DIGITS)
          ? sourceOf(values, path)
          : undefined
        : wholeNumberOf(values, path);
    if (whole === undefined) return INVALID;
    const units = whole.length <= SAFE_DIGITS ? Number(whole) : amountOf(BigInt(whole));
    if (decimals === null) this.#minorUnits = units;
    else this.#setScaled(units, decimals);
    return FOUND;
  }

  #readBytes(role: CompiledAmount, values: PathValues, path: number, scale: number | null): Outcome {
    if (values.kinds[path] === VALUE_KIND.text && !role.takesBase64) return INVALID;
    const ofSchema = values.kinds[path] === VALUE_KIND.bytes ? (values.scales[path] as number) : NO_SCALE;
    const used = scale ?? ofSchema;
    if (used === NO_SCALE || used > MAX_SCALE || (ofSchema !== NO_SCALE && ofSchema !== used)) return INVALID;
    const unscaled = readUnscaled(values, path);
    if (unscaled === UNREADABLE) return INVALID;
    this.#setScaled(unscaled, used);
    return FOUND;
  }

  /** Sets `whole` times ten to the power of minus `scale`. */
  #setScaled(whole: Amount, scale: number): void {
    if (scale > NANO_DECIMALS) {
      const divisor = 10n ** BigInt(scale - NANO_DECIMALS);
      const unscaled = BigInt(whole);
      if (unscaled % divisor !== 0n) this.problem = 'amount_not_exact';
      else this.#set(unscaled / divisor);
      return;
    }
    const factor = POWERS[NANO_DECIMALS - scale] as number;
    if (typeof whole === 'number' && Number.isSafeInteger(whole * factor)) this.amount = whole * factor;
    else this.#set(BigInt(whole) * BigInt(factor));
  }

  #set(nanos: bigint): void {
    this.amount = nanos < 0n ? -1 : amountOf(nanos);
  }
}
