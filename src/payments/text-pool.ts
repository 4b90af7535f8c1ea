/**
 * Texts that many entries share (senders, devices), each held once, under a small whole number, for as long as an entry
 * uses it. Numbers are used again; what they are depends on history, so nothing that leaves the state may depend on them.
 */
import { NO_REFERENCE, SlotTable } from './slot-table.ts';
import { TextKey } from './text-key.ts';

export class TextPool {
  readonly #table = new SlotTable();
  /** By number. */
  #texts: string[] = [];
  #uses: number[] = [];
  #highs: number[] = [];
  #lows: number[] = [];
  readonly #free: number[] = [];
  readonly #key = new TextKey();

  get size(): number {
    return this.#table.size;
  }

  /** The number of a text, with one more use of it. */
  use(key: TextKey): number {
    const hash = key.low;
    for (let slot = this.#table.first(hash); ; slot = this.#table.next(slot, hash)) {
      const found = this.#table.at(slot);
      if (found === NO_REFERENCE) break;
      if (this.#highs[found] !== key.high || !sameText(this.#texts[found] as string, key)) continue;
      this.#uses[found] = (this.#uses[found] as number) + 1;
      return found;
    }
    const number = this.#free.pop() ?? this.#texts.length;
    this.#texts[number] = key.toText();
    this.#uses[number] = 1;
    this.#highs[number] = key.high;
    this.#lows[number] = key.low;
    this.#table.add(hash, number);
    return number;
  }

  useText(text: string): number {
    return this.use(this.#key.setText(text));
  }

  /** One use less; tells whether it was the last, and the number is free now. */
  release(number: number): boolean {
    const uses = (this.#uses[number] as number) - 1;
    this.#uses[number] = uses;
    if (uses > 0) return false;
    this.#table.remove(this.#lows[number] as number, number);
    this.#texts[number] = '';
    this.#free.push(number);
    return true;
  }

  usesOf(number: number): number {
    return this.#uses[number] as number;
  }

  textOf(number: number): string {
    return this.#texts[number] as string;
  }

  /** Bytes of tables and texts: an estimate, since texts are the engine's. */
  get approximateBytes(): number {
    return this.#table.byteLength + this.#texts.length * BYTES_PER_TEXT;
  }
}

/** Text of 20 characters with its header, its place in four lists. */
const BYTES_PER_TEXT = 68;

function sameText(text: string, key: TextKey): boolean {
  const { bytes, start, byteLength } = key;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) return text === key.toText();
    if (unit !== bytes[start + index]) return false;
  }
  return text.length === byteLength;
}
