/**
 * Reads the usual form of an event straight from its bytes: one flat object with the members of payments/columns.ts and
 * no others, in plain ASCII without escapes, with amounts and times in plain digits. It declines every other form, and
 * validation.ts then reads the value. So the scanner never rejects.
 *
 * Invariant: what it reads equals what validation.ts would read. payment-reader.test.ts checks it with random events.
 *
 * A value is copied to a scratch, with zeros after its end. No byte that the scanner looks for is zero, so its loops
 * need no check for the end. It compares names and scans texts one word of four bytes at a time.
 */
import type { ByteScratch } from '../../base/memory/text-key.ts';
import { memberOf, PAYMENT_COLUMNS, type PaymentColumn, TEXT_COLUMNS, textNumber } from '../columns.ts';

/** Members in the order of their numbers in the scanner: texts as in TEXT_COLUMNS, then the amount and the time. */
const SCANNED: readonly PaymentColumn[] = [
  ...TEXT_COLUMNS,
  ...PAYMENT_COLUMNS.filter(({ kind }) => kind === 'decimal'),
  ...PAYMENT_COLUMNS.filter(({ kind }) => kind === 'time'),
];
const NAMES = SCANNED.map((column) => nameWords(`"${memberOf(column)}"`));
const TEXTS = TEXT_COLUMNS.length;
const AMOUNT = TEXTS;
const CURRENCY = textNumber('currency');
const OPTIONAL = [...SCANNED.keys()].filter((member) => SCANNED[member]!.nullable === true);
const REQUIRED_MEMBERS = OPTIONAL.reduce((members, member) => members & ~(1 << member), (1 << NAMES.length) - 1);
const NOT_FOUND = -1;

const MAX_TEXT_BYTES = 256;
const NANOS_PER_UNIT = 1_000_000_000;
/** Up to this many digits of whole units, the amount in nanos is a safe integer. */
const MAX_UNIT_DIGITS = 6;
/** Every integer of this many digits is a safe integer. */
const MAX_TIME_DIGITS = 15;
const MAX_FRACTION_DIGITS = 9;
/** A decimal of at most this many digits is the shortest form of its double: see decimal.ts. */
const MAX_NUMBER_DIGITS = 15;

const QUOTE = 0x22;
const COMMA = 0x2c;
const POINT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const POWERS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

const BLANK = new Uint8Array(256);
for (const blank of [0x20, 0x09, 0x0a, 0x0d]) BLANK[blank] = 1;

export class EventScanner {
  /** The text of each member is [start, end) in the scratch. */
  readonly starts = new Int32Array(TEXTS);
  readonly ends = new Int32Array(TEXTS);
  /** A safe integer. */
  amountNanos = 0;
  timestampMs = 0;
  /** The member at each place of the last event. It is tried first, since producers rarely change the order. */
  readonly #order = NAMES.map((_, index) => index);
  readonly #scratch: ByteScratch;
  readonly #bytes: Buffer;
  readonly #view: DataView;
  #at = 0;

  constructor(scratch: ByteScratch) {
    this.#scratch = scratch;
    this.#bytes = scratch.bytes;
    this.#view = scratch.view;
  }

