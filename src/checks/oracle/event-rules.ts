/** What every fold version says of an event alike: its members, and which partition a key belongs to. */
import type { TopicRecord } from '../inputs/verify-inputs.ts';
import { hideCards } from './kept-payload.ts';

export const VALUE_BYTES_MAX = 1024 * 1024;
export const FIELD_LENGTH_MAX = 256;
export const TEXT_FIELDS = [
  'transaction_id',
  'sender_account_id',
  'receiver_account_id',
  'currency',
  'device_id',
  'ip_address',
  'region',
  'payment_method',
] as const;

/** All of them, in the order in which they are judged. */
export const MEMBERS = [
  'transaction_id',
  'sender_account_id',
  'receiver_account_id',
  'amount',
  'currency',
  'device_id',
  'ip_address',
  'timestamp',
  'region',
  'payment_method',
] as const;
/** The end of the year 9999, where the column's type ends. */
export const TIMESTAMP_MAX_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
/** A record's time before it comes from a clock that is not set. */
export const FIRST_CLOCK_TIME_MS = Date.UTC(2000, 0);

/** The reason of a name that comes twice: of a name only what is plain is shown, and no card number. */
export function duplicateReason(name: string): string {
  const isPlain = name.length <= 64 && /^[A-Za-z_][\w.-]*$/.test(name);
  return isPlain ? `duplicate_member: ${hideCards(name)}` : 'duplicate_member';
}

/** Why a value is not even looked into, or null. */
export function valueProblem({ value, oversized }: TopicRecord): 'no_value' | 'value_too_large' | null {
  if (value === null) return 'no_value';
  return (oversized?.valueByteLength ?? value.length) > VALUE_BYTES_MAX ? 'value_too_large' : null;
}

/** The Java client's default partition of a key: murmur2 over the bytes, in BigInt arithmetic modulo 2^32. */
export function keyHome(key: Uint8Array, partitionCount: number): number {
  const word = (value: bigint): bigint => value & 0xffffffffn;
  const m = 0x5bd1e995n;
  let h = word(0x9747b28cn ^ BigInt(key.length));
  const whole = key.length - (key.length % 4);
  for (let i = 0; i < whole; i += 4) {
    let k = 0n;
    for (let j = 3; j >= 0; j--) k = (k << 8n) | BigInt(key[i + j]!);
    k = word(k * m);
    k = word((k ^ (k >> 24n)) * m);
    h = word(h * m) ^ k;
  }
  if (whole < key.length) {
    for (let j = key.length - 1; j >= whole; j--) h ^= BigInt(key[j]!) << BigInt(8 * (j - whole));
    h = word(h * m);
  }
  h = word((h ^ (h >> 13n)) * m);
  h ^= h >> 15n;
  return Number(h & 0x7fffffffn) % partitionCount;
}
