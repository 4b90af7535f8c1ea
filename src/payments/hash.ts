/**
 * 64-bit hashes (xxHash64) of what payments and records hold. They tell apart by accident, not by attack; nothing here
 * is a secret. The WebAssembly module is compiled once, when this module is loaded; every call after that is synchronous.
 */
import xxhash from 'xxhash-wasm';
import type { LogRecord, Nanos, Payment } from './types.ts';

/** Two unsigned 32-bit lanes. */
export interface Hash64 {
  readonly high: number;
  readonly low: number;
}

const { h64, h64Raw } = await xxhash();
const SEED = 0n;

// Splitting through memory costs no bigint arithmetic.
const word = new DataView(new ArrayBuffer(8));

/**
 * Hash of the canonical columns: 1.50 hashes as 1.5, the order of JSON members and unknown members do not count. The
 * lengths in front make the framing unambiguous whatever the texts hold.
 */
export function hashPayment(payment: Payment): Hash64 {
  const { transactionId, senderAccountId, receiverAccountId, currency, deviceId, ipAddress, region, paymentMethod } =
    payment;
  return split(
    h64(
      `${transactionId.length},${senderAccountId.length},${receiverAccountId.length},${deviceId.length},${ipAddress.length},` +
        `${region.length},${paymentMethod.length},${payment.eventTimeMs},${nanosText(payment.amount)},${currency}|` +
        transactionId +
        senderAccountId +
        receiverAccountId +
        deviceId +
        ipAddress +
        region +
        paymentMethod,
      SEED,
    ),
  );
}

/** Hash of a value as it came. */
export function hashBytes(bytes: Uint8Array): Hash64 {
  return split(h64Raw(bytes, SEED));
}

/** 16 lower-case hex digits. */
export function formatHash(high: number, low: number): string {
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}

/**
 * `<offset>:<16 hex digits>` over timestamp, key and value: tells whether the log still holds the record that it held.
 * A missing key or value differs from an empty one.
 */
export function recordFingerprint(record: LogRecord): string {
  const head = Buffer.alloc(24);
  head.writeDoubleBE(record.timestampMs, 0);
  head.writeDoubleBE(record.key === null ? -1 : record.key.length, 8);
  head.writeDoubleBE(record.value === null ? -1 : record.value.length, 16);
  const parts: Uint8Array[] = [head];
  if (record.key !== null) parts.push(record.key);
  if (record.value !== null) parts.push(record.value);
  const { high, low } = hashBytes(Buffer.concat(parts));
  return `${record.offset}:${formatHash(high, low)}`;
}

function split(hash: bigint): Hash64 {
  word.setBigUint64(0, hash);
  return { high: word.getUint32(0), low: word.getUint32(4) };
}

function nanosText(nanos: Nanos): string {
  return nanos <= Number.MAX_SAFE_INTEGER ? String(Number(nanos)) : String(nanos);
}
