/**
 * Collapse compression, as SPIN calls it: the parts of a state (ownership, environment, two processes and so on) take few values
 * each. Every distinct part is kept once and numbered; the key of a state is the numbers of its parts, a character each.
 *
 * A decoded state shares its parts, so an unchanged part is found again by identity.
 */

/** Numbers the distinct values of one part of the state. */
export class PartTable<Part extends object> {
  readonly #text: (part: Part) => string;
  readonly #numberByText = new Map<string, number>();
  readonly #numberByIdentity = new Map<Part, number>();
  readonly #parts: Part[] = [];

  /** `text` tells parts apart; nothing reads it back. */
  constructor(text: (part: Part) => string) {
    this.#text = text;
  }

  numberOf(part: Part): number {
    const known = this.#numberByIdentity.get(part);
    if (known !== undefined) return known;
    const text = this.#text(part);
    let number = this.#numberByText.get(text);
    if (number === undefined) {
      number = this.#parts.length;
      this.#parts.push(part);
      this.#numberByText.set(text, number);
      this.#numberByIdentity.set(part, number);
    }
    return number;
  }

  at(number: number): Part {
    return this.#parts[number]!;
  }
}

/** A number as one UTF-16 unit, or as two from 2^15 on; no encoding begins another. */
export function pushDigits(units: number[], number: number): void {
  if (number < 0x8000) units.push(number);
  else units.push(0x8000 | (number >> 16), number & 0xffff);
}

export function numbersIn(key: string): number[] {
  const numbers: number[] = [];
  for (let i = 0; i < key.length; i++) {
    const unit = key.charCodeAt(i);
    if (unit < 0x8000) numbers.push(unit);
    else numbers.push(((unit & 0x7fff) << 16) | key.charCodeAt(++i));
  }
  return numbers;
}
