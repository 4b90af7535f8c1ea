/**
 * What was sent, for the checkers: one JSON line per record, streamed after its acknowledgement or after the send has
 * finally failed. The file holds only records that were handed to the producer.
 */
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { ConfigurationError } from '../base/errors.ts';
import type { PlannedCopy, PlannedRecord, RecordKind } from './generate.ts';
import type { MalformedKind } from './plan.ts';

export interface LedgerEntry {
  readonly seq: number;
  readonly kind: RecordKind;
  readonly expected: PlannedRecord['expected'];
  readonly copy: PlannedCopy | null;
  readonly malformed: MalformedKind | null;
  readonly transaction_id: string;
  readonly key: string | null;
  /** Decimal string; of a malformed record, from the payment it was made from. */
  readonly amount: string;
  readonly currency: string;
  readonly region: string;
  readonly event_time: number;
  readonly partition: number;
  /** Offset in the partition; null if the broker did not report it. */
  readonly offset: number | null;
  /** `unknown`: no acknowledgement came; the record may or may not be in the log. */
  readonly ack: 'acked' | 'unknown';
  /** First 16 hex digits of the value's SHA-256; null without a value. */
  readonly value_hash: string | null;
}

export function ledgerEntry(record: PlannedRecord, offset: number | null, ack: LedgerEntry['ack']): LedgerEntry {
  const { payment } = record;
  return {
    seq: record.seq,
    kind: record.kind,
    expected: record.expected,
    copy: record.copy,
    malformed: record.malformed,
    transaction_id: payment.transactionId,
    key: record.key,
    amount: payment.amount,
    currency: payment.currency,
    region: payment.region,
    event_time: payment.eventTimeMs,
    partition: record.partition,
    offset,
    ack,
    value_hash: record.value === null ? null : hash('sha256', record.value).slice(0, 16),
  };
}

/** Appends entries to a file; waits when the disk is slower than the broker. */
export class LedgerWriter {
  readonly #path: string;
  readonly #stream: WriteStream;
  #error: Error | undefined;

  private constructor(path: string) {
    this.#path = path;
    this.#stream = createWriteStream(path, { highWaterMark: 1024 * 1024 });
    this.#stream.on('error', (error) => {
      this.#error = error;
    });
  }

  /** Replaces the file with an empty one. Methods reject with ConfigurationError if it cannot be written. */
  static async create(path: string): Promise<LedgerWriter> {
    // If the folder cannot be made, opening the file reports it, with the path that was given.
    await mkdir(dirname(path), { recursive: true }).catch(() => {});
    const writer = new LedgerWriter(path);
    await writer.#told(once(writer.#stream, 'open'));
    return writer;
  }

  async write(entries: readonly LedgerEntry[]): Promise<void> {
    if (this.#error !== undefined) await this.#told(Promise.reject(this.#error));
    if (entries.length === 0) return;
    const lines = entries.map((entry) => JSON.stringify(entry)).join('\n');
    if (!this.#stream.write(`${lines}\n`)) await this.#told(once(this.#stream, 'drain'));
  }

  async close(): Promise<void> {
    this.#stream.end();
    await this.#told(finished(this.#stream));
  }

  async #told(writing: Promise<unknown>): Promise<void> {
    try {
      await writing;
    } catch (error) {
      throw new ConfigurationError([`the ledger ${this.#path} cannot be written: ${(error as Error).message}`]);
    }
  }
}

/** Reads a ledger back, line by line. */
export async function* readLedger(path: string): AsyncGenerator<LedgerEntry> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) if (line !== '') yield JSON.parse(line) as LedgerEntry;
}
