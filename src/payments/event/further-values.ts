/**
 * The further columns of a payment that is being folded, as bytes: for each column of its mapping a text in canonical form, or
 * NULL. Canonical forms: docs/reference/rules-file.md (int64: digits; numeric: the shortest decimal; timestamp: ms since the
 * epoch; bool: true or false; string and json: as they are). Used again and again; what is to be kept is copied out of it.
 */
import { ByteScratch } from '../../base/memory/text-key.ts';
import type { FurtherColumn } from '../rules/rules.ts';

/** Stands in place of the start of a text that is NULL. An empty text is not NULL. */
export const NULL_TEXT = -1;

export class FurtherValues {
  /** Of the mapping that read the payment: the same array for all payments of a mapping. */
  readonly columns: readonly FurtherColumn[];
  /** Text n is [starts[n], ends[n]) of the scratch, for column n. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  scratch: ByteScratch;

  constructor(columns: readonly FurtherColumn[], scratch = new ByteScratch(0)) {
    this.columns = columns;
    this.scratch = scratch;
    this.starts = new Int32Array(columns.length).fill(NULL_TEXT);
    this.ends = new Int32Array(columns.length);
  }

  /** Takes the values of an object, into a scratch that is its own. Columns that it does not name are NULL. */
  set(values: Readonly<Record<string, string>> = {}): this {
    const held = this.columns.map(({ name }) => values[name]);
    const most = held.reduce((sum, value) => sum + 3 * (value?.length ?? 0), 0);
    if (most > this.scratch.capacity) this.scratch = new ByteScratch(most);
    let end = 0;
    for (let at = 0; at < held.length; at += 1) {
      const value = held[at];
      this.starts[at] = value === undefined ? NULL_TEXT : end;
      if (value !== undefined) end += this.scratch.bytes.write(value, end, 'utf8');
      this.ends[at] = end;
    }
    return this;
  }

  /** By the columns' names, without those that are NULL; undefined where all of them are. */
  toRecord(): Readonly<Record<string, string>> | undefined {
    const record: Record<string, string> = {};
    let count = 0;
    for (let at = 0; at < this.columns.length; at += 1) {
      const start = this.starts[at] as number;
      if (start === NULL_TEXT) continue;
      record[this.columns[at]!.name] = this.scratch.bytes.toString('utf8', start, this.ends[at]);
      count += 1;
    }
    return count === 0 ? undefined : record;
  }
}
