/**
 * Draws one change from a seed. Stratified: each column of each table, each kind of change of its rows, and each part of a
 * record is a stratum of its own, and they take turns. The same seed and run give the same change.
 */
import type { TopicRecord } from '../../checks/inputs/verify-inputs.ts';
import { Rng } from '../sim/world/rng.ts';
import { columnsOf, FURTHER_COLUMNS, type Row, TABLE_NAMES, type TableName } from './columns.ts';
import type { Dataset } from './dataset.ts';
import { drawCell, withOneCharacter } from './draw-cell.ts';
import { drawExchanged } from './mapped/exchanged-schema.ts';
import type { RecordPart, Tampering } from './tampering.ts';

export interface Stratum {
  /** `payment_transactions.amount`, `payment_exceptions: deleted`, `record: key`. */
  readonly name: string;
  readonly table?: TableName;
  readonly column?: string;
  readonly rows?: 'deleted' | 'doubled' | 'forged' | 'exchanged';
  readonly record?: RecordPart | 'removed' | 'added';
}

export interface DrawnTampering {
  readonly run: number;
  readonly stratum: string;
  /** Which of the datasets. */
  readonly base: number;
  readonly tampering: Tampering;
}

export const STRATA: readonly Stratum[] = [
  ...TABLE_NAMES.flatMap((table) =>
    Object.keys(columnsOf(table)).map((column) => ({ name: `${table}.${column}`, table, column })),
  ),
  ...Object.keys(FURTHER_COLUMNS).map((column) => ({
    name: `payment_transactions.${column}, of rules`,
    table: 'payment_transactions' as const,
    column,
  })),
  ...TABLE_NAMES.flatMap((table) =>
    (['deleted', 'doubled', 'forged'] as const).map((rows) => ({ name: `${table}: a row ${rows}`, table, rows })),
  ),
  { name: 'event_schemas: a schema exchanged', table: 'event_schemas', rows: 'exchanged' },
  ...(['value', 'key', 'timestamp', 'removed', 'added'] as const).map((record) => ({
    name: `a record: ${record}`,
    record,
  })),
];

const ATTEMPTS_MAX = 1_000;

/** `strata`: those that take turns; all unless given. */
export function drawTampering(
  seed: number,
  run: number,
  bases: readonly Dataset[],
  strata: readonly Stratum[] = STRATA,
): DrawnTampering {
  const stratum = strata[run % strata.length]!;
  const rng = new Rng(seed, `tampering ${run}`);
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const base = rng.between(0, bases.length - 1);
    const tampering = drawIn(rng, bases[base]!, stratum);
    if (tampering !== undefined) return { run, stratum: stratum.name, base, tampering };
  }
  throw new RangeError(`no dataset has anything to change for ${stratum.name}`);
}

function drawIn(rng: Rng, dataset: Dataset, { table, column, rows: kind, record }: Stratum): Tampering | undefined {
  if (record !== undefined) return drawRecord(rng, dataset, record);
  const rows = dataset.tables[table!];
  if (rows.length === 0) return undefined;
  const row = rng.between(0, rows.length - 1);
  if (column !== undefined) {
    if (!(column in rows[row]!)) return undefined;
    const value = drawCell(rng, rows, row, table!, column);
    return value === undefined ? undefined : { kind: 'cell', table: table!, column, row, value };
  }
  if (kind === 'exchanged') {
    const cells = drawExchanged(rng, rows, row);
    return cells && { kind, table: 'event_schemas', row, cells };
  }
  if (kind === 'forged') return { kind, table: table!, cells: forged(rng, rows, table!) };
  return { kind: kind!, table: table!, row };
}

/** Each cell is one that some row has, but for a few that are other ones. */
function forged(rng: Rng, rows: readonly Row[], table: TableName): Row {
  const like = rng.between(0, rows.length - 1);
  const cells = Object.keys(rows[like]!).map((column) => {
    const isOwn = rng.chance(0.7);
    return [column, isOwn ? rows[like]![column]! : (drawCell(rng, rows, like, table, column) ?? rows[like]![column]!)];
  });
  return Object.fromEntries(cells) as Row;
}

/** Of a record that the tables have rows of: what nobody has processed yet may be anything. */
function drawRecord(rng: Rng, dataset: Dataset, part: RecordPart | 'removed' | 'added'): Tampering | undefined {
  const partition = rng.between(0, dataset.log.length - 1);
  const { records, startOffset } = dataset.log[partition]!;
  const written = dispositionsOf(dataset, partition);
  const known = records.filter(({ offset }) => written.has(offset));
  if (known.length === 0) return undefined;
  const record = rng.pick(known);
  const { offset } = record;
  if (part === 'removed') return { kind: 'record_removed', partition, offset };
  if (part === 'added') {
    const there = new Set(records.map((each) => each.offset));
    const last = known.at(-1)!.offset;
    const gaps = Array.from({ length: last - startOffset }, (_, i) => startOffset + i).filter(
      (each) => !there.has(each),
    );
    return gaps.length === 0 ? undefined : { kind: 'record_added', partition, offset: rng.pick(gaps), like: offset };
  }
  const value = part === 'timestamp' ? drawTimestamp(rng, record) : drawBytes(rng, record[part], known, part);
  return value === undefined ? undefined : { kind: 'record', partition, offset, part, value };
}

function drawTimestamp(rng: Rng, { timestampMs }: TopicRecord): number {
  return timestampMs + rng.pick([1, -1, 1_000, -60_000, 3_600_000, -86_400_000 * 365]);
}

function drawBytes(
  rng: Rng,
  bytes: Uint8Array | null,
  known: readonly TopicRecord[],
  part: 'value' | 'key',
): string | null | undefined {
  const old = bytes === null ? null : Buffer.from(bytes).toString();
  const another = rng.pick(known)[part];
  const ways = [
    () => null,
    () => (another === null ? null : Buffer.from(another).toString()),
    () => withOneCharacter(rng, old ?? ''),
    () => withOneCharacter(rng, old ?? ''),
    () => `${old ?? ''} `,
    () => (old ?? '').slice(0, -1),
  ];
  const drawn = rng.pick(ways)();
  return drawn === old ? undefined : drawn;
}

/** Offsets of the partition that a table has a disposition of. */
export function dispositionsOf({ tables }: Dataset, partition: number): ReadonlySet<number> {
  const rows = [...tables.payment_transactions, ...tables.payment_exceptions];
  return new Set(rows.filter((row) => row.kafka_partition === partition).map((row) => Number(row.kafka_offset)));
}
