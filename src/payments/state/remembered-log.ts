/**
 * The payments accepted since the last delta, as columns. A list of objects would be most of the garbage collector's
 * work. Iterating gives RememberedPayment objects, one at a time, to the code that writes local state.
 */

import { TextColumn } from '../../base/memory/text-column.ts';
import { TextKey } from '../../base/memory/text-key.ts';
import type { PaymentBytes } from '../event/payment-bytes.ts';
import type { RememberedList, RememberedPayment } from '../types.ts';

const LEAST_ROWS = 64;
/** Maximum number of rows to allocate in advance. The log grows when more rows come. */
const MOST_ROWS_AHEAD = 8_192;
const LEAST_TEXT_BYTES = 256;
/** A log with room for more rows than this is not reused: it served an exceptional delta. */
const MOST_ROWS_KEPT = 4 * MOST_ROWS_AHEAD;

export class RememberedLog implements RememberedList {
  #count = 0;
  /** Two numbers per row: offset and event time. */
  #numbers: Float64Array;
  #hashes: Uint32Array;
  readonly ids: TextColumn;
  readonly senders: TextColumn;
  readonly devices: TextColumn;

  /** Allocates about the room that `like` uses, since one delta is about as large as the next. */
  constructor(like?: RememberedLog) {
    const rows = Math.max(LEAST_ROWS, Math.min(like?.length ?? 0, MOST_ROWS_AHEAD));
    this.#numbers = new Float64Array(2 * rows);
    this.#hashes = new Uint32Array(2 * rows);
    this.ids = columnLike(like?.ids, rows);
    this.senders = columnLike(like?.senders, rows);
    this.devices = columnLike(like?.devices, rows);
  }

  /** Empties the log and keeps its memory. Returns false if that is too much to keep. */
  clear(): boolean {
    this.#count = 0;
    this.ids.clear();
    this.senders.clear();
    this.devices.clear();
    return this.#hashes.length <= 2 * MOST_ROWS_KEPT;
  }

  get length(): number {
    return this.#count;
  }

  offsetAt(row: number): number {
    return this.#numbers[2 * row] as number;
  }

  eventTimeMsAt(row: number): number {
    return this.#numbers[2 * row + 1] as number;
  }

  hashHighAt(row: number): number {
    return this.#hashes[2 * row] as number;
  }

  hashLowAt(row: number): number {
    return this.#hashes[2 * row + 1] as number;
  }

  add(offset: number, { eventTimeMs, hash, transactionId, senderAccountId, deviceId }: PaymentBytes): void {
    this.#add(offset, eventTimeMs, hash.high, hash.low, transactionId, senderAccountId, deviceId);
  }

  /** A log of the payments with an event time at or past `liveFromMs`; this log itself if all of them are. */
  livingFrom(liveFromMs: number): RememberedLog {
    let dead = 0;
    for (let row = 0; row < this.#count; row += 1) if (this.eventTimeMsAt(row) < liveFromMs) dead += 1;
    if (dead === 0) return this;
    const living = new RememberedLog();
    const [id, sender, device] = [new TextKey(), new TextKey(), new TextKey()];
    for (const { offset, eventTimeMs, hashHigh, hashLow, ...texts } of this) {
      if (eventTimeMs < liveFromMs) continue;
      id.setText(texts.transactionId);
      sender.setText(texts.senderAccountId);
      device.setText(texts.deviceId);
      living.#add(offset, eventTimeMs, hashHigh, hashLow, id, sender, device);
    }
    return living;
  }

  *[Symbol.iterator](): Generator<RememberedPayment> {
    for (let row = 0; row < this.#count; row += 1) {
      yield {
        offset: this.offsetAt(row),
        transactionId: this.ids.textAt(row),
        eventTimeMs: this.eventTimeMsAt(row),
        hashHigh: this.hashHighAt(row),
        hashLow: this.hashLowAt(row),
        senderAccountId: this.senders.textAt(row),
        deviceId: this.devices.textAt(row),
      };
    }
  }

  #add(
    offset: number,
    eventTimeMs: number,
    hashHigh: number,
    hashLow: number,
    id: TextKey,
    sender: TextKey,
    device: TextKey,
  ): void {
    const row = this.#count;
    if (2 * row === this.#numbers.length) this.#grow();
    this.#count = row + 1;
    this.#numbers[2 * row] = offset;
    this.#numbers[2 * row + 1] = eventTimeMs;
    this.#hashes[2 * row] = hashHigh;
    this.#hashes[2 * row + 1] = hashLow;
    this.ids.add(id);
    this.senders.add(sender);
    this.devices.add(device);
  }

  #grow(): void {
    const [numbers, hashes] = [this.#numbers, this.#hashes];
    this.#numbers = new Float64Array(2 * numbers.length);
    this.#numbers.set(numbers);
    this.#hashes = new Uint32Array(2 * hashes.length);
    this.#hashes.set(hashes);
  }
}

function columnLike(column: TextColumn | undefined, rows: number): TextColumn {
  if (column === undefined || column.length === 0) return new TextColumn(rows);
  return new TextColumn(rows, Math.max(LEAST_TEXT_BYTES, Math.ceil((column.byteLength / column.length) * rows)));
}
