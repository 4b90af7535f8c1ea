/**
 * The digest of a state: `v<fold version>:<32 hex>`, the same whatever the order in which entries came. Each entry is
 * mixed into four 32-bit lanes, and lanes are summed modulo 2^32: so entries can be added, and taken out again, one by one
 * or a minute at a time. It finds accidents (a lost, stale or flipped entry), not forgeries.
 */
import type { Counters, OpenWindow, RememberedPayment } from './types.ts';

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

/** What kind of entry lanes stand for: the same numbers in another role must not cancel out. */
const KIND = { id: 1, activity: 2, window: 3, head: 4 } as const;

export type IdEntry = Pick<RememberedPayment, 'offset' | 'transactionId' | 'eventTimeMs' | 'hashHigh' | 'hashLow'>;
export type ActivityEntry = Pick<
  RememberedPayment,
  'offset' | 'eventTimeMs' | 'hashHigh' | 'hashLow' | 'senderAccountId' | 'deviceId'
>;

/** Mixes one entry at a time; the result is `lanes`, valid until the next one. One per state, not shared. */
export class EntryMixer {
  readonly lanes = new LaneSum();

  ofId(entry: IdEntry): LaneSum {
    this.#start(KIND.id);
    this.#remembered(entry);
    this.#text(entry.transactionId);
    return this.#finish();
  }

  ofActivity(entry: ActivityEntry): LaneSum {
    this.#start(KIND.activity);
    this.#remembered(entry);
    this.#text(entry.senderAccountId);
    this.#text(entry.deviceId);
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

  #remembered(entry: Pick<RememberedPayment, 'offset' | 'eventTimeMs' | 'hashHigh' | 'hashLow'>): void {
    this.#integer(entry.offset);
    this.#integer(entry.eventTimeMs);
    this.#word(entry.hashHigh | 0);
    this.#word(entry.hashLow | 0);
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

  /** As #word for the length and then two characters a word, with the lanes in local variables: this is a hot loop. */
  #text(text: string): void {
    const lanes = this.lanes;
    const length = text.length;
    this.#word(length);
    let { a, b, c, d } = lanes;
    for (let index = 0; index < length; index += 2) {
      const second = index + 1 < length ? text.charCodeAt(index + 1) : 0;
      const word = text.charCodeAt(index) | (second << 16);
      a = rotate(Math.imul(a ^ word, 0x85ebca6b | 0), 13);
      b = rotate(Math.imul(b ^ word, 0xc2b2ae35 | 0), 15);
      c = rotate(Math.imul(c ^ word, 0x9e3779b1 | 0), 17);
      d = rotate(Math.imul(d ^ word, 0x27d4eb2f | 0), 19);
    }
    lanes.a = a;
    lanes.b = b;
    lanes.c = c;
    lanes.d = d;
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

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function avalanche(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b | 0);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35 | 0);
  return (mixed ^ (mixed >>> 16)) | 0;
}

function hexWord(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
