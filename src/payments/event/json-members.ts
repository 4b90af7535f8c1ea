/**
 * Finds the members of a JSON object in its text: the range of each value, so that callers can read a number from its
 * source text, and the names that repeat. It is as strict as JSON.parse (RFC 8259). It works in one pass and without
 * recursion, so the cost is linear in the length of the text at any depth. It decodes no values; `textOf` decodes one
 * string.
 */

/** Range and kind of a value. Every value that is neither a text nor a number is `other`. */
export interface JsonSpan {
  readonly kind: 'text' | 'number' | 'other';
  /** [start, end) in UTF-16 units. The range of a text includes its quotes. */
  readonly start: number;
  readonly end: number;
}

export interface JsonMembers {
  /** The first value of each name; names are unescaped. */
  readonly spans: ReadonlyMap<string, JsonSpan>;
  /** Names that occur more than once, in the order of their first repetition. */
  readonly repeated: ReadonlySet<string>;
}

/** `at` is the index of the first character that JSON does not allow there, or the text's length if it ends early. */
export interface NotJson {
  readonly problem: 'not_json';
  readonly at: number;
}

export interface NotAnObject {
  readonly problem: 'not_an_object';
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const SMALL_U = 0x75;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
/** Distance from an opening bracket to its closing one, in ASCII. */
const TO_CLOSING = 2;
const ESCAPABLE = new Set([...'"\\/bfnrt'].map((character) => character.charCodeAt(0)));
const WORDS = ['true', 'false', 'null'];

export function readMembers(text: string): JsonMembers | NotJson | NotAnObject {
  return new Reading(text).read();
}

/** The string that a span of kind `text` spells. */
export function textOf(text: string, { start, end }: JsonSpan): string {
  const inside = text.slice(start + 1, end - 1);
  return inside.includes('\\') ? (JSON.parse(`"${inside}"`) as string) : inside;
}

class Reading {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): JsonMembers | NotJson | NotAnObject {
    this.#skipBlanks();
    const isObject = this.#code() === OPEN_OBJECT;
    const spans = new Map<string, JsonSpan>();
    const repeated = new Set<string>();
    if (!(isObject ? this.#members(spans, repeated) : this.#skipValue())) return this.#notJson();
    this.#skipBlanks();
    if (this.#at !== this.#text.length) return this.#notJson();
    return isObject ? { spans, repeated } : { problem: 'not_an_object' };
  }

  #notJson(): NotJson {
    return { problem: 'not_json', at: Math.min(this.#at, this.#text.length) };
  }

  #members(spans: Map<string, JsonSpan>, repeated: Set<string>): boolean {
    this.#at += 1;
    this.#skipBlanks();
    if (this.#take(CLOSE_OBJECT)) return true;
    do {
      this.#skipBlanks();
      const nameStart = this.#at;
      if (!this.#skipString()) return false;
      const name = textOf(this.#text, { kind: 'text', start: nameStart, end: this.#at });
      this.#skipBlanks();
      if (!this.#take(COLON)) return false;
      this.#skipBlanks();
      const start = this.#at;
      if (!this.#skipValue()) return false;
      if (spans.has(name)) repeated.add(name);
      else spans.set(name, { kind: this.#kindAt(start), start, end: this.#at });
      this.#skipBlanks();
    } while (this.#take(COMMA));
    return this.#take(CLOSE_OBJECT);
  }

  #kindAt(start: number): JsonSpan['kind'] {
    const code = this.#text.charCodeAt(start);
    if (code === QUOTE) return 'text';
    return code === MINUS || isDigit(code) ? 'number' : 'other';
  }

  /** Moves past the value at `#at`, at any depth. False: the text is not JSON, and `#at` is the place. */
  #skipValue(): boolean {
    const closings: number[] = [];
    for (;;) {
      const code = this.#code();
      if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
        const closing = code + TO_CLOSING;
        closings.push(closing);
        this.#at += 1;
        this.#skipBlanks();
        if (this.#code() !== closing) {
          if (!this.#toValue(closing)) return false;
          continue;
        }
      } else if (!this.#skipScalar()) return false;
      if (!this.#toNextValue(closings)) return false;
      if (closings.length === 0) return true;
    }
  }

  /** Moves from the end of a value to the next value, past every closing bracket between them. */
  #toNextValue(closings: number[]): boolean {
    for (;;) {
      const closing = closings.at(-1);
      if (closing === undefined) return true;
      this.#skipBlanks();
      if (this.#take(closing)) {
        closings.pop();
        continue;
      }
      if (!this.#take(COMMA)) return false;
      this.#skipBlanks();
      return this.#toValue(closing);
    }
  }

  /** Moves to the value of the next member or element. In an object that is past a name and its colon. */
  #toValue(closing: number): boolean {
    if (closing !== CLOSE_OBJECT) return true;
    if (!this.#skipString()) return false;
    this.#skipBlanks();
    if (!this.#take(COLON)) return false;
    this.#skipBlanks();
    return true;
  }

  #skipScalar(): boolean {
    const code = this.#code();
    if (code === QUOTE) return this.#skipString();
    if (code === MINUS || isDigit(code)) return this.#skipNumber();
    const word = WORDS.find((each) => this.#text.startsWith(each, this.#at));
    if (word === undefined) return false;
    this.#at += word.length;
    return true;
  }

  #skipString(): boolean {
    if (!this.#take(QUOTE)) return false;
    const text = this.#text;
    for (;;) {
      let at = this.#at;
      let code = text.charCodeAt(at);
      while (code >= 0x20 && code !== QUOTE && code !== BACKSLASH) {
        at += 1;
        code = text.charCodeAt(at);
      }
      this.#at = at;
      if (code === QUOTE) {
        this.#at += 1;
        return true;
      }
      // Without a backslash it is a control character or the end of the text.
      if (code !== BACKSLASH || !this.#skipEscape()) return false;
    }
  }

  #skipEscape(): boolean {
    this.#at += 1;
    const code = this.#code();
    if (ESCAPABLE.has(code)) {
      this.#at += 1;
      return true;
    }
    if (code !== SMALL_U) return false;
    this.#at += 1;
    for (let digit = 0; digit < 4; digit += 1) {
      if (!isHexDigit(this.#code())) return false;
      this.#at += 1;
    }
    return true;
  }

  #skipNumber(): boolean {
    this.#take(MINUS);
    if (!this.#take(ZERO) && !this.#skipDigits()) return false;
    if (this.#take(POINT) && !this.#skipDigits()) return false;
    const code = this.#code();
    if (code !== 0x65 && code !== 0x45) return true;
    this.#at += 1;
    if (!this.#take(MINUS)) this.#take(0x2b);
    return this.#skipDigits();
  }

  /** Moves past digits. False if there is none. */
  #skipDigits(): boolean {
    const start = this.#at;
    while (isDigit(this.#code())) this.#at += 1;
    return this.#at > start;
  }

  #skipBlanks(): void {
    for (;;) {
      const code = this.#code();
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at += 1;
    }
  }

  #take(code: number): boolean {
    if (this.#code() !== code) return false;
    this.#at += 1;
    return true;
  }

  /** The character code at `#at`, or NaN past the end. */
  #code(): number {
    return this.#text.charCodeAt(this.#at);
  }
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isHexDigit(code: number): boolean {
  return isDigit(code) || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66);
}