  /**
   * Reads [start, end) of the bytes, copied to `at` of the scratch. False: not the usual form, or an invalid member.
   */
  scan(from: Buffer, start = 0, end = from.length, at = 0): boolean {
    const scannedEnd = at + end - start;
    if (scannedEnd > this.#scratch.capacity) return false;
    from.copy(this.#bytes, at, start, end);
    this.#view.setInt32(scannedEnd, 0, true);
    this.#at = at;
    if (!this.#take(OPEN)) return false;
    for (const member of OPTIONAL) this.starts[member] = this.ends[member] = 0;
    let seen = 0;
    for (let place = 0; place < NAMES.length; place += 1) {
      if (place > 0 && !this.#take(COMMA)) break;
      const member = this.#member(place);
      if (member === NOT_FOUND || (seen & (1 << member)) !== 0 || !this.#take(COLON)) return false;
      seen |= 1 << member;
      this.#skipBlanks();
      const read = member < TEXTS ? this.#text(member) : member === AMOUNT ? this.#amount() : this.#timestamp();
      if (!read) return false;
    }
    if ((seen & REQUIRED_MEMBERS) !== REQUIRED_MEMBERS || !this.#take(CLOSE)) return false;
    this.#skipBlanks();
    return this.#at === scannedEnd && this.#isCurrency();
  }

  #skipBlanks(): void {
    while (BLANK[this.#bytes[this.#at] as number] === 1) this.#at += 1;
  }

  #take(byte: number): boolean {
    if (this.#bytes[this.#at] !== byte) {
      this.#skipBlanks();
      if (this.#bytes[this.#at] !== byte) return false;
    }
    this.#at += 1;
    return true;
  }

  #member(place: number): number {
    this.#skipBlanks();
    const expected = this.#order[place] as number;
    if (this.#name(expected)) return expected;
    for (let member = 0; member < NAMES.length; member += 1) {
      if (member === expected || !this.#name(member)) continue;
      this.#order[place] = member;
      return member;
    }
    return NOT_FOUND;
  }

  #name(member: number): boolean {
    const { words, byteLength } = NAMES[member] as NameWords;
    const start = this.#at;
    const end = start + byteLength;
    // No value reaches past the capacity, and the view ends four bytes after it.
    if (end > this.#scratch.capacity) return false;
    const last = words.length - 1;
    // The last word first: it holds the closing quote, so names of other lengths fail at once.
    if (this.#view.getInt32(end - 4, true) !== words[last]) return false;
    for (let word = 0; word < last; word += 1) {
      if (this.#view.getInt32(start + 4 * word, true) !== words[word]) return false;
    }
    this.#at = end;
    return true;
  }

  #text(member: number): boolean {
    const start = this.#at + 1;
    if (this.#bytes[start - 1] !== QUOTE) return false;
    const view = this.#view;
    let at = start;
    let special = specialBytes(view.getInt32(at, true));
    while (special === 0) {
      at += 4;
      special = specialBytes(view.getInt32(at, true));
    }
    // Only the lowest flag is exact: the subtraction may borrow from the bytes above it.
    at += (31 - Math.clz32(special & -special)) >>> 3;
    if (this.#bytes[at] !== QUOTE || at === start || at - start > MAX_TEXT_BYTES) return false;
    this.starts[member] = start;
    this.ends[member] = at;
    this.#at = at + 1;
    return true;
  }

  #amount(): boolean {
    const bytes = this.#bytes;
    const quoted = bytes[this.#at] === QUOTE;
    if (quoted) this.#at += 1;
    const start = this.#at;
    const units = this.#digits(MAX_UNIT_DIGITS);
    const unitDigits = this.#at - start;
    if (unitDigits === 0 || (!quoted && unitDigits > 1 && bytes[start] === ZERO)) return false;
    let nanos = 0;
    let fractionDigits = 0;
    if (bytes[this.#at] === POINT) {
      this.#at += 1;
      const fractionStart = this.#at;
      nanos = this.#digits(MAX_FRACTION_DIGITS);
      fractionDigits = this.#at - fractionStart;
      if (fractionDigits === 0) return false;
      nanos *= POWERS[MAX_FRACTION_DIGITS - fractionDigits] as number;
    }
    if (!quoted && unitDigits + fractionDigits > MAX_NUMBER_DIGITS) return false;
    this.amountNanos = units * NANOS_PER_UNIT + nanos;
    return quoted ? this.#endOfText() : this.#endOfNumber();
  }

  #timestamp(): boolean {
    const start = this.#at;
    this.timestampMs = this.#digits(MAX_TIME_DIGITS);
    const digits = this.#at - start;
    if (digits === 0 || (digits > 1 && this.#bytes[start] === ZERO)) return false;
    return this.#endOfNumber();
  }

  /** Reads at most `most` digits. Any further digit stays unread, so that the check that follows fails on it. */
  #digits(most: number): number {
    const bytes = this.#bytes;
    const end = this.#at + most;
    let at = this.#at;
    let number = 0;
    for (; at < end; at += 1) {
      const digit = (bytes[at] as number) - ZERO;
      if (digit < 0 || digit > 9) break;
      number = number * 10 + digit;
    }
    this.#at = at;
    return number;
  }

  #endOfText(): boolean {
    if (this.#bytes[this.#at] !== QUOTE) return false;
    this.#at += 1;
    return true;
  }

  #endOfNumber(): boolean {
    const byte = this.#bytes[this.#at] as number;
    return byte === COMMA || byte === CLOSE || BLANK[byte] === 1;
  }

  #isCurrency(): boolean {
    const start = this.starts[CURRENCY] as number;
    if ((this.ends[CURRENCY] as number) - start !== 3) return false;
    for (let at = start; at < start + 3; at += 1) {
      const byte = this.#bytes[at] as number;
      if (byte < 0x41 || byte > 0x5a) return false;
    }
    return true;
  }
}

/** A quoted name as words of four bytes. The last word may overlap the one before it. */
interface NameWords {
  readonly words: Int32Array;
  readonly byteLength: number;
}

function nameWords(quoted: string): NameWords {
  const bytes = Buffer.from(quoted);
  const words: number[] = [];
  for (let at = 0; at + 4 < bytes.length; at += 4) words.push(bytes.readInt32LE(at));
  words.push(bytes.readInt32LE(bytes.length - 4));
  return { words: Int32Array.from(words), byteLength: bytes.length };
}

/** Non-zero if any byte of the word needs JSON escaping or is not ASCII: quote, backslash, control character. */
function specialBytes(word: number): number {
  const quotes = (word ^ 0x22222222) - 0x01010101;
  const backslashes = (word ^ 0x5c5c5c5c) - 0x01010101;
  return (quotes | backslashes | (word - 0x20202020) | word) & (0x80808080 | 0);
}
