/**
 * One change of a finished dataset, as plain data: it can be drawn, printed, and made again. What is changed and where; never
 * whether that is noticed.
 */
import type { TopicRecord } from '../../checks/inputs/verify-inputs.ts';
import type { Cell, Row, TableName } from './columns.ts';
import type { Dataset, PartitionLog } from './dataset.ts';
import { namedSchema } from './mapped/exchanged-schema.ts';

export type Tampering =
  /** `row`: which row of the table, counted from 0. */
  | {
      readonly kind: 'cell';
      readonly table: TableName;
      readonly column: string;
      readonly row: number;
      readonly value: Cell;
    }
  | { readonly kind: 'deleted' | 'doubled'; readonly table: TableName; readonly row: number }
  | { readonly kind: 'forged'; readonly table: TableName; readonly cells: Row }
  /** The schema of a row is another one, and its digest is that of the other. */
  | {
      readonly kind: 'exchanged';
      readonly table: 'event_schemas';
      readonly row: number;
      readonly cells: Pick<Row, 'sha256' | 'text'>;
    }
  /** Another value, key or timestamp of a record; texts, or null where there is none. */
  | {
      readonly kind: 'record';
      readonly partition: number;
      readonly offset: number;
      readonly part: RecordPart;
      readonly value: string | number | null;
    }
  | { readonly kind: 'record_removed'; readonly partition: number; readonly offset: number }
  /** Where there was none. */
  | { readonly kind: 'record_added'; readonly partition: number; readonly offset: number; readonly like: number };

export type RecordPart = 'value' | 'key' | 'timestamp';

/** A place that a finding must name: one of them will do. A null offset: of the partition as a whole. */
export interface Place {
  readonly partition: number | null;
  readonly offset: number | null;
}

/** The dataset with the change made; the one given stays as it is. */
export function tampered<D extends Dataset>(dataset: D, tampering: Tampering): D {
  switch (tampering.kind) {
    case 'cell': {
      const { table, row, column, value } = tampering;
      const rows = dataset.tables[table];
      return withRows(dataset, table, rows.with(row, { ...rows[row]!, [column]: value }));
    }
    case 'exchanged': {
      const rows = dataset.tables.event_schemas;
      const { row, cells } = tampering;
      return withRows(dataset, 'event_schemas', rows.with(row, { ...rows[row]!, ...cells }));
    }
    case 'deleted':
      return withRows(dataset, tampering.table, dataset.tables[tampering.table].toSpliced(tampering.row, 1));
    case 'doubled': {
      const rows = dataset.tables[tampering.table];
      return withRows(dataset, tampering.table, [...rows, rows[tampering.row]!]);
    }
    case 'forged':
      return withRows(dataset, tampering.table, [...dataset.tables[tampering.table], tampering.cells]);
    case 'record': {
      const { offset, part, value } = tampering;
      return withRecords(dataset, tampering.partition, (records) =>
        records.map((record) => (record.offset === offset ? changedRecord(record, part, value) : record)),
      );
    }
    case 'record_removed':
      return withRecords(dataset, tampering.partition, (records) =>
        records.filter(({ offset }) => offset !== tampering.offset),
      );
    case 'record_added':
      return withRecords(dataset, tampering.partition, (records) => {
        const copied = records.find(({ offset }) => offset === tampering.like)!;
        return [...records, { ...copied, offset: tampering.offset }].sort((a, b) => a.offset - b.offset);
      });
    default:
      return tampering satisfies never;
  }
}

/** Where it was made: as the row stood, and as it stands. */
export function placesOf(dataset: Dataset, tampering: Tampering): Place[] {
  if ('partition' in tampering) return [{ partition: tampering.partition, offset: tampering.offset }];
  const { table } = tampering;
  const before = tampering.kind === 'forged' ? tampering.cells : dataset.tables[table][tampering.row]!;
  const after = tampering.kind === 'cell' ? { ...before, [tampering.column]: tampering.value } : before;
  if (table === 'rules') return [...entriesNaming(dataset, before.sha256!), ...entriesNaming(dataset, after.sha256!)];
  if (table === 'event_schemas') return partitionsNaming(dataset, [before.schema_id!, after.schema_id!]);
  return [placeOf(table, before), placeOf(table, after)];
}

/** Where the settings entries begin that name this digest; a place of nothing where none does. */
function entriesNaming({ tables }: Dataset, sha256: Cell): Place[] {
  const places = tables.partition_ownership.flatMap(({ kafka_partition, settings_history }) => {
    const entries = JSON.parse(String(settings_history)) as { fromOffset: number; rules?: { sha256: string } }[];
    const naming = entries.filter(({ rules }) => rules?.sha256 === sha256);
    return naming.map(({ fromOffset }): Place => ({ partition: Number(kafka_partition), offset: fromOffset }));
  });
  return places.length > 0 ? places : [{ partition: null, offset: null }];
}

/** No partition, and those that have records with these schema ids. */
function partitionsNaming({ log }: Dataset, ids: readonly Cell[]): Place[] {
  const naming = [...log.keys()].filter((partition) =>
    log[partition]!.records.some(({ value }) => ids.includes(namedSchema(value) ?? null)),
  );
  return [null, ...naming].map((partition): Place => ({ partition, offset: null }));
}

/** The row that is changed, as it was; undefined where none is. */
export function rowOf(dataset: Dataset, tampering: Tampering): Row | undefined {
  if (tampering.kind === 'forged') return tampering.cells;
  return 'row' in tampering ? dataset.tables[tampering.table][tampering.row] : undefined;
}

export function tamperingText(dataset: Dataset, tampering: Tampering): string {
  const place = ({ partition, offset }: Place): string =>
    `partition ${partition}${offset === null ? '' : `, offset ${offset}`}`;
  const where = place(placesOf(dataset, tampering)[0]!);
  switch (tampering.kind) {
    case 'cell': {
      const { table, column, value } = tampering;
      return `${table}.${column}, ${where}: ${shown(rowOf(dataset, tampering)![column]!)} -> ${shown(value)}`;
    }
    case 'record':
      return `the record's ${tampering.part}, ${where}: -> ${shown(tampering.value)}`;
    case 'record_removed':
    case 'record_added':
      return `${tampering.kind.replace('_', ' ')}, ${where}`;
    default:
      return `${tampering.table}: a row ${tampering.kind}, ${where}`;
  }
}

function shown(cell: Cell): string {
  const text = JSON.stringify(cell);
  return text.length > 120 ? `${text.slice(0, 120)}...` : text;
}

function placeOf(table: TableName, row: Row): Place {
  const partition = (row.kafka_partition ?? null) as number | null;
  if (table === 'checkpoint_log') return { partition, offset: row.next_offset as number | null };
  return { partition, offset: (row.kafka_offset ?? null) as number | null };
}

function withRows<D extends Dataset>(dataset: D, table: TableName, rows: readonly Row[]): D {
  return { ...dataset, tables: { ...dataset.tables, [table]: rows } };
}

function withRecords<D extends Dataset>(
  dataset: D,
  partition: number,
  change: (records: readonly TopicRecord[]) => readonly TopicRecord[],
): D {
  const log = dataset.log[partition] as PartitionLog;
  return { ...dataset, log: dataset.log.with(partition, { ...log, records: change(log.records) }) };
}

function changedRecord(record: TopicRecord, part: RecordPart, value: string | number | null): TopicRecord {
  if (part === 'timestamp') return { ...record, timestampMs: Number(value) };
  return { ...record, [part]: value === null ? null : Buffer.from(String(value)) };
}
