/**
 * The names of the members of one object of a mapping, known and unknown: a name is found by comparing words, the
 * one that was at the same place last time first, since producers rarely change the order. A name that comes twice in one object is
 * noticed by the serial number of the value.
 *
 * Bounded: of objects with ever new names MOST_NAMES are held. A name more is declined, and the unknown ones are forgotten.
 */
import { wordOf } from '../../../../base/memory/words.ts';

/** Unknown names that are held besides those that paths look for. */
const MOST_NAMES = 64;
/** Longer names are declined. */
const MOST_NAME_BYTES = 258;

export class Name<Step> {
  /** Of the name with its quotes. */
  readonly words: Int32Array;
  readonly byteLength: number;
  /** Bytes of the last word that belong to the name. */
  readonly lastMask: number;
  readonly isAscii: boolean;
  readonly step: Step | null;
  /** Of the value in which it was seen last. */
  serial = 0;

  constructor(quoted: Buffer, step: Step | null) {
    const view = new DataView(new ArrayBuffer(quoted.length + 4));
    for (let at = 0; at < quoted.length; at += 1) view.setUint8(at, quoted[at] as number);
    this.words = new Int32Array((quoted.length + 3) >>> 2);
    for (let word = 0; word < this.words.length; word += 1) this.words[word] = wordOf(view, 4 * word, quoted.length);
    this.byteLength = quoted.length;
    this.lastMask = quoted.length % 4 === 0 ? -1 : (1 << (8 * (quoted.length % 4))) - 1;
    this.isAscii = quoted.every((byte) => byte < 0x80);
    this.step = step;
  }

  /** Whether the name is at `at`. The view may be read three bytes past `end`. */
  isAt(view: DataView, at: number, end: number): boolean {
    const { words, lastMask } = this;
    if (at + this.byteLength > end) return false;
    const last = words.length - 1;
    // The last word first: it holds the closing quote, so names of other lengths fail at once.
    if ((view.getInt32(at + 4 * last, true) & lastMask) !== words[last]) return false;
    for (let word = 0; word < last; word += 1) if (view.getInt32(at + 4 * word, true) !== words[word]) return false;
    return true;
  }
}

export class MemberNames<Step> {
  /** Those that paths look for, then the others. */
  readonly #names: Name<Step>[] = [];
  readonly #wanted: number;
  /** By the place of a member, the name that was there last. */
  readonly #order: Name<Step>[] = [];

  constructor(steps: ReadonlyMap<string, Step>) {
    // A name that JSON can only spell with escapes is never read here.
    for (const [name, step] of steps)
      if (JSON.stringify(name) === `"${name}"`) this.#names.push(new Name<Step>(Buffer.from(`"${name}"`), step));
    this.#wanted = this.#names.length;
  }

  /** The name that was at this place last; undefined if there was none. */
  at(place: number): Name<Step> | undefined {
    return place < this.#order.length ? this.#order[place] : undefined;
  }

  /** The name that is [start, end) of the bytes, with its quotes. Undefined: declined. */
  find(bytes: Buffer, view: DataView, start: number, end: number, place: number): Name<Step> | undefined {
    const names = this.#names;
    const byteLength = end - start;
    let found: Name<Step> | undefined;
    for (const name of names) {
      if (name.byteLength !== byteLength || !name.isAt(view, start, end)) continue;
      found = name;
      break;
    }
    if (found === undefined) {
      if (byteLength > MOST_NAME_BYTES) return undefined;
      if (names.length === this.#wanted + MOST_NAMES) {
        names.length = this.#wanted;
        this.#order.length = 0;
        return undefined;
      }
      found = new Name<Step>(bytes.subarray(start, end), null);
      names.push(found);
    }
    if (place <= this.#order.length) this.#order[place] = found;
    return found;
  }
}
