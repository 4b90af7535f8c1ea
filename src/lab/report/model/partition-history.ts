/**
 * What happened to each partition, made from the events: who folded which offsets under which epoch, what BigQuery
 * acknowledged, which checkpoints covered what, and where each takeover stood. The life of a record is read off it.
 */
import type { EventTable, TableEvent } from './event-table.ts';

export interface Batch {
  readonly atMs: number;
  readonly source: number;
  /** 0 where the takeover before it was not heard. */
  readonly epoch: number;
  /** Offsets [from, to). */
  readonly from: number;
  readonly to: number;
  /** Payments accepted, and all others, since the partition's start, at `to`. */
  readonly accepted: number;
  readonly others: number;
}

export interface Covered {
  readonly atMs: number;
  readonly source: number;
  readonly epoch: number;
  /** Everything below is in the tables. */
  readonly nextOffset: number;
}

export interface Takeover {
  readonly atMs: number;
  readonly source: number;
  readonly epoch: number;
  /** C of the design. */
  readonly checkpointOffset: number;
  /** F of the design. */
  readonly resumeOffset: number;
}

export type DataTableName = 'payment_transactions' | 'payment_exceptions';

export interface PartitionHistory {
  readonly partition: number;
  readonly batches: readonly Batch[];
  readonly checkpoints: readonly Covered[];
  readonly takeovers: readonly Takeover[];
  /** By epoch and table: rows acknowledged so far, each with its time. Ascending. */
  readonly acknowledged: ReadonlyMap<string, readonly { readonly atMs: number; readonly rows: number }[]>;
  /** By epoch and table: rows that its stream held when it was closed. */
  readonly closedWith: ReadonlyMap<string, number>;
}

interface Making {
  readonly partition: number;
  readonly batches: Batch[];
  readonly checkpoints: Covered[];
  readonly takeovers: Takeover[];
  readonly acknowledged: Map<string, { atMs: number; rows: number }[]>;
  readonly closedWith: Map<string, number>;
  /** By source: the epoch it works under, and the end of its last batch. */
  readonly epochs: Map<number, number>;
  readonly ends: Map<number, number>;
}

export function partitionHistories(events: EventTable): Map<number, PartitionHistory> {
  const all = new Map<number, Making>();
  for (let row = 0; row < events.length; row++) {
    const take = TAKES[events.typeOf(row)];
    if (take === undefined) continue;
    const event = events.at(row);
    const partition = event.fields.partition as number;
    let making = all.get(partition);
    if (making === undefined) {
      making = {
        partition,
        batches: [],
        checkpoints: [],
        takeovers: [],
        acknowledged: new Map(),
        closedWith: new Map(),
        epochs: new Map(),
        ends: new Map(),
      };
      all.set(partition, making);
    }
    take(making, event);
  }
  for (const { takeovers } of all.values()) takeovers.sort((a, b) => a.epoch - b.epoch);
  return new Map([...all].sort(([a], [b]) => a - b));
}

export function streamKey(epoch: number, table: string): string {
  return `${epoch} ${table}`;
}

const number = (event: TableEvent, name: string): number => (event.fields[name] as number | undefined) ?? 0;

const TAKES: Readonly<Record<string, (making: Making, event: TableEvent) => void>> = {
  'takeover.positioned'(making, event) {
    const { source, atMs } = event;
    const epoch = number(event, 'epoch');
    making.epochs.set(source, epoch);
    making.ends.delete(source);
    const checkpointOffset = number(event, 'checkpointOffset');
    making.takeovers.push({ atMs, source, epoch, checkpointOffset, resumeOffset: number(event, 'resumeOffset') });
  },
  'takeover.finalized'(making, event) {
    const rows = event.fields['outcome.rowCount'];
    if (typeof rows !== 'number') return;
    making.closedWith.set(streamKey(number(event, 'epoch'), String(event.fields.table)), rows);
  },
  'batch.folded'(making, event) {
    const { source, atMs } = event;
    const to = number(event, 'nextOffset');
    making.batches.push({
      atMs,
      source,
      epoch: making.epochs.get(source) ?? 0,
      from: making.ends.get(source) ?? to - number(event, 'records'),
      to,
      accepted: number(event, 'counters.accepted'),
      others:
        number(event, 'counters.duplicates') + number(event, 'counters.late') + number(event, 'counters.rejected'),
    });
    making.ends.set(source, to);
  },
  'append.acknowledged'(making, event) {
    const key = streamKey(making.epochs.get(event.source) ?? 0, String(event.fields.table));
    const list = making.acknowledged.get(key) ?? [];
    list.push({ atMs: event.atMs, rows: (list.at(-1)?.rows ?? 0) + number(event, 'rows') });
    making.acknowledged.set(key, list);
  },
  'checkpoint.written'(making, event) {
    const { source, atMs } = event;
    making.checkpoints.push({ atMs, source, epoch: number(event, 'epoch'), nextOffset: number(event, 'nextOffset') });
  },
};
