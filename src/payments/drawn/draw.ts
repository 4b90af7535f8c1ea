/** Drawing from a source of chance that the caller gives: the same seed draws the same. For tests and for the simulated world. */

/** Uniform in [0, 1). */
export type Chance = () => number;

export function drawInteger(chance: Chance, min: number, max: number): number {
  return min + Math.floor(chance() * (max - min + 1));
}

export function drawOne<T>(chance: Chance, from: readonly T[]): T {
  return from[Math.floor(chance() * from.length)] as T;
}

/** True once in `every` times. */
export function oneIn(chance: Chance, every: number): boolean {
  return chance() * every < 1;
}

/** In any order. */
export function shuffled<T>(values: readonly T[], chance: Chance): T[] {
  const left = [...values];
  const out: T[] = [];
  while (left.length > 0) out.push(...left.splice(drawInteger(chance, 0, left.length - 1), 1));
  return out;
}

/** A source of chance from a seed (mulberry32), for tests. */
export function seededChance(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
