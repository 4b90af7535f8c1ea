/** The ten roles: what the values at their paths make of them. */
import { FIELD_LENGTH_MAX } from '../event-rules.ts';
import { billionths, literalBillionths } from '../money.ts';
import { minorUnitsOf } from './iso-4217.ts';
import { digitsOf, type MappedValue, wholeNumber } from './mapped-value.ts';
import type { AmountRule, TextRule } from './oracle-rules.ts';
import { trimmed, twosComplement, unbased64, uppercased } from './text-forms.ts';

/** What a role is, where it is neither missing nor of a wrong form. */
export type RoleState<T> = { readonly is: T } | 'missing' | 'invalid';

/** `isRequired`: an empty text is then invalid, and otherwise missing. */
export function textRole(rule: TextRule, value: MappedValue, isRequired: boolean): RoleState<string> {
  if (rule.constant === undefined && value.is === 'missing') return 'missing';
  let text = rule.constant ?? textOf(rule, value);
  if (text === null) return 'invalid';
  if (rule.isTrimmed) text = trimmed(text);
  if (rule.isUppercased) text = uppercased(text);
  if (text === '') return isRequired ? 'invalid' : 'missing';
  return text.length <= FIELD_LENGTH_MAX && text.isWellFormed() ? { is: text } : 'invalid';
}

/** Null where it is of another type. */
function textOf({ isInteger }: TextRule, value: MappedValue): string | null {
  if (!isInteger) return value.is === 'text' ? value.text : null;
  const number = wholeNumber(value);
  return number === null ? null : String(number);
}

/** Of decimal bytes. */
export const SCALE_MAX = 38;

/** Billionths; or why there are none. */
export type AmountState = bigint | 'missing' | 'invalid' | 'currency_unknown' | 'finer' | 'larger';

/** Of an object with a scale and a value: the parts that `variable` asks for. */
export interface ScaleAndValue {
  readonly scale: MappedValue;
  readonly value: MappedValue;
}

export function amountRole(
  rule: AmountRule,
  value: MappedValue,
  currency: string | null,
  variable: () => ScaleAndValue,
): AmountState {
  if (value.is === 'missing') return 'missing';
  if (rule.minorUnits !== undefined) return minorUnits(value, rule.minorUnits, currency);
  if (rule.decimalBytes === 'variable') return value.is === 'object' ? variableScale(variable(), rule) : 'invalid';
  if (rule.decimalBytes !== undefined) return decimalBytes(value, rule.decimalBytes, rule);
  return decimal(value);
}

function decimal(value: MappedValue): AmountState {
  if (value.is === 'number') return literalBillionths(value.source);
  if (value.is === 'integer') return value.value * 1_000_000_000n;
  if (value.is !== 'text' || value.text.length > FIELD_LENGTH_MAX) return 'invalid';
  if (!/^[0-9]+(\.[0-9]+)?$/.test(value.text)) return 'invalid';
  return (value.text.split('.')[1] ?? '').length > 9 ? 'finer' : billionths(value.text)!;
}

function minorUnits(value: MappedValue, of: 'currency' | number, currency: string | null): AmountState {
  const units = wholeNumber(value) ?? digitsOf(value, 40);
  if (units === null) return 'invalid';
  if (of !== 'currency') return scaled(units, of);
  // Without a currency the record is rejected for that reason, with any amount.
  const decimals = currency === null ? 0 : minorUnitsOf(currency);
  return decimals === null ? 'currency_unknown' : scaled(units, decimals);
}

function decimalBytes(value: MappedValue, scale: number | 'schema', { isOfJson }: AmountRule): AmountState {
  const bytes = value.is === 'bytes' ? value.bytes : value.is === 'text' && isOfJson ? unbased64(value.text) : null;
  const unscaled = bytes === null ? null : twosComplement(bytes);
  if (unscaled === null) return 'invalid';
  const said = value.is === 'bytes' ? value.scale : undefined;
  if (scale === 'schema') return said === undefined || said > SCALE_MAX ? 'invalid' : scaled(unscaled, said);
  return said === undefined || said === scale ? scaled(unscaled, scale) : 'invalid';
}

function variableScale({ scale, value }: ScaleAndValue, rule: AmountRule): AmountState {
  const decimals = wholeNumber(scale);
  if (decimals === null || decimals < 0n || decimals > BigInt(SCALE_MAX)) return 'invalid';
  return decimalBytes(value, Number(decimals), rule);
}

/** unscaled / 10^scale as billionths. */
function scaled(unscaled: bigint, scale: number): AmountState {
  if (scale <= 9) return unscaled * 10n ** BigInt(9 - scale);
  const divisor = 10n ** BigInt(scale - 9);
  return unscaled % divisor === 0n ? unscaled / divisor : 'finer';
}
