/**
 * 64-bit hashes of what payments and records hold. They tell apart by accident, not by attack; nothing here is a secret.
 * Whole values take xxHash64; payments, which are many and come in short pieces, a hash of their columns. The WebAssembly module is compiled once, when this module is loaded; every call after that is synchronous.
 */
import xxhash from 'xxhash-wasm';
import { avalanche, scrambleHigh, scrambleLow, TextKey } from '../../base/memory/text-key.ts';
import { rotate } from '../../base/memory/words.ts';
import { HASHED_TEXTS, TEXT_COLUMNS } from '../columns.ts';
import type { LogRecord, OversizedFacts, Payment } from '../types.ts';

/** Two unsigned 32-bit lanes. */
export interface Hash64 {
  readonly high: number;
  readonly low: number;
}

const { h64Raw, create64 } = await xxhash();
const SEED = 0n;

// Splitting through memory costs no bigint arithmetic.
const word = new DataView(new ArrayBuffer(8));

/**
 * Hash of the canonical columns, column by column: 1.50 hashes as 1.5, the order of JSON members and unknown members do not
 * count. One is used again and again; `high` and `low` are those of the last finish().
 */
export class PaymentHasher implements Hash64 {
  high = 0;
  low = 0;

  begin(): this {
    this.high = 0x24638842;
    this.low = 0x299f31d0;
    return this;
  }

  /** The texts of HASHED_TEXTS, in their order. A key's lanes tell its length too, so nothing runs into the next. */
  text(key: TextKey): this {
    this.#word(key.high);
    this.#word(key.low);
    return this;
  }

  /** `nanos` in four words, the lowest first; a number that is a safe integer has only two. */
  finish(eventTimeMs: number, nanos: number | bigint): this {
    this.#number(eventTimeMs);
    if (typeof nanos === 'number') {
      this.#number(nanos);
      this.#number(0);
    } else {
      for (let bits = 0n; bits < 128n; bits += 32n) this.#word(Number(BigInt.asIntN(32, nanos >> bits)));
    }
    this.high = avalanche(this.high) >>> 0;
    this.low = avalanche(this.low ^ this.high) >>> 0;
    return this;
  }

  #number(value: number): void {
    this.#word(value | 0);
    this.#word(Math.floor(value / 4_294_967_296) | 0);
  }

  #word(word: number): void {
    this.high = (Math.imul(rotate(this.high ^ scrambleHigh(word), 19) + this.low, 5) + 0x561ccd1b) | 0;
    this.low = (Math.imul(rotate(this.low ^ scrambleLow(word), 17) + this.high, 5) + 0x0bcaa747) | 0;
  }
}

const hasher = new PaymentHasher();
const textKey = new TextKey();

/** The hash of a payment that did not come as bytes. A NULL text hashes as the empty one would: no stored text is empty. */
export function hashPayment(payment: Payment): Hash64 {
  hasher.begin();
  const fields = payment as unknown as Readonly<Record<string, string | undefined>>;
  for (const text of HASHED_TEXTS) hasher.text(textKey.setText(fields[TEXT_COLUMNS[text]!.field] ?? ''));
  const { high, low } = hasher.finish(payment.eventTimeMs, payment.amount);
  return { high, low };
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
  if (record.oversized !== undefined) return record.oversized.fingerprint;
  const { offset, timestampMs, key, value } = record;
  const parts: Uint8Array[] = [fingerprintHead(timestampMs, key?.length ?? null, value?.length ?? null)];
  if (key !== null) parts.push(key);
  if (value !== null) parts.push(value);
  return fingerprintText(offset, hashBytes(Buffer.concat(parts)));
}

/** The same for a record that comes in pieces: first all of its key, then all of its value. Lengths are null where there is none. */
export class RecordDigest {
  readonly #offset: number;
  readonly #valueLength: number | null;
  readonly #record = create64(SEED);
  readonly #value = create64(SEED);

  constructor(offset: number, timestampMs: number, keyLength: number | null, valueLength: number | null) {
    this.#offset = offset;
    this.#valueLength = valueLength;
    this.#record.update(fingerprintHead(timestampMs, keyLength, valueLength));
  }

  addKey(piece: Uint8Array): void {
    this.#record.update(piece);
  }

  addValue(piece: Uint8Array): void {
    this.#record.update(piece);
    this.#value.update(piece);
  }

  finish(): OversizedFacts {
    return {
      valueByteLength: this.#valueLength ?? 0,
      valueHash: split(this.#value.digest()),
      fingerprint: fingerprintText(this.#offset, split(this.#record.digest())),
    };
  }
}

function fingerprintHead(timestampMs: number, keyLength: number | null, valueLength: number | null): Buffer {
  const head = Buffer.alloc(24);
  head.writeDoubleBE(timestampMs, 0);
  head.writeDoubleBE(keyLength ?? -1, 8);
  head.writeDoubleBE(valueLength ?? -1, 16);
  return head;
}

function fingerprintText(offset: number, { high, low }: Hash64): string {
  return `${offset}:${formatHash(high, low)}`;
}

function split(hash: bigint): Hash64 {
  word.setBigUint64(0, hash);
  return { high: word.getUint32(0), low: word.getUint32(4) };
}
