/**
 * Masks what looks like a card number in a text, in any script and spelling. A run of 13 digits or more counts as one:
 * all digits but the last four become an asterisk. It works in one pass, so the cost is linear in the length of the
 * text.
 *
 * A digit is any decimal digit of Unicode (Nd), as itself or as a JSON escape (`\u0034`, with any number of
 * backslashes). Between two digits of a run there may be:
 * - up to three separators: blanks, controls, dashes, underscores, dot, comma, slash and the others of SEPARATORS, each
 *   as itself or as an escape;
 * - any number of characters without width (format characters, combining marks).
 *
 * There is no Luhn check and no maximum length, so that a mistyped number, or one with its expiry date, is masked too.
 */

const MIN_CARD_DIGITS = 13;
const VISIBLE_DIGITS = 4;
const MAX_SEPARATORS = 3;
const MASK = '*';

/**
 * Separators besides those of the classes below. The last five are letters and signs that look like blanks. Percent
 * encoding and decimal HTML encoding put `%`, `;`, `&` and `#` between digits.
 */
const SEPARATORS = new Set(".,/'|%;&#·•‧∙⋅・−．，／’\u115f\u1160\u2800\u3164\uffa0");
const DIGIT = /^\p{Nd}$/u;
const ROOMLESS = /^[\p{Cf}\p{Mn}\p{Me}]$/u;
const SEPARATOR = /^[\p{Z}\p{Cc}\p{Pd}\p{Pc}]$/u;
const BACKSLASH = 0x5c;
const SMALL_U = 0x75;
/** The letters of JSON's short escapes for separators, such as `\n` and `\/`. */
const SHORT_ESCAPES = new Set('bfnrt/');

/** [start, end) of a text, in UTF-16 units. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

export interface MaskOptions {
  /** A run with exactly this range is not masked: the event's own time. */
  readonly except?: TextRange | undefined;
  /** The text is cut at its end, so a run that reaches the end is masked whole, even a short one. */
  readonly goesOn?: boolean;
}

const NEITHER = 0;
const A_DIGIT = 1;
const A_SEPARATOR = 2;
const A_ROOMLESS = 3;
type Kind = typeof NEITHER | typeof A_DIGIT | typeof A_SEPARATOR | typeof A_ROOMLESS;

export function maskCardNumbers(text: string, { except, goesOn = false }: MaskOptions = {}): string {
  const walk = new Walk(text);
  let masked = '';
  let copiedTo = 0;
  while (walk.toDigit()) {
    const run = walk.run();
    const { digits } = run;
    const toEnd = goesOn && run.reachesEnd;
    if (digits.length < MIN_CARD_DIGITS && !toEnd) continue;
    const first = digits[0] as TextRange;
    const last = digits.at(-1) as TextRange;
    if (except !== undefined && first.start === except.start && last.end === except.end) continue;
    for (const { start, end } of toEnd ? digits : digits.slice(0, -VISIBLE_DIGITS)) {
      masked += text.slice(copiedTo, start) + MASK;
      copiedTo = end;
    }
  }
  return copiedTo === 0 ? text : masked + text.slice(copiedTo);
}

interface Run {
  readonly digits: readonly TextRange[];
  /** Only separators and characters without width follow its last digit, up to the end of the text. */
  readonly reachesEnd: boolean;
}

/** Reads a text unit by unit. A unit is a character or an escape. */
class Walk {
  readonly #text: string;
  #at = 0;
  /** End of the unit read last. */
  #end = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Moves to the next digit. Returns false at the end of the text. */
  toDigit(): boolean {
    for (; this.#at < this.#text.length; this.#at = this.#end) if (this.#read() === A_DIGIT) return true;
    return false;
  }

  /** Reads the run that begins at the current digit. It stops at the first unit that does not belong to the run. */
  run(): Run {
    const digits: TextRange[] = [];
    let separators = 0;
    for (; this.#at < this.#text.length; this.#at = this.#end) {
      const kind = this.#read();
      if (kind === A_DIGIT) {
        digits.push({ start: this.#at, end: this.#end });
        separators = 0;
      } else if (kind === A_SEPARATOR && separators < MAX_SEPARATORS) separators += 1;
      else if (kind !== A_ROOMLESS) return { digits, reachesEnd: false };
    }
    return { digits, reachesEnd: true };
  }

  /** Returns the kind of the unit at #at and sets #end. */
  #read(): Kind {
    const code = this.#text.charCodeAt(this.#at);
    if (code === BACKSLASH) return this.#readEscape();
    if (code < 0x80) {
      this.#end = this.#at + 1;
      return ASCII_KINDS[code] as Kind;
    }
    const character = String.fromCodePoint(this.#text.codePointAt(this.#at) as number);
    this.#end = this.#at + character.length;
    return kindOf(character);
  }

  /** Backslashes form one unit with the escape that follows them. Without an escape they are a separator. */
  #readEscape(): Kind {
    let at = this.#at;
    while (this.#text.charCodeAt(at) === BACKSLASH) at += 1;
    this.#end = at;
    if (SHORT_ESCAPES.has(this.#text.charAt(at))) {
      this.#end = at + 1;
      return A_SEPARATOR;
    }
    const high = this.#escaped(at);
    if (high === undefined) return A_SEPARATOR;
    this.#end = at + 5;
    if (high < 0xd800 || high > 0xdbff) return kindOf(String.fromCodePoint(high));
    at = this.#end;
    while (this.#text.charCodeAt(at) === BACKSLASH) at += 1;
    const low = at > this.#end ? this.#escaped(at) : undefined;
    if (low === undefined || low < 0xdc00 || low > 0xdfff) return NEITHER;
    this.#end = at + 5;
    return kindOf(String.fromCharCode(high, low));
  }

  /** The UTF-16 unit that `uXXXX` at `at` spells, or undefined if there is none. */
  #escaped(at: number): number | undefined {
    if (this.#text.charCodeAt(at) !== SMALL_U) return undefined;
    const hex = this.#text.slice(at + 1, at + 5);
    return /^[0-9a-fA-F]{4}$/.test(hex) ? Number.parseInt(hex, 16) : undefined;
  }
}

function kindOf(character: string): Kind {
  if (DIGIT.test(character)) return A_DIGIT;
  if (ROOMLESS.test(character)) return A_ROOMLESS;
  return SEPARATOR.test(character) || SEPARATORS.has(character) ? A_SEPARATOR : NEITHER;
}

const ASCII_KINDS: readonly Kind[] = Array.from({ length: 0x80 }, (_, code) => kindOf(String.fromCharCode(code)));
