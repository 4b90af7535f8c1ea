/**
 * Memory for columns that live until their append is encoded, reused for the next append: such columns would be most of
 * an append's garbage. The memory is not cleared: it holds old values.
 */
const ALIGNMENT = 8;
const LEAST_BYTES = 64 * 1024;

export class Scratch {
  #memory = new ArrayBuffer(LEAST_BYTES);
  #used = 0;
  /** Since reset(), what did not fit included. */
  #wanted = 0;

  /** Everything handed out before is void. */
  reset(): void {
    if (this.#wanted > this.#memory.byteLength) this.#memory = new ArrayBuffer(2 * this.#wanted);
    this.#used = 0;
    this.#wanted = 0;
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    const [memory, at] = this.#take(length);
    return new Uint8Array(memory, at, length);
  }

  int32(length: number): Int32Array<ArrayBuffer> {
    const [memory, at] = this.#take(4 * length);
    return new Int32Array(memory, at, length);
  }

  #take(byteLength: number): [ArrayBuffer, number] {
    const rounded = Math.ceil(byteLength / ALIGNMENT) * ALIGNMENT;
    this.#wanted += rounded;
    const at = this.#used;
    if (at + rounded > this.#memory.byteLength) return [new ArrayBuffer(rounded), 0];
    this.#used = at + rounded;
    return [this.#memory, at];
  }
}
