/** Which of many things of one kind a fault is meant for: the n-th, and how many from there. Plain JSON. */

export interface Nth {
  /** From 1. Default 1. */
  readonly nth?: number;
  /** How many from the n-th on. Default 1. */
  readonly times?: number;
}

/** Counts one rule's candidates. */
export class NthRule {
  readonly #first: number;
  readonly #last: number;
  #seen = 0;
  #hits = 0;

  constructor({ nth = 1, times = 1 }: Nth) {
    this.#first = nth;
    this.#last = nth + times - 1;
  }

  /** Asked once per candidate, in their order: whether this one is meant. */
  isNext(): boolean {
    this.#seen++;
    const isMeant = this.#seen >= this.#first && this.#seen <= this.#last;
    if (isMeant) this.#hits++;
    return isMeant;
  }

  get hits(): number {
    return this.#hits;
  }
}
