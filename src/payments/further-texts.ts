/**
 * One further column of a batch: the canonical texts of its rows, one after another, and which of them are NULL. Rows that were
 * accepted without the column (by earlier rules, or without rules) are NULL: they are filled in when the next value comes, or
 * when somebody reads.
 */
import { TextColumn } from '../base/memory/text-column.ts';
import type { ByteScratch } from '../base/memory/text-key.ts';

export class FurtherTexts {
  readonly texts = new TextColumn();
  /** 1 where the row is NULL. The first `texts.length` count. */
  isNull = new Uint8Array(16);
  nullCount = 0;

  /** Sets the text of `row`; rows between the last one and this one are NULL. */
  add(row: number, scratch: ByteScratch, start: number, end: number): void {
    this.padTo(row);
    if (row >= this.isNull.length) this.#grow();
    this.isNull[row] = 0;
    this.texts.addBytes(scratch.view, start, end);
  }

  /** Makes NULL what is missing of the first `rows` rows. */
  padTo(rows: number): void {
    while (this.texts.length < rows) {
      const row = this.texts.length;
      if (row >= this.isNull.length) this.#grow();
      this.isNull[row] = 1;
      this.nullCount += 1;
      this.texts.addEmpty();
    }
  }

  textAt(row: number): string | null {
    return row >= this.texts.length || this.isNull[row] === 1 ? null : this.texts.textAt(row);
  }

  clear(): void {
    this.texts.clear();
    this.nullCount = 0;
  }

  #grow(): void {
    const grown = new Uint8Array(2 * this.isNull.length);
    grown.set(this.isNull);
    this.isNull = grown;
  }
}
