/**
 * A record that lies in its batch's bytes. The usual payment is read in place (payment-reader.ts), so that no Buffer is
 * made for it. Other callers use the getters `key` and `value`, which make one. A spread copies no getters: read them
 * by name.
 */
import type { LogRecord } from '../types.ts';
import { lastHeader } from './record-headers.ts';

/** Stands in place of the start of a key or value that is null. */
export const NULL_AT = -1;

export class PackedRecord implements LogRecord {
  readonly offset: number;
  readonly timestampMs: number;
  /** The decompressed batch. It stays in memory as long as any of its records. */
  readonly bytes: Buffer;
  /** [start, end) of key and value in `bytes`. A start of NULL_AT means null. */
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;

  constructor(
    offset: number,
    timestampMs: number,
    bytes: Buffer,
    keyStart: number,
    keyEnd: number,
    valueStart: number,
    valueEnd: number,
  ) {
    this.offset = offset;
    this.timestampMs = timestampMs;
    this.bytes = bytes;
    this.keyStart = keyStart;
    this.keyEnd = keyEnd;
    this.valueStart = valueStart;
    this.valueEnd = valueEnd;
  }

  get key(): Buffer | null {
    return this.keyStart === NULL_AT ? null : this.bytes.subarray(this.keyStart, this.keyEnd);
  }

  get value(): Buffer | null {
    return this.valueStart === NULL_AT ? null : this.bytes.subarray(this.valueStart, this.valueEnd);
  }

  /** Headers follow the value in the batch. */
  header(name: string): Buffer | null {
    return lastHeader(this.bytes, this.valueEnd, name);
  }
}
