/**
 * Finds what the paths of a mapping name in a JSON value, straight from its bytes, in one pass that checks the whole grammar. It
 * declines what is not JSON, what is nested deeply, and names with escapes, and walk-json.ts then reads the value. So the scanner
 * never rejects.
 *
 * Invariant: what it reads equals what walk-json.ts would read. read-json.test.ts checks it with drawn rules and values.
 *
 * The value lies in a scratch with zeros after its end. No byte that the scanner looks for is zero, so its loops need no check for
 * the end. Texts are scanned a word of four bytes at a time.
 */
import { isUtf8 } from 'node:buffer';
import { NO_PATH, type PathNode } from '../compiled-mapping.ts';
import { GAP_BYTES, type PathValues, VALUE_KIND } from '../path-values.ts';
import { MemberNames } from './member-names.ts';

/** Nesting of values that no path wants. Deeper ones are declined. */
const MOST_SKIPPED_DEPTH = 128;

const SPACE = 0x20;
const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const SMALL_U = 0x75;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
/** Words of four bytes, little-endian. */
const TRUE = Buffer.from('true').readInt32LE();
const ALSE = Buffer.from('alse').readInt32LE();
const NULL = Buffer.from('null').readInt32LE();

const BLANK = tableOf(' \t\n\r');
const DIGIT = tableOf('0123456789');
const HEX = tableOf('0123456789abcdefABCDEF');
const ESCAPED = tableOf('"\\/bfnrt');

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of Buffer.from(characters)) table[byte] = 1;
  return table;
}

/** A step of paths, as the scanner takes it. */
interface Step {
  readonly path: number;
  readonly wantsSource: boolean;
  /** The names of its members; null if no path looks for one. */
  readonly names: MemberNames<Step> | null;
  /** By their numbers; null if no path looks for one. */
  readonly elements: ReadonlyMap<number, Step> | null;
}

export class JsonScanner {
  readonly #root: Step;
  readonly #closings = new Uint8Array(MOST_SKIPPED_DEPTH);
  #out: PathValues | undefined;
  #bytes: Buffer = Buffer.alloc(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #at = 0;
  #end = 0;
  /** Tells the objects of one value from those of others. */
  #serial = 0;
  #isAscii = true;
  /** The text that was scanned last has escapes. */
  #isEscaped = false;

  constructor(root: PathNode) {
    this.#root = stepOf(root);
  }

