/**
 * A small seeded generator of pseudo-random numbers: sfc32 (Chris Doty-Humphrey, PractRand), seeded by splitmix32. Same
 * seed, same numbers, on every machine: only 32-bit integer arithmetic, no transcendental functions. Not for secrets.
 */
export interface Random {
  /** Uniform in [0, 1), 32 bits of it. */
  next(): number;
  /** Uniform integer in [0, bound); bound is 1 to 2^32. */
  below(bound: number): number;
  /** True with this probability. */
  chance(share: number): boolean;
}

export function createRandom(seed: number): Random {
  let spread = seed | 0;
  const seedWord = (): number => {
    spread = (spread + 0x9e3779b9) | 0;
    let word = spread ^ (spread >>> 16);
    word = Math.imul(word, 0x21f0aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
    return word ^ (word >>> 15);
  };
  let a = seedWord();
  let b = seedWord();
  let c = seedWord();
  let counter = seedWord() | 1;

  const next = (): number => {
    const word = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + word) | 0;
    return (word >>> 0) / 4294967296;
  };
  // The first words of sfc32 are still correlated with the seed.
  for (let round = 0; round < 12; round++) next();
  return {
    next,
    below: (bound) => Math.floor(next() * bound),
    chance: (share) => share > 0 && next() < share,
  };
}
