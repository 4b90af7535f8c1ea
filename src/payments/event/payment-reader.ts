/**
 * Turns records into payments, each with its hash and its keys for the tables. It can read several records ahead, so
 * that the memory of all their keys can be touched at once (look-ahead.ts). The settings of a record say whether it is a
 * built-in event or read by a mapping (mapped/mapped-reader.ts). Of the built-in event the scanner reads the usual form;
 * validation.ts reads every other form and decides every rejection.
 *
 * Invariant: both ways give the same payment, hash and keys, for any number of records that are read together.
 */

import { MOST_AHEAD } from '../../base/memory/prefetch.ts';
import { ByteScratch, type TextKey } from '../../base/memory/text-key.ts';
import { TEXT_COLUMNS, textNumber } from '../columns.ts';
import type { CompiledSettings } from '../settings.ts';
import type { LogRecord, Payment } from '../types.ts';
import type { CompiledMapping } from './mapped/compiled-mapping.ts';
import { MappedReader } from './mapped/mapped-reader.ts';
import { partitionForKey } from './murmur2.ts';
import { NULL_AT, PackedRecord } from './packed-record.ts';
import { MOST_SCANNED_BYTES, PaymentBytes } from './payment-bytes.ts';
import { EventScanner } from './scan-event.ts';
import { type RecordPlace, Rejection, validateRecord } from './validation.ts';

/** Bytes between two values in the scratch. The scanner writes zeros there. */
const GAP_BYTES = 4;

const SENDER = textNumber('sender_account_id');

export class PaymentReader {
  readonly #place: RecordPlace;
  readonly #scratch = new ByteScratch(MOST_SCANNED_BYTES);
  readonly #scanner = new EventScanner(this.#scratch);
  /** Payments of the usual form that were read ahead, side by side in the scratch. */
  readonly #usual: PaymentBytes[] = [];
  #usualCount = 0;
  #scratchEnd = 0;
  /** Holds a payment of any other form, one at a time. */
  #other: PaymentBytes | undefined;
  /** The result of the record after the usual ones, if that was read. */
  #last: PaymentBytes | Rejection | undefined;
  /** Of the mapping that was used last. */
  #mapped: MappedReader | undefined;
  /** The records were read last by #mapped. */
  #isMapped = false;

  constructor(place: RecordPlace) {
    this.#place = place;
  }

  /** Reads one record. The payment is valid until the next call, which reuses the object. */
  read(record: LogRecord, settings: CompiledSettings): PaymentBytes | Rejection {
    this.#forget(settings.mapping);
    this.#readNext(record, settings);
    return this.at(0);
  }

