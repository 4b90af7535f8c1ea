/**
 * Payments that another pipeline wrote before a topic was first processed: how they are remembered, and the digest by
 * which a changed list is noticed. They are ids with an event time, and nothing else is known of them.
 */
import { TextKey } from '../../base/memory/text-key.ts';
import type { KnownPayment } from '../types.ts';
import { EntryMixer, type IdEntry, LaneSum } from './digest.ts';

/** Stands in place of the offset of an id that no record of this topic was accepted for. */
export const ELSEWHERE = -1;

export function knownEntry({ transactionId, eventTimeMs }: KnownPayment): IdEntry {
  return { transactionId, eventTimeMs, offset: ELSEWHERE, hashHigh: 0, hashLow: 0 };
}

/** Number and order-free digest of a list: each payment enters as the state digest mixes it. */
export class KnownSum {
  readonly #mixer = new EntryMixer();
  readonly #key = new TextKey();
  readonly #lanes = new LaneSum();
  #count = 0;
  #toMs = Number.NEGATIVE_INFINITY;

  add(payment: KnownPayment): void {
    const { offset, eventTimeMs, hashHigh, hashLow } = knownEntry(payment);
    this.#lanes.add(this.#mixer.ofId(offset, eventTimeMs, hashHigh, hashLow, this.#key.setText(payment.transactionId)));
    this.#count += 1;
    this.#toMs = Math.max(this.#toMs, eventTimeMs);
  }

  get count(): number {
    return this.#count;
  }

  /** The greatest event time; -Infinity if there are none. */
  get toMs(): number {
    return this.#toMs;
  }

  get digest(): string {
    return this.#lanes.toHex();
  }
}
