/**
 * The names of the members of one object of a mapping, known and unknown, each with a number: a name is found by comparing words, the
 * one that was at the same place last time first, since producers rarely change the order. A name that comes twice in one object is
 * noticed by its number.
 *
 * Bounded: of objects with ever new names MOST_NAMES are held. A name more is declined, and the unknown ones are forgotten.
 */
import { wordOf } from '../../../../base/memory/words.ts';

export const NOT_A_NAME = -1;
/** Unknown names that are held besides those that paths look for. */
const MOST_NAMES = 64;
/** Longer names are declined. */
const MOST_NAME_BYTES = 258;

class Name<Step> {
  /** Of the name with its quotes. */
  readonly words: Int32Array;
  readonly byteLength: number;
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
    this.isAscii = quoted.every((byte) => byte < 0x80);
    this.step = step;
  }

  /** Whether the name is at `at`. The view may be read three bytes past `end`. */
  isAt(view: DataView, at: number, end: number): boolean {
    const { words, byteLength } = this;
    if (at + byteLength > end) return false;
    const last = words.length - 1;
    for (let word = 0; word < last; word += 1) if (view.getInt32(at + 4 * word, true) !== words[word]) return false;
    return wordOf(view, at + 4 * last, at + byteLength) === words[last];
  }
}

export class MemberNames<Step> {
  /** Those that paths look for, then the others. */
  readonly #names: Name<Step>[] = [];
  readonly #wanted: number;
  /** By the place of a member, the name that was there last. */
  readonly #order: number[] = [];

  constructor(steps: ReadonlyMap<string, Step>) {
    // A name that JSON can only spell with escapes is never read here.
    for (const [name, step] of steps)
      if (JSON.stringify(name) === `"${name}"`) this.#names.push(new Name<Step>(Buffer.from(`"${name}"`), step));
    this.#wanted = this.#names.length;
  }

  /** The name that was at this place last, if it is the one at `at`; otherwise NOT_A_NAME. */
  expected(view: DataView, at: number, end: number, place: number): number {
    if (place >= this.#order.length) return NOT_A_NAME;
    const name = this.#order[place] as number;
    return (this.#names[name] as Name<Step>).isAt(view, at, end) ? name : NOT_A_NAME;
  }

  /** The name that is [start, end) of the bytes, with its quotes. NOT_A_NAME: declined. */
  find(bytes: Buffer, view: DataView, start: number, end: number, place: number): number {
    const names = this.#names;
    const byteLength = end - start;
    let found = 0;
    while (found < names.length) {
      const name = names[found] as Name<Step>;
      if (name.byteLength === byteLength && name.isAt(view, start, end)) break;
      found += 1;
    }
    if (found === names.length) {
      if (byteLength > MOST_NAME_BYTES) return NOT_A_NAME;
      if (found === this.#wanted + MOST_NAMES) {
        names.length = this.#wanted;
        this.#order.length = 0;
        return NOT_A_NAME;
      }
      names.push(new Name<Step>(bytes.subarray(start, end), null));
    }
    if (place <= this.#order.length) this.#order[place] = found;
    return found;
  }

  byteLengthOf(name: number): number {
    return (this.#names[name] as Name<Step>).byteLength;
  }

  isAscii(name: number): boolean {
    return (this.#names[name] as Name<Step>).isAscii;
  }

  stepOf(name: number): Step | null {
    return (this.#names[name] as Name<Step>).step;
  }

  /** Notes that the name was seen in the value of this serial number. True if it was before. */
  sawTwice(name: number, serial: number): boolean {
    const held = this.#names[name] as Name<Step>;
    if (held.serial === serial) return true;
    held.serial = serial;
    return false;
  }
}
