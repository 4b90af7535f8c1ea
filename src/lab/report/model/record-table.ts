/** What the lab sent, unpacked and findable: by transaction id, by a part of one, by partition and offset. */
import { type Cell, unpackColumn } from './columns.ts';
import { type PackedRecords, RECORD_FIELDS, type RecordField } from './page-data.ts';

export interface SentRecord {
  readonly row: number;
  readonly transaction_id: string;
  readonly kind: string;
  readonly expected: string;
  readonly malformed: string | null;
  /** The transaction whose copy this is meant to be. */
  readonly copyOf: string | null;
  readonly key: string | null;
  readonly amount: string;
  readonly currency: string;
  readonly region: string;
  readonly event_time: number;
  readonly partition: number;
  readonly offset: number | null;
  readonly ack: string;
}

/** A place in the log. */
export interface Place {
  readonly partition: number;
  readonly offset: number;
}

export class RecordTable {
  readonly length: number;
  readonly #columns: Readonly<Record<RecordField, readonly Cell[]>>;
  #byPlace: Map<string, number> | undefined;
  #byId: Map<string, number[]> | undefined;

  constructor(packed: PackedRecords) {
    this.length = packed.count;
    this.#columns = Object.fromEntries(
      RECORD_FIELDS.map((field) => [field, unpackColumn(packed.columns[field])]),
    ) as Record<RecordField, Cell[]>;
  }

  at(row: number): SentRecord {
    const values = Object.fromEntries(RECORD_FIELDS.map((field) => [field, this.#columns[field][row]]));
    return { row, ...values } as unknown as SentRecord;
  }

  atPlace({ partition, offset }: Place): SentRecord | undefined {
    this.#byPlace ??= new Map(
      this.#columns.offset.flatMap((at, row) =>
        at === null ? [] : [[`${this.#columns.partition[row]}:${at}`, row] as const],
      ),
    );
    const row = this.#byPlace.get(`${partition}:${offset}`);
    return row === undefined ? undefined : this.at(row);
  }

  /** Every record with this transaction id, in the order of sending. */
  copiesOf(id: string): SentRecord[] {
    if (this.#byId === undefined) {
      this.#byId = new Map();
      for (const [row, each] of (this.#columns.transaction_id as string[]).entries()) {
        const rows = this.#byId.get(each);
        if (rows === undefined) this.#byId.set(each, [row]);
        else rows.push(row);
      }
    }
    return (this.#byId.get(id) ?? []).map((row) => this.at(row));
  }

  /** Rows whose id holds the text, or whose place it is; all rows for an empty text. */
  find(text: string): number[] {
    const place = placeIn(text);
    const wanted = text.trim().toLowerCase();
    const ids = this.#columns.transaction_id as string[];
    const rows: number[] = [];
    for (let row = 0; row < this.length; row++) {
      const isHere =
        place !== undefined
          ? this.#columns.partition[row] === place.partition && this.#columns.offset[row] === place.offset
          : ids[row]!.toLowerCase().includes(wanted);
      if (isHere) rows.push(row);
    }
    return rows;
  }

  /** The first row that satisfies the condition. */
  first(condition: (record: SentRecord) => boolean): SentRecord | undefined {
    for (let row = 0; row < this.length; row++) {
      const record = this.at(row);
      if (condition(record)) return record;
    }
    return undefined;
  }
}

/** `1:3204` or `1/3204`: partition and offset. */
export function placeIn(text: string): Place | undefined {
  const match = /^\s*(\d{1,6})\s*[:/]\s*(\d{1,15})\s*$/.exec(text);
  return match === null ? undefined : { partition: Number(match[1]), offset: Number(match[2]) };
}
