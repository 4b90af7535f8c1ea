/**
 * Strings for texts of which there are few (currencies, regions, payment methods): the same string for the same text, most
 * of the time, without making one. A fixed number of places, each with the text that came last: so it stays small whatever
 * comes, and is right whatever is in it.
 */

import type { TextKey } from './text-key.ts';
import { sameText } from './text-pool.ts';

/** Power of two. */
const PLACES = 256;

export class FewTexts {
  readonly #texts: string[] = new Array<string>(PLACES).fill('');

  textOf(key: TextKey): string {
    const place = key.low & (PLACES - 1);
    const held = this.#texts[place] as string;
    if (sameText(held, key)) return held;
    const text = key.toText();
    this.#texts[place] = text;
    return text;
  }
}
