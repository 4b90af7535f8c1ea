/**
 * The hashes that the tables hold, computed anew: of texts, of payments, of values and of records. Written from their
 * definitions (the layout is that of digest version 1) and shared with nothing that writes them; xxHash64 comes from the
 * library.
 */
import xxhash from 'xxhash-wasm';
import type { TopicRecord } from '../inputs/verify-inputs.ts';
import type { OraclePayment } from './judgement.ts';

/** Two signed 32-bit words. */
export interface Hash {
  readonly high: number;
  readonly low: number;
}

const { h64Raw } = await xxhash();

const TEXT_START: Hash = { high: 0x243f6a88, low: 0x13198a2e };
const PAYMENT_START: Hash = { high: 0x24638842, low: 0x299f31d0 };
const UNITS_AT_FIRST = 1_024;
const BYTES_PER_UNIT = 3;
const WORD_BYTES = 4;
/** A longer text is hashed by its bytes. */
const ASCII_MAX = 256;
const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER);
/** Currencies, regions and methods of payment that were hashed; bounded, since events may name any. */
const FEW = new Map<string, Hash>();
const FEW_MAX = 500;

let scratch = Buffer.alloc(UNITS_AT_FIRST * BYTES_PER_UNIT + WORD_BYTES);

/** Of the UTF-8 bytes, read as little-endian words, the last one filled up with zeros. */
export function textHash(text: string): Hash {
  return asciiHash(text) ?? utf8Hash(text);
}

/** The same of a text whose UTF-8 bytes are its characters; undefined for any other. */
function asciiHash(text: string): Hash | undefined {
  const { length } = text;
  if (length > ASCII_MAX) return undefined;
  let high = TEXT_START.high ^ length;
  let low = TEXT_START.low ^ length;
  let word = 0;
  let seen = 0;
  for (let at = 0; at < length; at += 1) {
    const code = text.charCodeAt(at);
    seen |= code;
    word |= code << (8 * (at % WORD_BYTES));
    if (at % WORD_BYTES !== WORD_BYTES - 1) continue;
    high = mixedHigh(high, low, word);
    low = mixedLow(low, high, word);
    word = 0;
  }
  if (seen > 0x7f) return undefined;
  high = avalanche(high ^ spreadHigh(word));
  return { high, low: avalanche((low ^ spreadLow(word)) + high) };
}

function utf8Hash(text: string): Hash {
  if (text.length * BYTES_PER_UNIT + WORD_BYTES > scratch.length)
    scratch = Buffer.alloc(text.length * BYTES_PER_UNIT + WORD_BYTES);
  const length = scratch.write(text, 'utf8');
  scratch.fill(0, length, length + WORD_BYTES);
  const mixed = { high: TEXT_START.high ^ length, low: TEXT_START.low ^ length };
  let at = 0;
  for (; at + WORD_BYTES <= length; at += WORD_BYTES) mixWord(mixed, scratch.readInt32LE(at));
  const rest = at < length ? scratch.readInt32LE(at) : 0;
  const high = avalanche(mixed.high ^ spreadHigh(rest));
  return { high, low: avalanche((mixed.low ^ spreadLow(rest)) + high) };
}

/** Of a text that is mostly one of a few. */
function fewTextHash(text: string): Hash {
  const held = FEW.get(text);
  if (held !== undefined) return held;
  const hash = textHash(text);
  if (FEW.size < FEW_MAX) FEW.set(text, hash);
  return hash;
}

/** No text of a payment is empty, so a NULL can be hashed as one that is. */
const NO_TEXT = '';

/** Of the canonical columns: the eight texts, the event time, the amount in billionths as 128 bits. */
export function paymentHash(
  payment: OraclePayment,
  id = textHash(payment.transaction_id),
  sender = textHash(payment.sender_account_id),
  device = textHash(payment.device_id ?? NO_TEXT),
): Hash {
  const mixed = { ...PAYMENT_START };
  const text = ({ high, low }: Hash): void => {
    mixWord(mixed, high);
    mixWord(mixed, low);
  };
  text(id);
  text(sender);
  text(textHash(payment.receiver_account_id ?? NO_TEXT));
  text(fewTextHash(payment.currency));
  text(device);
  text(textHash(payment.ip_address ?? NO_TEXT));
  text(fewTextHash(payment.region ?? NO_TEXT));
  text(fewTextHash(payment.payment_method ?? NO_TEXT));
  const number = (value: number): void => {
    const [lower, upper] = wordsOf(value);
    mixWord(mixed, lower);
    mixWord(mixed, upper);
  };
  number(payment.event_time);
  const { amount } = payment;
  if (amount >= 0n && amount <= SAFE_MAX) {
    number(Number(amount));
    number(0);
  } else for (let bits = 0n; bits < 128n; bits += 32n) mixWord(mixed, Number(BigInt.asIntN(32, amount >> bits)));
  const high = avalanche(mixed.high);
  return { high, low: avalanche(mixed.low ^ high) };
}

/** xxHash64 of a value as it came, as 16 hexadecimal digits. */
export function valueHash({ value, oversized }: TopicRecord): string | null {
  if (oversized !== undefined && value !== null) return oversized.valueHash;
  return value === null ? null : hex64(h64Raw(value, 0n));
}

/**
 * `<offset>:<16 digits>` over timestamp, lengths, key and value; -1 is the length of what is missing. Null where the record is
 * too large to be known.
 */
export function recordFingerprint({ offset, timestampMs, key, value, oversized }: TopicRecord): string | null {
  if (oversized !== undefined) return oversized.fingerprint;
  const head = new DataView(new ArrayBuffer(24));
  head.setFloat64(0, timestampMs);
  head.setFloat64(8, key === null ? -1 : key.length);
  head.setFloat64(16, value === null ? -1 : value.length);
  const parts = [new Uint8Array(head.buffer), ...[key, value].filter((part) => part !== null)];
  return `${offset}:${hex64(h64Raw(Buffer.concat(parts), 0n))}`;
}

export function hashText({ high, low }: Hash): string {
  return hexWord(high) + hexWord(low);
}

/** A safe integer as two words, the lower first. */
export function wordsOf(value: number): readonly [number, number] {
  return [value | 0, Math.floor(value / 0x1_0000_0000) | 0];
}

export function hexWord(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}

export function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** The finalizer of MurmurHash3. */
export function avalanche(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) | 0;
}

function mixWord(mixed: { high: number; low: number }, word: number): void {
  mixed.high = mixedHigh(mixed.high, mixed.low, word);
  mixed.low = mixedLow(mixed.low, mixed.high, word);
}

function mixedHigh(high: number, low: number, word: number): number {
  return (Math.imul(rotated(high ^ spreadHigh(word), 19) + low, 5) + 0x561ccd1b) | 0;
}

/** `high`: as mixedHigh has left it. */
function mixedLow(low: number, high: number, word: number): number {
  return (Math.imul(rotated(low ^ spreadLow(word), 17) + high, 5) + 0x0bcaa747) | 0;
}

function spreadHigh(word: number): number {
  return Math.imul(rotated(Math.imul(word, 0x239b961b), 15), 0xab0e9789);
}

function spreadLow(word: number): number {
  return Math.imul(rotated(Math.imul(word, 0x38b34ae5), 17), 0xa1e38b93);
}

function hex64(hash: bigint): string {
  return hash.toString(16).padStart(16, '0');
}
