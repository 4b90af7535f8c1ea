/** Reads a time: an epoch in one of four units, or ISO 8601 with an offset. The result is milliseconds, and whether they are exact. */
import type { TimeType } from '../../../rules/rules.ts';
import type { CompiledTime } from '../compiled-mapping.ts';
import { type PathValues, TIME_UNIT, VALUE_KIND } from '../path-values.ts';
import { parseIsoTime } from './iso-time.ts';
import {
  areDigits,
  FOUND,
  INVALID,
  isDigitText,
  MISSING,
  numberOfDigits,
  type Outcome,
  sourceOf,
  wholeNumberOf,
} from './value-text.ts';

/** Digits of a time as a text: those of any integer of 64 bits. */
const MAX_TIME_DIGITS = 20;
/** Any number of this many digits is a safe integer, also in thousands of a twelfth of it. */
const SAFE_DIGITS = 15;
const SAFE_SECOND_DIGITS = 12;
const ZERO = 0x30;

/** Of each unit: how many digits are finer than a millisecond, and the unit that a schema says. */
const UNITS: Readonly<Record<Exclude<TimeType, 'iso8601'>, { readonly finer: number; readonly schema: number }>> = {
  epoch_s: { finer: 0, schema: -1 },
  epoch_ms: { finer: 0, schema: TIME_UNIT.ms },
  epoch_us: { finer: 3, schema: TIME_UNIT.us },
  epoch_ns: { finer: 6, schema: TIME_UNIT.ns },
};

export class RoleTime {
  /** The millisecond of the time, or before it. */
  ms = 0;
  /** The time has no part finer than a millisecond, or the rules cut it. */
  isExact = true;

  read({ path, type, roundDown }: CompiledTime, values: PathValues): Outcome {
    this.ms = 0;
    this.isExact = true;
    if (values.kinds[path] === VALUE_KIND.missing) return MISSING;
    const isRead = type === 'iso8601' ? this.#readIso(values, path) : this.#readEpoch(type, values, path);
    if (!isRead || !Number.isSafeInteger(this.ms)) return INVALID;
    if (roundDown) this.isExact = true;
    return FOUND;
  }

  #readIso(values: PathValues, path: number): boolean {
    if (values.kinds[path] !== VALUE_KIND.text) return false;
    const parsed = parseIsoTime(values.scratch.bytes, values.starts[path] as number, values.ends[path] as number);
    if (parsed === undefined) return false;
    this.ms = parsed.ms;
    this.isExact = parsed.isExact;
    return true;
  }

  #readEpoch(type: Exclude<TimeType, 'iso8601'>, values: PathValues, path: number): boolean {
    const kind = values.kinds[path];
    const { finer, schema } = UNITS[type];
    if (kind === VALUE_KIND.integer) {
      const unit = values.timeUnits[path];
      if (unit !== TIME_UNIT.none && unit !== schema) return false;
    }
    const isText = kind === VALUE_KIND.text;
    if (isText && !isDigitText(values, path, MAX_TIME_DIGITS)) return false;
    if (this.#readDigits(type, finer, values, path)) return true;
    const whole = isText ? sourceOf(values, path) : wholeNumberOf(values, path);
    if (whole === undefined) return false;
    const value = BigInt(whole) * (type === 'epoch_s' ? 1_000n : 1n);
    const perMs = 10n ** BigInt(finer);
    const rest = ((value % perMs) + perMs) % perMs;
    this.ms = Number((value - rest) / perMs);
    this.isExact = rest === 0n;
    return true;
  }

  /** The usual time: digits alone, of which those in front of the finer ones are a safe integer. */
  #readDigits(type: TimeType, finer: number, values: PathValues, path: number): boolean {
    const kind = values.kinds[path];
    if (kind !== VALUE_KIND.number && kind !== VALUE_KIND.text && kind !== VALUE_KIND.integer) return false;
    const start = values.starts[path] as number;
    const end = values.ends[path] as number;
    const { bytes } = values.scratch;
    const msEnd = end - finer;
    const most = type === 'epoch_s' ? SAFE_SECOND_DIGITS : SAFE_DIGITS;
    if (msEnd - start > most || msEnd <= start || !areDigits(bytes, start, end)) return false;
    this.ms = numberOfDigits(bytes, start, msEnd) * (type === 'epoch_s' ? 1_000 : 1);
    for (let at = msEnd; at < end; at += 1) if (bytes[at] !== ZERO) this.isExact = false;
    return true;
  }
}
