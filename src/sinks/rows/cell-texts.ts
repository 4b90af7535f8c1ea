/** Values of cells that come as text, exactly: what would be rounded is an error. */
import type { Nanos } from '../../payments/types.ts';

const DECIMAL = /^(-?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;
const SCALE = 9;

/** Billionths from a decimal as text: `1.5`, `12.000000000`, `1E-9`. Throws where that would not be exact. */
export function nanosFromText(text: string): Nanos {
  const match = DECIMAL.exec(text);
  const digits = match === null ? '' : match[2]! + (match[3] ?? '');
  if (match === null || digits === '') throw new RangeError(`not a NUMERIC: ${JSON.stringify(text)}`);
  const shift = SCALE + Number(match[4] ?? 0) - (match[3]?.length ?? 0);
  let nanos: bigint;
  if (shift >= 0) {
    nanos = BigInt(digits) * 10n ** BigInt(shift);
  } else {
    const divisor = 10n ** BigInt(-shift);
    nanos = BigInt(digits) / divisor;
    if (nanos * divisor !== BigInt(digits)) throw new RangeError(`more than nine decimals: ${text}`);
  }
  return match[1] === '-' ? -nanos : nanos;
}

/** INT64 as text. Offsets, counts and epochs stay far below 2^53; what does not is an error, not a rounding. */
export function integerFromText(text: string): number {
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value)) throw new RangeError(`not a safe integer: ${text}`);
  return value;
}

/**
 * TIMESTAMP as text, microseconds since the epoch (formatOptions.useInt64Timestamp), to milliseconds: of every year that the type
 * has (1 to 9999), though microseconds pass 2^53 in 2255. Whole milliseconds, which are all that is written, come exactly; any
 * others come with a fraction.
 */
export function millisFromText(text: string): number {
  const micros = Number(text);
  if (Number.isSafeInteger(micros)) return integerFromText(text) / 1000;
  if (!/^-?\d{16,18}$/.test(text)) throw new RangeError(`not a TIMESTAMP in microseconds: ${text}`);
  const whole = BigInt(text);
  return Number(whole / 1000n) + (whole % 1000n === 0n ? 0 : Math.sign(micros) / 2);
}
