/**
 * Chance from a seed: xoshiro128** (Blackman and Vigna, 2018) over a state filled by splitmix32. Every consumer has a
 * generator of its own, derived from the run's seed and a label, so that a draw more in one place shifts none elsewhere.
 * Invariant: the same seed and label give the same numbers, on every machine.
 */

const UINT32_SPAN = 2 ** 32;

export class Rng {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** `seed`: any safe integer; both its halves count. */
  constructor(seed: number, label: string) {
    let mixed = (seed >>> 0) ^ Math.imul(Math.floor(seed / UINT32_SPAN) >>> 0, 0x9e3779b1) ^ hashLabel(label);
    const splitmix = (): number => {
      mixed = (mixed + 0x9e3779b9) | 0;
      let z = mixed ^ (mixed >>> 16);
      z = Math.imul(z, 0x21f0aaad);
      z ^= z >>> 15;
      z = Math.imul(z, 0x735a2d97);
      return z ^ (z >>> 15);
    };
    this.#a = splitmix();
    this.#b = splitmix();
    this.#c = splitmix();
    // The state must not be all zeros.
    this.#d = splitmix() | 1;
  }

  /** Uniform over the unsigned 32-bit integers. */
  next(): number {
    const b5 = Math.imul(this.#b, 5);
    const result = Math.imul((b5 << 7) | (b5 >>> 25), 9);
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result >>> 0;
  }

  /** Uniform in [0, 1), 32 bits of it. */
  float(): number {
    return this.next() / UINT32_SPAN;
  }

  /** Uniform integer in [from, to], both included; `from` where the span is empty. */
  between(from: number, to: number): number {
    return to <= from ? from : from + Math.floor(this.float() * (to - from + 1));
  }

  /** True with this probability. Draws in any case, so that changing one probability shifts no later draw. */
  chance(probability: number): boolean {
    return this.float() < probability;
  }

  /** One of the items; throws on an empty list. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('nothing to pick from');
    return items[this.between(0, items.length - 1)] as T;
  }

  /** A name in the shape of a version 4 UUID. */
  uuid(): string {
    const hex = [this.next(), this.next(), this.next(), this.next()]
      .map((word) => word.toString(16).padStart(8, '0'))
      .join('');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
  }
}

/** FNV-1a, 32 bits. */
function hashLabel(label: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193);
  return hash;
}