  /** Reads at least one record from `from` on and returns how many. at() gives the results until the next call. */
  readAhead(
    records: readonly LogRecord[],
    from: number,
    to: number,
    settingsAt: (offset: number) => CompiledSettings,
  ): number {
    const { mapping } = settingsAt((records[from] as LogRecord).offset);
    this.#forget(mapping);
    let at = from;
    while (at < to && this.#usualCount < MOST_AHEAD && this.#last === undefined) {
      const record = records[at] as LogRecord;
      const settings = settingsAt(record.offset);
      if (settings.mapping !== mapping || !this.#readNext(record, settings)) break;
      at += 1;
    }
    return at - from;
  }

  /** The result of the record at `index` among those read last. */
  at(index: number): PaymentBytes | Rejection {
    if (this.#isMapped) return (this.#mapped as MappedReader).at(index);
    return index < this.#usualCount ? (this.#usual[index] as PaymentBytes) : (this.#last as PaymentBytes | Rejection);
  }

  /** Wraps a payment that did not come as a record. It is valid until the next call. */
  take(payment: Payment): PaymentBytes {
    this.#other ??= new PaymentBytes();
    return this.#other.set(payment);
  }

  #forget(mapping: CompiledMapping | null): void {
    this.#isMapped = mapping !== null;
    if (mapping !== null) {
      if (this.#mapped?.mapping !== mapping) this.#mapped = new MappedReader(mapping, this.#place);
      this.#mapped.begin();
    }
    this.#usualCount = 0;
    this.#scratchEnd = 0;
    this.#last = undefined;
  }

  /** False if the scratch has no room left for the record. */
  #readNext(record: LogRecord, settings: CompiledSettings): boolean {
    if (this.#isMapped) return (this.#mapped as MappedReader).readNext(record, settings);
    if (this.#usualCount === this.#usual.length) this.#usual.push(new PaymentBytes(this.#scratch));
    if (this.#readUsual(record, settings, this.#usual[this.#usualCount] as PaymentBytes)) {
      this.#usualCount += 1;
      return true;
    }
    if (this.#scratchEnd + lengthOf(record) > this.#scratch.capacity && this.#usualCount > 0) return false;
    const payment = validateRecord(record, settings, this.#place);
    this.#last = payment instanceof Rejection ? payment : this.take(payment);
    return true;
  }

  /** False if the record has another form or must be rejected. */
  #readUsual(record: LogRecord, settings: CompiledSettings, payment: PaymentBytes): boolean {
    const scanner = this.#scanner;
    const at = this.#scratchEnd;
    if (record instanceof PackedRecord) {
      const { bytes, keyStart, keyEnd, valueStart, valueEnd } = record;
      if (keyStart === NULL_AT || valueStart === NULL_AT) return false;
      if (!scanner.scan(bytes, valueStart, valueEnd, at)) return false;
      if (!this.#isUsual(record, settings, bytes, keyStart, keyEnd, payment)) return false;
      this.#scratchEnd = at + valueEnd - valueStart + GAP_BYTES;
      return true;
    }
    const { key, value } = record;
    if (key === null || value === null || record.oversized !== undefined) return false;
    if (!scanner.scan(value, 0, value.length, at)) return false;
    if (!this.#isUsual(record, settings, key, 0, key.length, payment)) return false;
    this.#scratchEnd = at + value.length + GAP_BYTES;
    return true;
  }

  /** Checks what was scanned and copies it to `payment`. The record's key is [keyStart, keyEnd) of the bytes. */
  #isUsual(
    record: LogRecord,
    settings: CompiledSettings,
    bytes: Buffer,
    keyStart: number,
    keyEnd: number,
    payment: PaymentBytes,
  ): boolean {
    const scanner = this.#scanner;
    const { amountNanos, timestampMs } = scanner;
    if (amountNanos === 0 || amountNanos > settings.maxAmountNumber) return false;
    if (timestampMs > record.timestampMs + settings.allowedSkewMs) return false;
    if (timestampMs < this.#place.minEventTimeMs) return false;
    if (!isSameText(bytes, keyStart, keyEnd, this.#locate(payment, SENDER))) return false;
    const { partition, partitionCount } = this.#place;
    if (settings.checkPartitioner && partitionForKey(bytes, partitionCount, keyStart, keyEnd) !== partition)
      return false;
    for (let text = 0; text < TEXT_COLUMNS.length; text += 1) if (text !== SENDER) this.#locate(payment, text);
    payment.amount = amountNanos;
    payment.eventTimeMs = timestampMs;
    payment.hashColumns();
    return true;
  }

  #locate({ texts }: PaymentBytes, text: number): TextKey {
    return texts[text]!.setRange(this.#scanner.starts[text] as number, this.#scanner.ends[text] as number);
  }
}

function lengthOf(record: LogRecord): number {
  if (record instanceof PackedRecord) return record.valueEnd - record.valueStart;
  return record.value?.length ?? 0;
}

function isSameText(bytes: Buffer, from: number, to: number, { bytes: held, start, byteLength }: TextKey): boolean {
  if (to - from !== byteLength) return false;
  for (let index = 0; index < byteLength; index += 1) if (bytes[from + index] !== held[start + index]) return false;
  return true;
}
