/**
 * Decimals of currencies by ISO 4217. The table of the package `currency-codes` follows the standard's list one; codes that the list
 * gives no decimals for (metals, units of account, testing) have 0 in the package and are left out here.
 *
 * Invariant: the decimals of a currency never change within a fold version: the test pins the digest of the whole table. A release
 * with another table needs a new fold version, and the processor keeps the old table for entries of this one.
 */
import { code, codes } from 'currency-codes';

/** ISO 4217 list one: minor unit `N.A.`. */
export const WITHOUT_MINOR_UNIT: readonly string[] = [
  ...['XAG', 'XAU', 'XBA', 'XBB', 'XBC', 'XBD', 'XDR', 'XPD', 'XPT', 'XSU', 'XTS', 'XUA', 'XXX'],
];

const A = 0x41;
const LETTERS = 26;
const UNKNOWN = -1;
const DECIMALS = new Int8Array(LETTERS ** 3).fill(UNKNOWN);
for (const currency of codes())
  if (!WITHOUT_MINOR_UNIT.includes(currency))
    DECIMALS[numberOf(Buffer.from(currency), 0)] = code(currency)?.digits ?? UNKNOWN;

/** Decimals of the currency whose three capitals begin at `at`; -1 if ISO 4217 does not say. */
export function minorUnitDecimals(bytes: Buffer, at: number): number {
  return DECIMALS[numberOf(bytes, at)] as number;
}

function numberOf(bytes: Buffer, at: number): number {
  const letter = (index: number): number => (bytes[at + index] as number) - A;
  return (letter(0) * LETTERS + letter(1)) * LETTERS + letter(2);
}
