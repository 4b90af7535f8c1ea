/** Reads the text of a role: as the record has it, or what trimming, capitals and whole numbers make of it. */
import { MAX_TEXT_LENGTH } from '../../event.ts';
import { MAX_ROLE_BYTES } from '../compile-mapping.ts';
import { type CompiledText, NO_PATH } from '../compiled-mapping.ts';
import { type PathValues, VALUE_KIND } from '../path-values.ts';
import {
  FOUND,
  INVALID,
  isCanonicalWhole,
  MAX_WHOLE_DIGITS,
  MISSING,
  type Outcome,
  putAscii,
  unitsOf,
  wholeNumberOf,
} from './value-text.ts';

export class RoleText {
  /** The text is [start, end) of the scratch. */
  start = 0;
  end = 0;

  /** `missing` for an optional role that is NULL, with an empty range. */
  read(role: CompiledText, values: PathValues): Outcome {
    this.start = this.end = 0;
    const { path } = role;
    if (path === NO_PATH) {
      this.start = role.constantStart;
      this.end = role.constantEnd;
      return this.end > this.start ? FOUND : MISSING;
    }
    const kind = values.kinds[path];
    if (kind === VALUE_KIND.missing) return MISSING;
    this.start = values.starts[path] as number;
    this.end = values.ends[path] as number;
    const outcome = role.isInteger ? this.#readInteger(role, values, path) : this.#readText(role, values, path);
    if (outcome !== FOUND) this.start = this.end = 0;
    return outcome;
  }

  #readInteger({ isCurrency }: CompiledText, values: PathValues, path: number): Outcome {
    // Digits are no three capitals. A rules file cannot ask for it; the amount reads the currency's exponent by its letters.
    if (isCurrency) return INVALID;
    const { bytes } = values.scratch;
    const kind = values.kinds[path];
    const isShort = this.end - this.start <= MAX_WHOLE_DIGITS;
    if (kind === VALUE_KIND.integer) return FOUND;
    if (kind === VALUE_KIND.number && isShort && isCanonicalWhole(bytes, this.start, this.end)) return FOUND;
    const digits = wholeNumberOf(values, path);
    if (digits === undefined) return INVALID;
    this.start = putAscii(values, digits);
    this.end = values.end;
    return FOUND;
  }

  #readText({ trim, uppercase, isRequired, isCurrency }: CompiledText, values: PathValues, path: number): Outcome {
    if (values.kinds[path] !== VALUE_KIND.text) return INVALID;
    const { bytes } = values.scratch;
    if (trim) this.#trim(bytes);
    const byteLength = this.end - this.start;
    if (byteLength === 0) return isRequired ? INVALID : MISSING;
    if (byteLength > MAX_TEXT_LENGTH) {
      if (byteLength > MAX_ROLE_BYTES || unitsOf(bytes, this.start, this.end) > MAX_TEXT_LENGTH) return INVALID;
    }
    if (uppercase) this.#toCapitals(values);
    return !isCurrency || isCurrencyCode(values.scratch.bytes, this.start, this.end) ? FOUND : INVALID;
  }

  #trim(bytes: Buffer): void {
    while (this.start < this.end && isBlank(bytes[this.start])) this.start += 1;
    while (this.end > this.start && isBlank(bytes[this.end - 1])) this.end -= 1;
  }

  #toCapitals(values: PathValues): void {
    const { bytes } = values.scratch;
    let small = this.start;
    while (small < this.end && !isSmall(bytes[small] as number)) small += 1;
    if (small === this.end) return;
    const at = values.take(this.end - this.start);
    for (let from = this.start, to = at; from < this.end; from += 1, to += 1) {
      const byte = bytes[from] as number;
      bytes[to] = isSmall(byte) ? byte - 0x20 : byte;
    }
    this.start = at;
    this.end = values.end;
  }
}

function isCurrencyCode(bytes: Buffer, start: number, end: number): boolean {
  if (end - start !== 3) return false;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte < 0x41 || byte > 0x5a) return false;
  }
  return true;
}

function isSmall(byte: number): boolean {
  return byte >= 0x61 && byte <= 0x7a;
}

/** Space, tab, line feed, carriage return. */
function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}
