/**
 * Turns records into payments by one mapping, several side by side in one scratch, so that the fold can look ahead. A record that needs
 * more room than the scratch has is read alone, in a scratch of its own.
 *
 * Invariant: a result depends on its record alone, not on the records that are read together with it.
 */
import { isUtf8 } from 'node:buffer';
import { MOST_AHEAD } from '../../../base/memory/prefetch.ts';
import { ByteScratch } from '../../../base/memory/text-key.ts';
import type { CompiledSettings } from '../../settings.ts';
import type { LogRecord } from '../../types.ts';
import { NULL_AT, PackedRecord } from '../packed-record.ts';
import { PaymentBytes } from '../payment-bytes.ts';
import { MAX_VALUE_BYTES, type RecordPlace, Rejection } from '../validation.ts';
import { roomFor } from './compile-mapping.ts';
import { type CompiledMapping, NO_PATH } from './compiled-mapping.ts';
import { MappedJudge, MIN_UNKNOWN_KEY_BYTES, type RecordKey } from './judge.ts';
import { type Keep, keepNothing, keepOf } from './kept-bytes.ts';
import { PathValues, VALUE_KIND } from './path-values.ts';
import type { ValueReader } from './value-reader.ts';
import { valueReaderOf } from './value-readers.ts';

/** Of payments that are read together: about what a core's cache holds beside the rest. */
const SCRATCH_BYTES = 65_536;
const NO_HEADERS: readonly (Buffer | null)[] = [];

export class MappedReader {
  readonly mapping: CompiledMapping;
  readonly #scratch = new ByteScratch(SCRATCH_BYTES);
  readonly #values: PathValues;
  readonly #reader: ValueReader;
  readonly #judge: MappedJudge;
  readonly #keep: Keep;
  readonly #key: RecordKey = { bytes: null, start: 0, end: 0 };
  readonly #payments: PaymentBytes[] = [];
  readonly #results: (PaymentBytes | Rejection)[] = [];
  #count = 0;
  #scratchEnd = 0;
  /** The record read last was read alone: its payment may not be there for long. */
  #isFull = false;

