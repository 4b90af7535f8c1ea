/** Words of 32 bits: what hashes and indexes are made of. */

/** The word at `at`, as if zeros followed `end`. */
export function wordOf(view: DataView, at: number, end: number): number {
  const left = end - at;
  if (left >= 4) return view.getInt32(at, true);
  return left <= 0 ? 0 : view.getInt32(at, true) & ((1 << (8 * left)) - 1);
}

/** Rotates a 32-bit word to the left. */
export function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
