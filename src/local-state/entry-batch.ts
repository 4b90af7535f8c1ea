/**
 * Sealed entries in a journal's layout, collected in reused memory. seal.ts says what an entry's seal covers.
 *
 * Layout of an entry (little-endian), each part padded with zeros to a multiple of eight bytes, so that columns in a
 * value can be read in place:
 *   value bytes u32 | key bytes u16 | 0 u16 | key | value
 */
import { seal } from './seal.ts';

export const ENTRY_HEADER_BYTES = 8;
const LEAST_BYTES = 64 * 1024;

/** Bytes of an entry. */
export function entryBytes(keyBytes: number, valueBytes: number): number {
  return ENTRY_HEADER_BYTES + padded(keyBytes) + padded(valueBytes);
}

export function padded(bytes: number): number {
  return 8 * Math.ceil(bytes / 8);
}

/** The place of an entry in its batch. */
export interface PlacedEntry {
  readonly key: Buffer;
  readonly at: number;
  readonly byteLength: number;
}

export class EntryBatch {
  readonly #seed: number;
  readonly #placed: PlacedEntry[] = [];
  #memory = Buffer.alloc(0);
  #used = 0;

  /** `seed`: the start of this store's seals. */
  constructor(seed: number) {
    this.#seed = seed;
  }

  get byteLength(): number {
    return this.#used;
  }

  /** Valid until the next put() or clear(). */
  get bytes(): Buffer {
    return this.#memory.subarray(0, this.#used);
  }

  get placed(): readonly PlacedEntry[] {
    return this.#placed;
  }

  clear(): void {
    this.#used = 0;
    this.#placed.length = 0;
  }

  /**
   * Adds an entry. `fill` receives the value, all zeros, at an address that is a multiple of eight, and writes it from
   * the fifth byte on: the seal comes first.
   */
  put(key: Buffer, valueBytes: number, fill: (value: Buffer) => void): void {
    const start = this.#used;
    const end = start + entryBytes(key.length, valueBytes);
    if (end > this.#memory.length) this.#grow(end);
    const memory = this.#memory;
    memory.fill(0, start, end);
    memory.writeUInt32LE(valueBytes, start);
    memory.writeUInt16LE(key.length, start + 4);
    key.copy(memory, start + ENTRY_HEADER_BYTES);
    const valueAt = start + ENTRY_HEADER_BYTES + padded(key.length);
    const value = memory.subarray(valueAt, valueAt + valueBytes);
    fill(value);
    seal(this.#seed, key, value);
    this.#placed.push({ key, at: start, byteLength: end - start });
    this.#used = end;
  }

  /** Adds an entry of another journal of this store, unchanged. */
  copy(key: Buffer, entry: Buffer): void {
    const end = this.#used + entry.length;
    if (end > this.#memory.length) this.#grow(end);
    entry.copy(this.#memory, this.#used);
    this.#placed.push({ key, at: this.#used, byteLength: entry.length });
    this.#used = end;
  }

  #grow(needed: number): void {
    const grown = Buffer.from(new ArrayBuffer(Math.max(needed, 2 * this.#memory.length, LEAST_BYTES)));
    this.#memory.copy(grown, 0, 0, this.#used);
    this.#memory = grown;
  }
}
