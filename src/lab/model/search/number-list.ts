/** A list of 32-bit integers that grows: 4 bytes each, where an array of millions would take twice that and more. */
export class NumberList {
  #items = new Int32Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#items.length) {
      const larger = new Int32Array(this.#items.length * 2);
      larger.set(this.#items);
      this.#items = larger;
    }
    this.#items[this.#length++] = value;
  }

  /** The item at an index below `length`. */
  at(index: number): number {
    return this.#items[index]!;
  }
}
