/**
 * A record that lies in its batch's bytes: key and value are cut out for whoever asks, and the usual payment is read where
 * it lies (payment-reader.ts), so that no Buffer is made for it. Getters are not copied by a spread: take what you need.
 */
import type { LogRecord } from '../types.ts';

/** Where the start of a key or value would be that is null. */
export const NULL_AT = -1;

export class PackedRecord implements LogRecord {
  readonly offset: number;
  readonly timestampMs: number;
  /** The batch, unpacked: it lives as long as any of its records. */
  readonly bytes: Buffer;
  /** [start, end) in `bytes`; NULL_AT: there is none. */
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
}
