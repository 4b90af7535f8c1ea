/** Events, sent records and acknowledgements of a run as columns. What would make the page too large is left out, and counted. */
import type { LedgerEntry } from '../../simulator/ledger.ts';
import type { EventLine, SentLine } from '../artifacts.ts';
import { type Cell, type Column, packColumn } from './model/columns.ts';
import {
  type PackedEvents,
  type PackedRecords,
  type PackedSent,
  RECORD_FIELDS,
  type RecordField,
} from './model/page-data.ts';

export interface Source {
  readonly processor: string;
  readonly life: number;
}

/** Of one run; the frequent types give way first, in this order. */
export const EVENTS_MAX = 150_000;
const GIVING_WAY = ['offset.committed', 'append.acknowledged', 'batch.folded', 'checkpoint.written'];
/** Past that many, frequent types are only counted while they are read: a week's run fits in memory as well. */
const READ_MAX = 2 * EVENTS_MAX;
export const RECORDS_MAX = 200_000;
/** Longest text of one field: an error's first lines, not a stack. */
const TEXT_MAX = 400;
const FIELDS_NOT_KEPT = new Set(['level', 'time', 'owner', 'type']);

export class EventPacker {
  readonly sources: Source[] = [];
  readonly #places = new Map<string, number>();
  readonly #startedAtMs: number;
  readonly #rows: {
    readonly atMs: number;
    readonly source: number;
    readonly type: string;
    readonly fields: Record<string, Cell>;
  }[] = [];
  readonly #counts = new Map<string, number>();

  constructor(startedAtMs: number) {
    this.#startedAtMs = startedAtMs;
  }

  take({ atMs, processor, life, event }: EventLine): void {
    this.#counts.set(event.type, (this.#counts.get(event.type) ?? 0) + 1);
    if (this.#rows.length >= READ_MAX && GIVING_WAY.includes(event.type)) return;
    const key = `${life} ${processor}`;
    const source = this.#places.get(key) ?? this.sources.push({ processor, life }) - 1;
    this.#places.set(key, source);
    const fields: Record<string, Cell> = {};
    flatten('', event, fields);
    this.#rows.push({ atMs: Math.round(atMs - this.#startedAtMs), source, type: event.type, fields });
  }

  pack(eventsMax = EVENTS_MAX): PackedEvents {
    const { kept, leftOut } = this.#kept(eventsMax);
    const byType = Map.groupBy(kept, ({ type }) => type);
    const fields: Record<string, Record<string, Column>> = {};
    for (const [type, rows] of byType) {
      const names = new Set(rows.flatMap((row) => Object.keys(row.fields)));
      fields[type] = Object.fromEntries(
        [...names].map((name) => [name, packColumn(rows.map((row) => row.fields[name] ?? null))]),
      );
    }
    return {
      count: kept.length,
      leftOut,
      atMs: packColumn(kept.map(({ atMs }) => atMs)),
      source: packColumn(kept.map(({ source }) => source)),
      type: packColumn(kept.map(({ type }) => type)),
      fields,
    };
  }

  /** The last ones of a type give way: the start of a run explains more than the rest. */
  #kept(eventsMax: number) {
    const toKeep = new Map(this.#counts);
    let over = [...this.#counts.values()].reduce((sum, count) => sum + count, -eventsMax);
    for (const type of new Set([...GIVING_WAY, ...this.#counts.keys()])) {
      const count = this.#counts.get(type) ?? 0;
      const less = Math.max(0, Math.min(count, over));
      toKeep.set(type, count - less);
      over -= less;
    }
    const missing = new Map(this.#counts);
    const kept = this.#rows.filter(({ type }) => {
      const left = toKeep.get(type)!;
      if (left === 0) return false;
      toKeep.set(type, left - 1);
      missing.set(type, missing.get(type)! - 1);
      return true;
    });
    const leftOut: Record<string, number> = Object.fromEntries([...missing].filter(([, count]) => count > 0));
    return { kept, leftOut };
  }
}

function flatten(prefix: string, value: object, into: Record<string, Cell>): void {
  for (const [name, inner] of Object.entries(value)) {
    if (prefix === '' && FIELDS_NOT_KEPT.has(name)) continue;
    const key = prefix + name;
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) flatten(`${key}.`, inner, into);
    else into[key] = typeof inner === 'string' && inner.length > TEXT_MAX ? `${inner.slice(0, TEXT_MAX)}…` : inner;
  }
}

export class RecordPacker {
  readonly #columns = Object.fromEntries(RECORD_FIELDS.map((field) => [field, [] as Cell[]])) as Record<
    RecordField,
    Cell[]
  >;
  readonly #recordsMax: number;
  /** Of the workload that is being read: ids by their place in its plan, for copies to name. */
  readonly #ids = new Map<number, string>();
  #leftOut = 0;

  constructor(recordsMax = RECORDS_MAX) {
    this.#recordsMax = recordsMax;
  }

  take(entry: LedgerEntry): void {
    // A ledger starts at 0: places in a plan belong to one workload.
    if (entry.seq === 0) this.#ids.clear();
    this.#ids.set(entry.seq, entry.transaction_id);
    const columns = this.#columns;
    if (columns.transaction_id.length >= this.#recordsMax) {
      this.#leftOut++;
      return;
    }
    const { kind, expected, malformed, key, amount, currency, region, event_time, partition, offset, ack } = entry;
    const copyOf = entry.copy === null ? null : (this.#ids.get(entry.copy.ofSeq) ?? null);
    const row: Record<RecordField, Cell> = {
      transaction_id: entry.transaction_id,
      ...{ kind, expected, malformed, copyOf, key, amount, currency, region, event_time, partition, offset, ack },
    };
    for (const field of RECORD_FIELDS) columns[field].push(row[field]);
  }

  pack(): PackedRecords {
    const packed = RECORD_FIELDS.map((field) => [field, packColumn(this.#columns[field])] as const);
    return {
      count: this.#columns.transaction_id.length,
      leftOut: this.#leftOut,
      columns: Object.fromEntries(packed) as Record<RecordField, Column>,
    };
  }
}

export function packSent(lines: readonly SentLine[], startedAtMs: number): PackedSent {
  return {
    atMs: packColumn(lines.map(({ atMs }) => Math.round(atMs - startedAtMs))),
    partition: packColumn(lines.map(({ partition }) => partition)),
    from: packColumn(lines.map(({ fromOffset }) => fromOffset)),
    to: packColumn(lines.map(({ toOffset }) => toOffset)),
  };
}