  /** Fills `out` with what [start, end) of the bytes holds. False: declined, and `out` must be begun again. */
  scan(from: Buffer, start: number, end: number, out: PathValues): boolean {
    const at = out.load(from, start, end);
    this.#out = out;
    this.#bytes = out.scratch.bytes;
    this.#view = out.scratch.view;
    this.#at = at;
    this.#end = out.end - GAP_BYTES;
    this.#serial += 1;
    this.#isAscii = true;
    out.source = this.#bytes;
    this.#skipBlanks();
    if (this.#bytes[this.#at] !== OPEN_OBJECT || !this.#value(this.#root)) return false;
    this.#skipBlanks();
    if (this.#at !== this.#end) return false;
    return this.#isAscii || isUtf8(this.#bytes.subarray(at, this.#end));
  }

  #value(step: Step): boolean {
    const out = this.#out as PathValues;
    const { path } = step;
    const start = this.#at;
    const first = this.#bytes[start] as number;
    if (first === QUOTE) {
      if (!this.#text()) return false;
      if (path !== NO_PATH) this.#setText(path, start + 1, this.#at - 1);
    } else if (first === OPEN_OBJECT) {
      if (!(step.names === null ? this.#skip() : this.#object(step.names))) return false;
      if (path !== NO_PATH) out.kinds[path] = VALUE_KIND.object;
    } else if (first === OPEN_LIST) {
      if (!(step.elements === null ? this.#skip() : this.#list(step.elements))) return false;
      if (path !== NO_PATH) out.kinds[path] = VALUE_KIND.list;
    } else if (first === MINUS || DIGIT[first] === 1) {
      if (!this.#number()) return false;
      if (path !== NO_PATH) out.setRange(path, VALUE_KIND.number, start, this.#at);
    } else {
      const kind = this.#word();
      if (kind === undefined) return false;
      if (path !== NO_PATH) out.kinds[path] = kind;
    }
    if (step.wantsSource) {
      out.sourceStarts[path] = start;
      out.sourceEnds[path] = this.#at;
    }
    return true;
  }

  #setText(path: number, start: number, end: number): void {
    const out = this.#out as PathValues;
    if (!this.#isEscaped) out.setRange(path, VALUE_KIND.text, start, end);
    else out.putText(path, JSON.parse(this.#bytes.toString('utf8', start - 1, end + 1)) as string);
  }

  #object(names: MemberNames<Step>): boolean {
    this.#at += 1;
    this.#skipBlanks();
    if (this.#bytes[this.#at] === CLOSE_OBJECT) {
      this.#at += 1;
      return true;
    }
    const serial = this.#serial;
    for (let place = 0; ; place += 1) {
      const start = this.#at;
      if (this.#bytes[start] !== QUOTE) return false;
      let name = names.at(place);
      if (name?.isAt(this.#view, start, this.#end)) this.#at = start + name.byteLength;
      else {
        if (!this.#text() || this.#isEscaped) return false;
        name = names.find(this.#bytes, this.#view, start, this.#at, place);
        if (name === undefined) return false;
      }
      if (!name.isAscii) this.#isAscii = false;
      if (name.serial === serial) return false; // it comes twice
      name.serial = serial;
      if (!this.#colon()) return false;
      const { step } = name;
      if (!(step === null ? this.#skip() : this.#value(step))) return false;
      this.#skipBlanks();
      const next = this.#bytes[this.#at];
      this.#at += 1;
      if (next === CLOSE_OBJECT) return true;
      if (next !== COMMA) return false;
      this.#skipBlanks();
    }
  }

  #list(elements: ReadonlyMap<number, Step>): boolean {
    this.#at += 1;
    this.#skipBlanks();
    if (this.#bytes[this.#at] === CLOSE_LIST) {
      this.#at += 1;
      return true;
    }
    for (let index = 0; ; index += 1) {
      const step = elements.get(index);
      if (!(step === undefined ? this.#skip() : this.#value(step))) return false;
      this.#skipBlanks();
      const next = this.#bytes[this.#at];
      this.#at += 1;
      if (next === CLOSE_LIST) return true;
      if (next !== COMMA) return false;
      this.#skipBlanks();
    }
  }

  /** Moves past the value at `#at`, which no path wants. */
  #skip(): boolean {
    const first = this.#bytes[this.#at] as number;
    if (first === QUOTE) return this.#text();
    if (first === OPEN_OBJECT || first === OPEN_LIST) return this.#skipNested();
    return first === MINUS || DIGIT[first] === 1 ? this.#number() : this.#word() !== undefined;
  }

  #skipNested(): boolean {
    const bytes = this.#bytes;
    const closings = this.#closings;
    let depth = 0;
    for (;;) {
      const first = bytes[this.#at] as number;
      if (first === QUOTE) {
        if (!this.#text()) return false;
      } else if (first === OPEN_OBJECT || first === OPEN_LIST) {
        if (depth === MOST_SKIPPED_DEPTH) return false;
        const closing = first + 2;
        this.#at += 1;
        this.#skipBlanks();
        if (bytes[this.#at] !== closing) {
          closings[depth] = closing;
          depth += 1;
          if (closing === CLOSE_OBJECT && !this.#skipName()) return false;
          continue;
        }
        this.#at += 1;
      } else if (first === MINUS || DIGIT[first] === 1) {
        if (!this.#number()) return false;
      } else if (this.#word() === undefined) return false;
      // Past the end of a value: on to the next one, past all that end here.
      for (;;) {
        if (depth === 0) return true;
        this.#skipBlanks();
        const next = bytes[this.#at];
        this.#at += 1;
        if (next === closings[depth - 1]) {
          depth -= 1;
          continue;
        }
        if (next !== COMMA) return false;
        this.#skipBlanks();
        if (closings[depth - 1] === CLOSE_OBJECT && !this.#skipName()) return false;
        break;
      }
    }
  }

  #skipName(): boolean {
    return this.#text() && this.#colon();
  }

  #colon(): boolean {
    if (this.#bytes[this.#at] !== COLON) {
      this.#skipBlanks();
      if (this.#bytes[this.#at] !== COLON) return false;
    }
    this.#at += 1;
    this.#skipBlanks();
    return true;
  }

  #skipBlanks(): void {
    const bytes = this.#bytes;
    if ((bytes[this.#at] as number) > SPACE) return;
    while (BLANK[bytes[this.#at] as number] === 1) this.#at += 1;
  }

  /** Moves past the text whose quote is at `#at`. */
  #text(): boolean {
    const bytes = this.#bytes;
    const view = this.#view;
    let at = this.#at;
    if (bytes[at] !== QUOTE) return false;
    at += 1;
    this.#isEscaped = false;
    for (;;) {
      let special = specialBytes(view.getInt32(at, true));
      while (special === 0) {
        at += 4;
        special = specialBytes(view.getInt32(at, true));
      }
      // Only the lowest flag is exact: the subtraction may borrow from the bytes above it.
      at += (31 - Math.clz32(special & -special)) >>> 3;
      const byte = bytes[at] as number;
      if (byte === QUOTE) {
        this.#at = at + 1;
        return true;
      }
      if (byte >= 0x80) {
        this.#isAscii = false;
        at += 1;
        while ((bytes[at] as number) >= 0x80) at += 1;
        continue;
      }
      if (byte !== BACKSLASH) return false;
      this.#isEscaped = true;
      const escaped = bytes[at + 1] as number;
      if (ESCAPED[escaped] === 1) at += 2;
      else if (escaped === SMALL_U && this.#isHex(at + 2)) at += 6;
      else return false;
    }
  }

  /** Whether four hex digits begin at `at`. */
  #isHex(at: number): boolean {
    const bytes = this.#bytes;
    for (let digit = 0; digit < 4; digit += 1) if (HEX[bytes[at + digit] as number] !== 1) return false;
    return true;
  }

  #number(): boolean {
    const bytes = this.#bytes;
    let at = this.#at;
    if (bytes[at] === MINUS) at += 1;
    if (bytes[at] === ZERO) at += 1;
    else {
      const start = at;
      while (DIGIT[bytes[at] as number] === 1) at += 1;
      if (at === start) return false;
    }
    if (bytes[at] === POINT) {
      const start = at + 1;
      at = start;
      while (DIGIT[bytes[at] as number] === 1) at += 1;
      if (at === start) return false;
    }
    if (((bytes[at] as number) | 0x20) === 0x65) {
      at += 1;
      if (bytes[at] === PLUS || bytes[at] === MINUS) at += 1;
      const start = at;
      while (DIGIT[bytes[at] as number] === 1) at += 1;
      if (at === start) return false;
    }
    this.#at = at;
    return true;
  }

  /** Moves past `true`, `false` or `null`; undefined if it is none of them. */
  #word(): (typeof VALUE_KIND)['true' | 'false' | 'missing'] | undefined {
    const word = this.#view.getInt32(this.#at, true);
    if (word === TRUE) {
      this.#at += 4;
      return VALUE_KIND.true;
    }
    if (word === NULL) {
      this.#at += 4;
      return VALUE_KIND.missing;
    }
    if (this.#bytes[this.#at] !== 0x66 || this.#view.getInt32(this.#at + 1, true) !== ALSE) return undefined;
    this.#at += 5;
    return VALUE_KIND.false;
  }
}

function stepOf({ path, members, elements, wantsSource }: PathNode): Step {
  const steps = new Map([...members].map(([name, node]) => [name, stepOf(node)]));
  const numbered = [...elements.keys()].map((index) => [index, steps.get(String(index)) as Step] as const);
  return {
    path,
    wantsSource,
    names: steps.size === 0 ? null : new MemberNames(steps),
    elements: numbered.length === 0 ? null : new Map(numbered),
  };
}

/** Non-zero if any byte of the word needs a look: quote, backslash, control character, not ASCII. */
function specialBytes(word: number): number {
  const quotes = (word ^ 0x22222222) - 0x01010101;
  const backslashes = (word ^ 0x5c5c5c5c) - 0x01010101;
  return (quotes | backslashes | (word - 0x20202020) | word) & (0x80808080 | 0);
}
