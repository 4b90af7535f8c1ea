/**
 * Texts one after another: the bytes of all, and where each ends. This is Arrow's layout, so a column filled from the
 * bytes of records is sent as it is, without making strings.
 */
import type { TextKey } from './text-key.ts';

const LEAST_TEXTS = 16;
const LEAST_BYTES = 256;
/** Texts are copied in words of four bytes: the last may reach past the end. */
const PADDING_BYTES = 4;

export class TextColumn {
  /** UTF-8; the first `byteLength` count. */
  bytes: Buffer;
  /** Text n is [offsets[n], offsets[n + 1]) of `bytes`; the first `length + 1` count. */
  offsets: Int32Array;
  #view: DataView;
  #length = 0;
  #byteLength = 0;

  /** Starts with room for this many texts and bytes. */
  constructor(texts = LEAST_TEXTS, byteLength = LEAST_BYTES) {
    this.offsets = new Int32Array(texts + 1);
    this.bytes = Buffer.allocUnsafeSlow(byteLength + PADDING_BYTES);
    this.#view = viewOf(this.bytes);
  }

  get length(): number {
    return this.#length;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  add({ view, start, end }: TextKey): void {
    const from = this.#byteLength;
    const to = from + end - start;
    if (to + PADDING_BYTES > this.bytes.length) this.#growBytes(to);
    const length = this.#length + 1;
    if (length >= this.offsets.length) this.#growOffsets();
    const into = this.#view;
    for (let read = start, written = from; read < end; read += 4, written += 4) {
      into.setInt32(written, view.getInt32(read, true), true);
    }
    this.offsets[length] = to;
    this.#length = length;
    this.#byteLength = to;
  }

  addEmpty(): void {
    this.addBytes(this.#view, 0, 0);
  }

  /** As add(), which is written out since every text of a payment goes through it: bytes [start, end), with three more behind. */
  addBytes(view: DataView, start: number, end: number): void {
    const from = this.#byteLength;
    const to = from + end - start;
    if (to + PADDING_BYTES > this.bytes.length) this.#growBytes(to);
    const length = this.#length + 1;
    if (length >= this.offsets.length) this.#growOffsets();
    const into = this.#view;
    for (let read = start, written = from; read < end; read += 4, written += 4) {
      into.setInt32(written, view.getInt32(read, true), true);
    }
    this.offsets[length] = to;
    this.#length = length;
    this.#byteLength = to;
  }

  /** Starts over in the same memory. */
  clear(): void {
    this.#length = 0;
    this.#byteLength = 0;
  }

  textAt(index: number): string {
    return this.bytes.toString('utf8', this.offsets[index], this.offsets[index + 1]);
  }

  #growBytes(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length) + PADDING_BYTES);
    grown.set(this.bytes.subarray(0, this.#byteLength));
    this.bytes = grown;
    this.#view = viewOf(grown);
  }

  #growOffsets(): void {
    const grown = new Int32Array(2 * this.offsets.length);
    grown.set(this.offsets);
    this.offsets = grown;
  }
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}
