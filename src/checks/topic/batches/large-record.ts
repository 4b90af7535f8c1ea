/**
 * One record that is too long to be held whole, taken a piece at a time: its key and value as far as a decision needs them,
 * hashes over all of them, and its headers.
 */
import { isUtf8 } from 'node:buffer';
import xxhash from 'xxhash-wasm';
import type { TopicHeader, TopicRecord } from '../../inputs/verify-inputs.ts';
import { DamagedBytesError } from '../errors.ts';
import { zigzag64 } from './zigzag.ts';

/** A value up to this is held whole; of a longer one the head. */
const VALUE_HELD_MAX_BYTES = 1024 * 1024;
/** No valid key is nearly as long; the fingerprint of a record needs its key whole. */
const KEY_HELD_MAX_BYTES = 16 * 1024 * 1024;
/** 64 KiB are kept of a rejected value; masking reads beyond that. */
const HEAD_BYTES = 128 * 1024;
/** Of a record with larger headers the contract says that it has none. */
const HEADERS_HELD_MAX_BYTES = 1024 * 1024;

const { create64 } = await xxhash();
const SEED = 0n;

interface Hash {
  update(bytes: Uint8Array): unknown;
  digest(): bigint;
}

interface Held {
  readonly length: number;
  readonly bytes: Buffer;
}

export class LargeRecord {
  /** Of the bytes last given, how many were used. */
  taken = 0;
  readonly #steps: Generator<undefined, TopicRecord, undefined>;
  readonly #baseOffset: number;
  readonly #timeOf: (timestampDelta: bigint) => number;
  #left: number;
  #piece: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor(length: number, baseOffset: number, timeOf: (timestampDelta: bigint) => number) {
    this.#left = length;
    this.#baseOffset = baseOffset;
    this.#timeOf = timeOf;
    this.#steps = this.#read();
  }

  /** Undefined while there is more of it to come. Throws DamagedBytesError. */
  take(piece: Buffer, from: number): TopicRecord | undefined {
    this.#piece = piece;
    this.#at = from;
    const { done, value } = this.#steps.next();
    this.taken = this.#at - from;
    return done ? value : undefined;
  }

  *#read(): Generator<undefined, TopicRecord, undefined> {
    yield* this.#pass(1, () => {}); // attributes, unused
    const timestampMs = this.#timeOf(yield* this.#number(10));
    const offset = this.#baseOffset + Number(yield* this.#number(5));
    const keyLength = Number(yield* this.#number(5));
    const key = yield* this.#hold(keyLength, KEY_HELD_MAX_BYTES, () => {});
    const valueLength = Number(yield* this.#number(5));
    const whole = fingerprintStart(timestampMs, key, valueLength);
    const valueHash = create64(SEED);
    const value = yield* this.#hold(valueLength, VALUE_HELD_MAX_BYTES, (part) => {
      valueHash.update(part);
      whole?.update(part);
    });
    const headers = yield* this.#headers();
    if (this.#left !== 0) throw new DamagedBytesError(`${this.#left} bytes of a record are left over`);
    const record = {
      ...{ offset, timestampMs, key: key?.bytes ?? null, value: value?.bytes ?? null },
      ...(headers.length === 0 ? {} : { headers }),
    };
    if (isWhole(key) && isWhole(value)) return record;
    return {
      ...record,
      oversized: {
        valueByteLength: value?.length ?? 0,
        valueHash: hex(valueHash.digest()),
        fingerprint: whole === undefined ? null : `${offset}:${hex(whole.digest())}`,
      },
    };
  }

  /** None where they are larger than what is held of them. */
  *#headers(): Generator<undefined, readonly TopicHeader[], undefined> {
    const areHeld = this.#left <= HEADERS_HELD_MAX_BYTES;
    const headers: TopicHeader[] = [];
    let left = Number(yield* this.#number(5));
    if (left < 0) throw new DamagedBytesError(`${left} headers`);
    for (; left > 0; left -= 1) {
      const nameLength = Number(yield* this.#number(5));
      if (nameLength < 0) throw new DamagedBytesError('a header without a name');
      const name = yield* this.#header(nameLength, areHeld);
      const length = Number(yield* this.#number(5));
      if (length < -1) throw new DamagedBytesError(`a header of ${length} bytes`);
      const value = length === -1 ? null : yield* this.#header(length, areHeld);
      if (areHeld && isUtf8(name)) headers.push({ name: name.toString(), value });
    }
    return headers;
  }

  /** The bytes of a name or value, if they are held. */
  *#header(length: number, isHeld: boolean): Generator<undefined, Buffer, undefined> {
    if (length > this.#left) throw new DamagedBytesError(`${length} bytes run past their record`);
    const bytes = Buffer.alloc(isHeld ? length : 0);
    let filled = 0;
    yield* this.#pass(length, (part) => {
      if (isHeld) filled += part.copy(bytes, filled);
    });
    return bytes;
  }

  /** Null where the length is -1. */
  *#hold(length: number, heldMax: number, see: (part: Buffer) => void): Generator<undefined, Held | null, undefined> {
    if (length === -1) return null;
    if (length < 0 || length > this.#left) throw new DamagedBytesError(`${length} bytes run past their record`);
    const bytes = Buffer.alloc(length <= heldMax ? length : HEAD_BYTES);
    let filled = 0;
    yield* this.#pass(length, (part) => {
      see(part);
      filled += part.copy(bytes, filled);
    });
    return { length, bytes };
  }

  *#pass(length: number, see: (part: Buffer) => void): Generator<undefined, void, undefined> {
    if (length > this.#left) throw new DamagedBytesError(`${length} bytes run past their record`);
    for (let left = length; left > 0; ) {
      if (this.#at === this.#piece.length) yield;
      const part = this.#piece.subarray(this.#at, this.#at + left);
      see(part);
      this.#at += part.length;
      this.#left -= part.length;
      left -= part.length;
    }
  }

  /** A zigzag number. */
  *#number(maxBytes: number): Generator<undefined, bigint, undefined> {
    const found = Buffer.alloc(maxBytes);
    for (let size = 0; size < maxBytes; ) {
      yield* this.#pass(1, (part) => {
        found[size] = part[0]!;
      });
      size += 1;
      if (found[size - 1]! >= 0x80) continue;
      const value = zigzag64(found, 0, size);
      if (maxBytes === 5 && value !== BigInt.asIntN(32, value)) break;
      return value;
    }
    throw new DamagedBytesError('a number of too many bytes');
  }
}

function isWhole(held: Held | null): boolean {
  return held === null || held.bytes.length === held.length;
}

/** The hash over a whole record: timestamp and lengths, key, and then the value; undefined where the key is not held whole. */
function fingerprintStart(timestampMs: number, key: Held | null, valueLength: number): Hash | undefined {
  if (!isWhole(key)) return undefined;
  const head = Buffer.alloc(24);
  head.writeDoubleBE(timestampMs, 0);
  head.writeDoubleBE(key?.length ?? -1, 8);
  head.writeDoubleBE(valueLength, 16);
  const hash = create64(SEED);
  hash.update(head);
  if (key !== null) hash.update(key.bytes);
  return hash;
}

function hex(hash: bigint): string {
  return hash.toString(16).padStart(16, '0');
}
