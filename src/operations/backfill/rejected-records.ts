/**
 * Judges rejected records of the topic again, by the newest rules of their partition: which of them are payments now, and may be
 * added without a later copy of them being accepted too.
 *
 * A rejected record left no id behind. A copy of it that comes later would be accepted, unless its event time is late by then. So a
 * payment is added only if its event time is below `lateFromMs`: then a copy past the checkpoints is late, as that of a late payment.
 */
import { ContradictionError } from '../../base/errors.ts';
import { formatHash, hashBytes } from '../../payments/event/hash.ts';
import { PaymentReader } from '../../payments/event/payment-reader.ts';
import { type RecordPlace, Rejection } from '../../payments/event/validation.ts';
import type { CompiledSettings } from '../../payments/settings.ts';
import type { LogRecord } from '../../payments/types.ts';
import type { RejectedRow } from '../../processor/ports.ts';
import type { DatasetSchemas } from '../../processor/schemas/dataset-schemas.ts';
import { firstWanted } from '../../processor/schemas/wanted-schemas.ts';
import type { Candidate, LeftOutRecord } from './classify.ts';

/** Records of a partition from an offset on, in the order of the log. */
export type RecordsFrom = (partition: number, fromOffset: number) => AsyncIterable<readonly LogRecord[]>;

export interface RejectedOptions {
  readonly place: RecordPlace;
  /** Of the newest entry of the partition's history. */
  readonly settings: CompiledSettings;
  /** Every copy past the checkpoints with an event time below this is late, in every partition. */
  readonly lateFromMs: number;
  readonly recordsFrom: RecordsFrom;
  /** For rules whose records name schemas. */
  readonly schemas?: Pick<DatasetSchemas, 'schemaOf' | 'isReady' | 'ensure'> | undefined;
  /** Whether a schema that the dataset does not have may be asked for, and stored. */
  readonly mayAsk: boolean;
}

export class RejectedRecords {
  readonly #options: RejectedOptions;
  readonly #reader: PaymentReader;
  #records: AsyncIterator<readonly LogRecord[]> | undefined;
  #chunk: readonly LogRecord[] = [];
  #at = 0;

  constructor(options: RejectedOptions) {
    this.#options = options;
    this.#reader = new PaymentReader({ ...options.place, schemas: options.schemas });
  }

  /** Rows in ascending order, also over several calls: the log is read once. */
  async judge(row: RejectedRow): Promise<Candidate | LeftOutRecord> {
    const { partition, offset } = row;
    const record = await this.#recordAt(partition, offset);
    const left = (why: LeftOutRecord['why'], detail: string, transactionId: string | null = null): LeftOutRecord => {
      return { partition, offset, transactionId, why, detail };
    };
    if (record === undefined) return left('gone', 'the topic no longer has it');
    if (hashOf(record) !== row.payloadHash) return left('unreadable', 'payload_hash is that of another record');
    if (!(await this.#hasSchema(partition, record)))
      return left('unreadable', 'the dataset does not have its schema yet');
    const read = this.#reader.read(record, this.#options.settings);
    if (read instanceof Rejection) return left('rejected', read.reason, read.transactionId);
    const payment = read.toPayment();
    const { transactionId, eventTimeMs } = payment;
    if (eventTimeMs < this.#options.lateFromMs) return { partition, offset, payment, was: row.reason };
    const at = new Date(eventTimeMs).toISOString();
    return left('too_early', `at ${at} a copy could still be accepted`, transactionId);
  }

  async close(): Promise<void> {
    await this.#records?.return?.();
  }

  /** Rejects where a schema that the record names cannot be had, as a processor would stop. */
  async #hasSchema(partition: number, record: LogRecord): Promise<boolean> {
    const { settings, schemas, mayAsk } = this.#options;
    const wanted = firstWanted([record], 0, 1, () => settings, schemas?.isReady ?? (() => false));
    if (wanted === undefined) return true;
    if (schemas === undefined) return false;
    try {
      await schemas.ensure({ ...wanted, partition, mayAsk }, NEVER);
      return true;
    } catch (error) {
      if (!mayAsk && error instanceof ContradictionError && error.code === 'schema_missing') return false;
      throw error;
    }
  }

  async #recordAt(partition: number, offset: number): Promise<LogRecord | undefined> {
    this.#records ??= this.#options.recordsFrom(partition, offset)[Symbol.asyncIterator]();
    for (;;) {
      for (; this.#at < this.#chunk.length; this.#at += 1) {
        const record = this.#chunk[this.#at]!;
        if (record.offset === offset) return record;
        if (record.offset > offset) return undefined;
      }
      const next = await this.#records.next();
      if (next.done) return undefined;
      this.#chunk = next.value;
      this.#at = 0;
    }
  }
}

/** An operator ends the command instead. */
const NEVER = new AbortController().signal;

/** As the row of a rejected record has it. */
function hashOf(record: LogRecord): string | null {
  if (record.value === null) return null;
  const { high, low } = record.oversized?.valueHash ?? hashBytes(record.value);
  return formatHash(high, low);
}
