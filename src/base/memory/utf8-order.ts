/**
 * Orders text by its UTF-8 bytes. JavaScript's `<` compares UTF-16 units, which puts characters past U+FFFF (surrogate
 * pairs, from 0xD800) before U+E000..U+FFFF; UTF-8 puts them after.
 */

/** Negative, zero or positive, as the UTF-8 bytes of `left` compare with those of `right`. Both must be well-formed. */
export function compareUtf8(left: string, right: string): number {
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index += 1) {
    const leftUnit = left.charCodeAt(index);
    const rightUnit = right.charCodeAt(index);
    if (leftUnit !== rightUnit) return rank(leftUnit) - rank(rightUnit);
  }
  return left.length - right.length;
}

/** Moves surrogates behind U+E000..U+FFFF. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
