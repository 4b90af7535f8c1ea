/**
 * Touches (touch.ts) what the next payments will look for: their ids, their senders with the latest entries of their
 * chains, their devices. The fold of each then finds it in the cache.
 */

import { HashList } from '../base/memory/prefetch.ts';
import type { IndexKey } from '../base/memory/slot-hash.ts';
import { PaymentBytes } from './event/payment-bytes.ts';
import type { PaymentReader } from './event/payment-reader.ts';
import type { SenderActivity } from './state/activity.ts';
import type { KnownIds } from './state/known-ids.ts';

export class LookAhead {
  readonly #ids = new HashList();
  readonly #senders = new HashList();
  readonly #devices = new HashList();
  readonly #indexKey: IndexKey;
  touched = 0;

  /** The key of the tables that are looked at. */
  constructor(indexKey: IndexKey) {
    this.#indexKey = indexKey;
  }

  /** Of the payments that the reader has read last, so many. */
  look(reader: PaymentReader, count: number, ids: KnownIds, activity: SenderActivity): void {
    this.#ids.count = 0;
    this.#senders.count = 0;
    this.#devices.count = 0;
    for (let index = 0; index < count; index += 1) {
      const payment = reader.at(index);
      if (!(payment instanceof PaymentBytes)) continue;
      this.#ids.add(payment.transactionId.slotOf(this.#indexKey));
      this.#senders.add(payment.senderAccountId.slotOf(this.#indexKey));
      this.#devices.add(payment.deviceId.slotOf(this.#indexKey));
    }
    this.touched ^= ids.touch(this.#ids) ^ activity.touch(this.#senders, this.#devices);
  }
}