  constructor(mapping: CompiledMapping, place: RecordPlace) {
    this.mapping = mapping;
    this.#values = new PathValues(mapping.pathCount, this.#scratch);
    this.#reader = valueReaderOf(mapping, place.schemas);
    this.#keep = keepOf(mapping);
    this.#judge = new MappedJudge(mapping, place, this.#keep);
    mapping.constants.copy(this.#scratch.bytes);
  }

  /** Forgets what was read. */
  begin(): void {
    this.#count = 0;
    this.#scratchEnd = this.mapping.constants.length;
    this.#isFull = false;
  }

  /** Reads one more record. False: there is no room for it, and it must be the first after begin(). */
  readNext(record: LogRecord, settings: CompiledSettings): boolean {
    if (this.#isFull || this.#count === MOST_AHEAD) return false;
    const unreadable = this.#unreadable(record);
    if (unreadable !== null) {
      this.#add(unreadable);
      return true;
    }
    const headers = this.#headersOf(record);
    this.#setKey(record);
    const room = roomFor(this.mapping, lengthOf(record), this.#otherBytes(headers)) + this.#extraBytes(record);
    if (this.#scratchEnd + room <= this.#scratch.capacity) {
      const payment = this.#paymentAt(this.#count);
      this.#values.begin(this.#scratch, this.#scratchEnd);
      this.#add(this.#read(record, headers, settings, payment) ?? payment);
      this.#scratchEnd = this.#values.end;
      return true;
    }
    if (this.#count > 0) return false;
    const scratch = new ByteScratch(this.mapping.constants.length + room);
    this.mapping.constants.copy(scratch.bytes);
    this.#values.begin(scratch, this.mapping.constants.length);
    const payment = new PaymentBytes(scratch);
    this.#add(this.#read(record, headers, settings, payment) ?? payment);
    this.#isFull = true;
    return true;
  }

  /** The result of the record at `index` among those read since begin(). */
  at(index: number): PaymentBytes | Rejection {
    return this.#results[index] as PaymentBytes | Rejection;
  }

  #add(result: PaymentBytes | Rejection): void {
    this.#results[this.#count] = result;
    this.#count += 1;
  }

  #paymentAt(index: number): PaymentBytes {
    while (this.#payments.length <= index) this.#payments.push(new PaymentBytes(this.#scratch));
    return this.#payments[index] as PaymentBytes;
  }

  /** A record whose value cannot be looked at. */
  #unreadable(record: LogRecord): Rejection | null {
    if (hasNoValue(record))
      return this.mapping.select.length > 0
        ? new Rejection('not_a_payment', null, null, null, keepNothing)
        : new Rejection('no_value', null, null, null, this.#keep);
    const isLarge = (record.oversized?.valueByteLength ?? lengthOf(record)) > MAX_VALUE_BYTES;
    return isLarge ? new Rejection('value_too_large', null, null, null, this.#keep) : null;
  }

  #read(
    record: LogRecord,
    headers: readonly (Buffer | null)[],
    settings: CompiledSettings,
    payment: PaymentBytes,
  ): Rejection | null {
    const values = this.#values;
    const problem =
      record instanceof PackedRecord
        ? this.#reader.read(record.bytes, record.valueStart, record.valueEnd, values)
        : this.#reader.read(record.value as Buffer, 0, (record.value as Buffer).length, values);
    if (problem !== null) return new Rejection(problem.code, problem.detail, null, null, this.#keep);
    const { keyPath, recordTimePath, headers: headerPaths } = this.mapping;
    const { bytes, start, end } = this.#key;
    if (keyPath !== NO_PATH && bytes !== null) this.#putText(keyPath, bytes, start, end, MIN_UNKNOWN_KEY_BYTES);
    for (let index = 0; index < headerPaths.length; index += 1) {
      const header = headers[index] as Buffer | null;
      if (header !== null) this.#putText(headerPaths[index]!.path, header, 0, header.length, Number.POSITIVE_INFINITY);
    }
    if (recordTimePath !== NO_PATH) values.putInteger(recordTimePath, record.timestampMs);
    return this.#judge.judge(values, record.timestampMs, this.#key, settings, payment);
  }

  #putText(path: number, bytes: Buffer, start: number, end: number, limit: number): void {
    if (end - start < limit && isUtf8(bytes.subarray(start, end)))
      this.#values.put(path, VALUE_KIND.text, bytes, start, end);
    else this.#values.setKind(path, VALUE_KIND.invalid);
  }

  #setKey(record: LogRecord): void {
    const key = this.#key;
    if (record instanceof PackedRecord) {
      key.bytes = record.keyStart === NULL_AT ? null : record.bytes;
      key.start = record.keyStart;
      key.end = record.keyEnd;
      return;
    }
    key.bytes = record.key;
    key.start = 0;
    key.end = record.key?.length ?? 0;
  }

  #headersOf(record: LogRecord): readonly (Buffer | null)[] {
    const { headers } = this.mapping;
    return headers.length === 0 ? NO_HEADERS : headers.map(({ name }) => record.header?.(name) ?? null);
  }

  #extraBytes(record: LogRecord): number {
    const reader = this.#reader;
    if (reader.extraBytes === undefined) return 0;
    if (record instanceof PackedRecord) return reader.extraBytes(record.bytes, record.valueStart, record.valueEnd);
    const value = record.value as Buffer;
    return reader.extraBytes(value, 0, value.length);
  }

  /** Bytes of a record besides its value, as far as paths look at them. */
  #otherBytes(headers: readonly (Buffer | null)[]): number {
    let byteLength = this.mapping.keyPath === NO_PATH ? 0 : this.#key.end - this.#key.start;
    for (const header of headers) byteLength += header?.length ?? 0;
    return byteLength;
  }
}

function hasNoValue(record: LogRecord): boolean {
  return record instanceof PackedRecord ? record.valueStart === NULL_AT : record.value === null;
}

function lengthOf(record: LogRecord): number {
  if (record instanceof PackedRecord) return record.valueEnd - record.valueStart;
  return record.value?.length ?? 0;
}
