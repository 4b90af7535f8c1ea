/**
 * The payments accepted since the last delta, as columns: a list of objects would be most of what the garbage collector
 * has to look at. They are read as RememberedPayment objects, one at a time, by whoever writes them down.
 */
import type { PaymentBytes } from './payment-bytes.ts';
import { TextColumn } from './text-column.ts';
import { TextKey } from './text-key.ts';
import type { RememberedList, RememberedPayment } from './types.ts';

const LEAST_ROWS = 64;

export class RememberedLog implements RememberedList {
  #count = 0;
  #numbers = new Float64Array(2 * LEAST_ROWS);
  #hashes = new Uint32Array(2 * LEAST_ROWS);
  readonly #ids = new TextColumn();
  readonly #senders = new TextColumn();
  readonly #devices = new TextColumn();

  get length(): number {
    return this.#count;
  }

  add(offset: number, { eventTimeMs, hash, transactionId, senderAccountId, deviceId }: PaymentBytes): void {
    this.#add(offset, eventTimeMs, hash.high, hash.low, transactionId, senderAccountId, deviceId);
  }

  /** Those with an event time at or past `liveFromMs`; this one where that is all. */
  livingFrom(liveFromMs: number): RememberedLog {
    let dead = 0;
    for (let row = 0; row < this.#count; row += 1) if ((this.#numbers[2 * row + 1] as number) < liveFromMs) dead += 1;
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
        offset: this.#numbers[2 * row] as number,
        transactionId: this.#ids.textAt(row),
        eventTimeMs: this.#numbers[2 * row + 1] as number,
        hashHigh: this.#hashes[2 * row] as number,
        hashLow: this.#hashes[2 * row + 1] as number,
        senderAccountId: this.#senders.textAt(row),
        deviceId: this.#devices.textAt(row),
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
    this.#ids.add(id);
    this.#senders.add(sender);
    this.#devices.add(device);
  }

  #grow(): void {
    const [numbers, hashes] = [this.#numbers, this.#hashes];
    this.#numbers = new Float64Array(2 * numbers.length);
    this.#numbers.set(numbers);
    this.#hashes = new Uint32Array(2 * hashes.length);
    this.#hashes.set(hashes);
  }
}
