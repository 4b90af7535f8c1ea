/**
 * The payments accepted since the last delta, as columns: a list of objects would be most of what the garbage collector
 * has to look at. They are read as RememberedPayment objects, one at a time, by whoever writes them down.
 */
import { TextKey } from './text-key.ts';
import type { RememberedList, RememberedPayment } from './types.ts';

const LEAST_ROWS = 64;
const LEAST_BYTES = 1_024;

export class RememberedLog implements RememberedList {
  #count = 0;
  #numbers = new Float64Array(2 * LEAST_ROWS);
  #hashes = new Uint32Array(2 * LEAST_ROWS);
  /** Of each id, in `#ids`. */
  #ends = new Uint32Array(LEAST_ROWS);
  #ids = Buffer.alloc(LEAST_BYTES);
  readonly #senders: string[] = [];
  readonly #devices: string[] = [];

  get length(): number {
    return this.#count;
  }

  /** `sender` and `device` are kept: they must be strings of their own. */
  add(
    id: TextKey,
    offset: number,
    eventTimeMs: number,
    hashHigh: number,
    hashLow: number,
    sender: string,
    device: string,
  ): void {
    const row = this.#count;
    const start = row === 0 ? 0 : (this.#ends[row - 1] as number);
    const end = start + id.byteLength;
    this.#makeRoom(row + 1, end);
    this.#count = row + 1;
    this.#numbers[2 * row] = offset;
    this.#numbers[2 * row + 1] = eventTimeMs;
    this.#hashes[2 * row] = hashHigh;
    this.#hashes[2 * row + 1] = hashLow;
    this.#ends[row] = end;
    const ids = this.#ids;
    for (let index = id.start, at = start; at < end; index += 1, at += 1) ids[at] = id.bytes[index] as number;
    this.#senders.push(sender);
    this.#devices.push(device);
  }

  /** Those with an event time at or past `liveFromMs`; this one where that is all. */
  livingFrom(liveFromMs: number): RememberedLog {
    let dead = 0;
    for (let row = 0; row < this.#count; row += 1) if ((this.#numbers[2 * row + 1] as number) < liveFromMs) dead += 1;
    if (dead === 0) return this;
    const living = new RememberedLog();
    const key = new TextKey();
    for (let row = 0; row < this.#count; row += 1) {
      const eventTimeMs = this.#numbers[2 * row + 1] as number;
      if (eventTimeMs < liveFromMs) continue;
      living.add(
        key.setBytes(this.#ids, row === 0 ? 0 : (this.#ends[row - 1] as number), this.#ends[row] as number),
        this.#numbers[2 * row] as number,
        eventTimeMs,
        this.#hashes[2 * row] as number,
        this.#hashes[2 * row + 1] as number,
        this.#senders[row] as string,
        this.#devices[row] as string,
      );
    }
    return living;
  }

  *[Symbol.iterator](): Generator<RememberedPayment> {
    let start = 0;
    for (let row = 0; row < this.#count; row += 1) {
      const end = this.#ends[row] as number;
      yield {
        offset: this.#numbers[2 * row] as number,
        transactionId: this.#ids.toString('utf8', start, end),
        eventTimeMs: this.#numbers[2 * row + 1] as number,
        hashHigh: this.#hashes[2 * row] as number,
        hashLow: this.#hashes[2 * row + 1] as number,
        senderAccountId: this.#senders[row] as string,
        deviceId: this.#devices[row] as string,
      };
      start = end;
    }
  }

  #makeRoom(rows: number, idBytes: number): void {
    if (rows > this.#ends.length) {
      const capacity = 2 * this.#ends.length;
      const [numbers, hashes, ends] = [this.#numbers, this.#hashes, this.#ends];
      this.#numbers = new Float64Array(2 * capacity);
      this.#numbers.set(numbers);
      this.#hashes = new Uint32Array(2 * capacity);
      this.#hashes.set(hashes);
      this.#ends = new Uint32Array(capacity);
      this.#ends.set(ends);
    }
    if (idBytes > this.#ids.length) {
      const grown = Buffer.alloc(Math.max(idBytes, 2 * this.#ids.length));
      grown.set(this.#ids);
      this.#ids = grown;
    }
  }
}
