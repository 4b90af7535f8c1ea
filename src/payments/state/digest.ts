/**
 * The digest of a state: `v<fold version>:<32 hex>`. It does not depend on the order in which entries came. Each entry
 * is mixed into four 32-bit lanes, and lanes are summed modulo 2^32. So entries can be added and removed, one by one or
 * a minute at a time. Texts enter by their 64-bit hashes (text-key.ts), which the tables already hold. The digest
 * detects accidents (a lost, stale or flipped entry), not forgeries.
 */
import { avalanche, TextKey } from '../../base/memory/text-key.ts';
import { rotate } from '../../base/memory/words.ts';
import type { Counters, OpenWindow, RememberedPayment } from '../types.ts';

/** A sum of mixed entries. */
export class LaneSum {
  a = 0;
  b = 0;
  c = 0;
  d = 0;

  add(other: LaneSum): void {
    this.a = (this.a + other.a) | 0;
    this.b = (this.b + other.b) | 0;
    this.c = (this.c + other.c) | 0;
    this.d = (this.d + other.d) | 0;
  }

  subtract(other: LaneSum): void {
    this.a = (this.a - other.a) | 0;
    this.b = (this.b - other.b) | 0;
    this.c = (this.c - other.c) | 0;
    this.d = (this.d - other.d) | 0;
  }

  copyFrom(other: LaneSum): void {
    this.a = other.a;
    this.b = other.b;
    this.c = other.c;
    this.d = other.d;
  }

  toHex(): string {
    return hexWord(this.a) + hexWord(this.b) + hexWord(this.c) + hexWord(this.d);
  }
}

/** Kind of an entry. It is mixed in so that equal numbers in different roles do not cancel out. */
const KIND = { id: 1, activity: 2, window: 3, head: 4 } as const;

export type IdEntry = Pick<RememberedPayment, 'offset' | 'transactionId' | 'eventTimeMs' | 'hashHigh' | 'hashLow'>;
export type ActivityEntry = Pick<
  RememberedPayment,
  'offset' | 'eventTimeMs' | 'hashHigh' | 'hashLow' | 'senderAccountId' | 'deviceId'
>;

/** The 64-bit hash of a text, as a TextKey holds it. */
export interface Lanes {
  readonly high: number;
  readonly low: number;
}

/** Mixes one entry at a time. The result is `lanes`, valid until the next entry. Each state has its own mixer. */
export class EntryMixer {
  readonly lanes = new LaneSum();
  readonly #key = new TextKey();

  ofId(offset: number, eventTimeMs: number, hashHigh: number, hashLow: number, id: Lanes): LaneSum {
    this.#start(KIND.id);
    this.#remembered(offset, eventTimeMs, hashHigh, hashLow);
    this.#hash(id);
    return this.#finish();
  }

  ofActivity(
    offset: number,
    eventTimeMs: number,
    hashHigh: number,
    hashLow: number,
    sender: Lanes,
    device: Lanes,
  ): LaneSum {
    this.#start(KIND.activity);
    this.#remembered(offset, eventTimeMs, hashHigh, hashLow);
    this.#hash(sender);
    this.#hash(device);
    return this.#finish();
  }

  ofWindow(window: OpenWindow): LaneSum {
    this.#start(KIND.window);
    this.#integer(window.windowStartMs);
    this.#text(window.region);
    this.#text(window.currency);
    this.#integer(window.transactionCount);
    this.#text(String(window.totalAmount));
    this.#text(String(window.minAmount));
    this.#text(String(window.maxAmount));
    return this.#finish();
  }

  ofHead(watermarkMs: number, counters: Readonly<Counters>): LaneSum {
    this.#start(KIND.head);
    this.#integer(watermarkMs);
    this.#integer(counters.consumed);
    this.#integer(counters.accepted);
    this.#integer(counters.duplicates);
    this.#integer(counters.late);
    this.#integer(counters.rejected);
    return this.#finish();
  }

  #remembered(offset: number, eventTimeMs: number, hashHigh: number, hashLow: number): void {
    this.#integer(offset);
    this.#integer(eventTimeMs);
    this.#word(hashHigh | 0);
    this.#word(hashLow | 0);
  }

  #hash(hash: Lanes): void {
    this.#word(hash.high);
    this.#word(hash.low);
  }

  #start(kind: number): void {
    this.lanes.a = 0x243f6a88 ^ kind;
    this.lanes.b = 0x13198a2e ^ kind;
    this.lanes.c = 0x24638842 ^ kind;
    this.lanes.d = 0x299f31d0 ^ kind;
  }

  /** A safe integer as two words. */
  #integer(value: number): void {
    this.#word(value | 0);
    this.#word(Math.floor(value / 4_294_967_296) | 0);
  }

  #text(text: string): void {
    this.#hash(this.#key.setText(text));
  }

  #word(word: number): void {
    const lanes = this.lanes;
    lanes.a = rotate(Math.imul(lanes.a ^ word, 0x85ebca6b | 0), 13);
    lanes.b = rotate(Math.imul(lanes.b ^ word, 0xc2b2ae35 | 0), 15);
    lanes.c = rotate(Math.imul(lanes.c ^ word, 0x9e3779b1 | 0), 17);
    lanes.d = rotate(Math.imul(lanes.d ^ word, 0x27d4eb2f | 0), 19);
  }

  #finish(): LaneSum {
    const lanes = this.lanes;
    lanes.a = avalanche(lanes.a);
    lanes.b = avalanche(lanes.b);
    lanes.c = avalanche(lanes.c);
    lanes.d = avalanche(lanes.d);
    return lanes;
  }
}

function hexWord(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
