/**
 * Reads the usual form of an event straight from its bytes: one flat object of exactly the ten members, plain ASCII
 * without escapes, amounts and times in plain digits. Anything else it declines, and JSON.parse and the checks of
 * validation.ts have the word: so it never rejects, and what it does read is what they would read (scan-event.test.ts
 * draws events to hold that).
 */

/** Members by the numbers that the scanner gives them; texts first. */
export const MEMBER = {
  transactionId: 0,
  senderAccountId: 1,
  receiverAccountId: 2,
  currency: 3,
  deviceId: 4,
  ipAddress: 5,
  region: 6,
  paymentMethod: 7,
  amount: 8,
  timestamp: 9,
} as const;

const NAMES = [
  'transaction_id',
  'sender_account_id',
  'receiver_account_id',
  'currency',
  'device_id',
  'ip_address',
  'region',
  'payment_method',
  'amount',
  'timestamp',
].map((name) => Buffer.from(`"${name}"`));
const TEXT_MEMBERS = 8;
const ALL_MEMBERS = (1 << NAMES.length) - 1;
const NOT_FOUND = -1;

const MAX_TEXT_BYTES = 256;
const NANOS_PER_UNIT = 1_000_000_000;
/** Digits of whole units whose nanos are safe integers, and of any safe integer. */
const MAX_UNIT_DIGITS = 6;
const MAX_TIME_DIGITS = 15;
const MAX_FRACTION_DIGITS = 9;
/** Every decimal of so many digits is the shortest form of its double: see decimal.ts. */
const MAX_NUMBER_DIGITS = 15;

const QUOTE = 0x22;
const COMMA = 0x2c;
const POINT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** 1 for bytes that stand for themselves in a JSON text. */
const PLAIN = new Uint8Array(256).fill(1, 0x20, 0x80);
PLAIN[QUOTE] = 0;
PLAIN[0x5c] = 0;
const BLANK = new Uint8Array(256);
for (const blank of [0x20, 0x09, 0x0a, 0x0d]) BLANK[blank] = 1;

export class EventScanner {
  /** Texts by member: [start, end) in the value. */
  readonly starts = new Int32Array(TEXT_MEMBERS);
  readonly ends = new Int32Array(TEXT_MEMBERS);
  /** A safe integer. */
  amountNanos = 0;
  timestampMs = 0;
  /** The member found at each place of the last event: producers rarely change their mind. */
  readonly #order = NAMES.map((_, index) => index);
  #value: Buffer = Buffer.alloc(0);
  #at = 0;

  /** False: this is not the usual form, or a member is not as it should be. */
  scan(value: Buffer): boolean {
    this.#value = value;
    this.#at = 0;
    if (!this.#take(OPEN)) return false;
    let seen = 0;
    for (let place = 0; place < NAMES.length; place += 1) {
      if (place > 0 && !this.#take(COMMA)) return false;
      const member = this.#member(place);
      if (member === NOT_FOUND || !this.#take(COLON)) return false;
      seen |= 1 << member;
      this.#skipBlanks();
      const read =
        member < TEXT_MEMBERS ? this.#text(member) : member === MEMBER.amount ? this.#amount() : this.#timestamp();
      if (!read) return false;
    }
    if (seen !== ALL_MEMBERS || !this.#take(CLOSE)) return false;
    this.#skipBlanks();
    return this.#at === value.length && this.#isCurrency();
  }

  #skipBlanks(): void {
    while (this.#at < this.#value.length && BLANK[this.#value[this.#at] as number] === 1) this.#at += 1;
  }

  #take(byte: number): boolean {
    this.#skipBlanks();
    if (this.#at >= this.#value.length || this.#value[this.#at] !== byte) return false;
    this.#at += 1;
    return true;
  }

  #member(place: number): number {
    this.#skipBlanks();
    const expected = this.#order[place] as number;
    if (this.#name(expected)) return expected;
    for (let member = 0; member < NAMES.length; member += 1) {
      if (!this.#name(member)) continue;
      this.#order[place] = member;
      return member;
    }
    return NOT_FOUND;
  }

  #name(member: number): boolean {
    const name = NAMES[member] as Buffer;
    const value = this.#value;
    const start = this.#at;
    if (start + name.length > value.length) return false;
    // From the end: names share their beginnings less than their lengths.
    for (let index = name.length - 1; index >= 0; index -= 1) if (value[start + index] !== name[index]) return false;
    this.#at = start + name.length;
    return true;
  }

  #text(member: number): boolean {
    const value = this.#value;
    const start = this.#at + 1;
    let at = start;
    if (start > value.length || value[start - 1] !== QUOTE) return false;
    while (at < value.length && PLAIN[value[at] as number] === 1) at += 1;
    if (at >= value.length || value[at] !== QUOTE || at === start || at - start > MAX_TEXT_BYTES) return false;
    this.starts[member] = start;
    this.ends[member] = at;
    this.#at = at + 1;
    return true;
  }

  #amount(): boolean {
    const value = this.#value;
    const quoted = this.#at < value.length && value[this.#at] === QUOTE;
    if (quoted) this.#at += 1;
    const start = this.#at;
    const units = this.#digits(MAX_UNIT_DIGITS);
    const unitDigits = this.#at - start;
    if (unitDigits === 0 || (!quoted && unitDigits > 1 && value[start] === ZERO)) return false;
    let nanos = 0;
    let fractionDigits = 0;
    if (this.#at < value.length && value[this.#at] === POINT) {
      this.#at += 1;
      const fractionStart = this.#at;
      nanos = this.#digits(MAX_FRACTION_DIGITS);
      fractionDigits = this.#at - fractionStart;
      if (fractionDigits === 0) return false;
      for (let digits = fractionDigits; digits < MAX_FRACTION_DIGITS; digits += 1) nanos *= 10;
    }
    if (!quoted && unitDigits + fractionDigits > MAX_NUMBER_DIGITS) return false;
    this.amountNanos = units * NANOS_PER_UNIT + nanos;
    return quoted ? this.#endOfText() : this.#endOfNumber();
  }

  #timestamp(): boolean {
    const start = this.#at;
    this.timestampMs = this.#digits(MAX_TIME_DIGITS);
    const digits = this.#at - start;
    if (digits === 0 || (digits > 1 && this.#value[start] === ZERO)) return false;
    return this.#endOfNumber();
  }

  /** The value of at most so many digits; more are left where they are, for what comes next to trip over. */
  #digits(most: number): number {
    const value = this.#value;
    const end = Math.min(value.length, this.#at + most);
    let at = this.#at;
    let number = 0;
    for (; at < end; at += 1) {
      const digit = (value[at] as number) - ZERO;
      if (digit < 0 || digit > 9) break;
      number = number * 10 + digit;
    }
    this.#at = at;
    return number;
  }

  #endOfText(): boolean {
    if (this.#at >= this.#value.length || this.#value[this.#at] !== QUOTE) return false;
    this.#at += 1;
    return true;
  }

  #endOfNumber(): boolean {
    if (this.#at >= this.#value.length) return false;
    const byte = this.#value[this.#at] as number;
    return byte === COMMA || byte === CLOSE || BLANK[byte] === 1;
  }

  #isCurrency(): boolean {
    const start = this.starts[MEMBER.currency] as number;
    if ((this.ends[MEMBER.currency] as number) - start !== 3) return false;
    for (let at = start; at < start + 3; at += 1) {
      const byte = this.#value[at] as number;
      if (byte < 0x41 || byte > 0x5a) return false;
    }
    return true;
  }
}
