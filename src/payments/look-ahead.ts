/**
 * Touches (touch.ts) what the next payments will look for: their ids, their senders with the latest entries of their
 * chains, their devices. The fold of each then finds it in the cache.
 */
import type { SenderActivity } from './activity.ts';
import type { KnownIds } from './known-ids.ts';
import { PaymentBytes } from './payment-bytes.ts';
import type { PaymentReader } from './payment-reader.ts';
import { HashList } from './touch.ts';

export class LookAhead {
  readonly #ids = new HashList();
  readonly #senders = new HashList();
  readonly #devices = new HashList();
  touched = 0;

  /** Of the payments that the reader has read last, so many. */
  look(reader: PaymentReader, count: number, ids: KnownIds, activity: SenderActivity): void {
    this.#ids.count = 0;
    this.#senders.count = 0;
    this.#devices.count = 0;
    for (let index = 0; index < count; index += 1) {
      const payment = reader.at(index);
      if (!(payment instanceof PaymentBytes)) continue;
      this.#ids.add(payment.transactionId.low);
      this.#senders.add(payment.senderAccountId.low);
      this.#devices.add(payment.deviceId.low);
    }
    this.touched ^= ids.touch(this.#ids) ^ activity.touch(this.#senders, this.#devices);
  }
}
