/**
 * Touches (touch.ts) the memory that the next payments will look up: their ids, their senders with the latest entries
 * of their chains, and their devices. The fold of each payment then finds it in the CPU cache. No result depends on it.
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

  /** `indexKey` is the key of the tables that it touches. */
  constructor(indexKey: IndexKey) {
    this.#indexKey = indexKey;
  }

  /** Touches the entries of the first `count` payments that `reader` read last. */
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
