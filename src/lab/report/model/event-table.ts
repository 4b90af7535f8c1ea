/** The events of a run, unpacked: by row, as objects, in the order in which the lab heard them. */
import { type Cell, unpackColumn } from './columns.ts';
import type { PackedEvents } from './page-data.ts';

export interface TableEvent {
  readonly row: number;
  readonly atMs: number;
  /** Place in the payload's `sources`. */
  readonly source: number;
  readonly type: string;
  /** The event's own fields, nested ones under `outer.inner`. */
  readonly fields: Readonly<Record<string, Cell>>;
}

export class EventTable {
  readonly length: number;
  readonly types: readonly string[];
  readonly #atMs: readonly number[];
  readonly #source: readonly number[];
  readonly #type: readonly string[];
  /** Row among those of its own type. */
  readonly #rank: Int32Array;
  readonly #fields = new Map<string, readonly (readonly [string, readonly Cell[]])[]>();

  constructor(packed: PackedEvents) {
    this.length = packed.count;
    this.#atMs = unpackColumn(packed.atMs) as number[];
    this.#source = unpackColumn(packed.source) as number[];
    this.#type = unpackColumn(packed.type) as string[];
    this.types = Object.keys(packed.fields).sort();
    for (const [type, columns] of Object.entries(packed.fields)) {
      this.#fields.set(
        type,
        Object.entries(columns).map(([name, column]) => [name, unpackColumn(column)] as const),
      );
    }
    this.#rank = new Int32Array(this.length);
    const seen = new Map<string, number>();
    for (const [row, type] of this.#type.entries()) {
      const rank = seen.get(type) ?? 0;
      this.#rank[row] = rank;
      seen.set(type, rank + 1);
    }
  }

  typeOf(row: number): string {
    return this.#type[row]!;
  }

  sourceOf(row: number): number {
    return this.#source[row]!;
  }

  atMsOf(row: number): number {
    return this.#atMs[row]!;
  }

  at(row: number): TableEvent {
    const type = this.#type[row]!;
    const rank = this.#rank[row]!;
    const fields: Record<string, Cell> = {};
    for (const [name, values] of this.#fields.get(type) ?? []) {
      const value = values[rank];
      if (value !== undefined && value !== null) fields[name] = value;
    }
    return { row, atMs: this.#atMs[row]!, source: this.#source[row]!, type, fields };
  }

  *[Symbol.iterator](): Generator<TableEvent> {
    for (let row = 0; row < this.length; row++) yield this.at(row);
  }
}
