/**
 * A finished dataset and its topic as plain data: every column of every row, every record. What a simulated world left
 * behind becomes one; a changed one can be verified, and taken over.
 */
import type { TopicRecord } from '../../checks/inputs/verify-inputs.ts';
import type { AppendTable, DataTable } from '../../payments/types.ts';
import type { StoredOwnership } from '../../sinks/bigquery/ports.ts';
import { streamOffsetsText } from '../../sinks/bigquery/takeover/stream-offsets.ts';
import type { SimRow, SimStream } from '../sim/bigquery/sim-tables.ts';
import { cellsOf } from '../sim/bigquery/stored-tables.ts';
import type { SimDisk } from '../sim/disk/sim-disk.ts';
import { topicRecordOf } from '../sim/sim-inputs.ts';
import type { World } from '../sim/world/world.ts';
import type { Row, TableName } from './columns.ts';
import { type EventForm, furtherOf } from './mapped/event-forms.ts';

/** One partition of the topic, as it can be read now. Offsets without a record are markers, or were aborted. */
export interface PartitionLog {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly records: readonly TopicRecord[];
}

export type Tables = Readonly<Record<TableName, readonly Row[]>>;

export interface Dataset {
  readonly topic: string;
  readonly tables: Tables;
  /** By partition. */
  readonly log: readonly PartitionLog[];
}

/** A dataset, and what the service and the processors know beside its tables. */
export interface BaseDataset extends Dataset {
  readonly name: string;
  /** Of the events in its log. */
  readonly form: EventForm;
  readonly streams: readonly SimStream[];
  readonly disks: readonly SimDisk[];
}

export function datasetOf(name: string, form: EventForm, world: World): BaseDataset {
  const { topic, partitions } = world.kafka;
  return {
    name,
    form,
    topic,
    tables: {
      ...writtenTables(world, form, () => true),
      partition_ownership: world.bigquery.ownership.read(topic).map(ownershipCells),
      rules: rulesOf(world),
      event_schemas: world.bigquery.schemas.all().map((row) => ({ ...row, written_at: world.nowMs })),
      backfill_turns: [
        { topic, turn: 1, turn_id: 'turn-1', owner: 'operator', taken_at: world.nowMs, pending: '' },
        { topic: `${topic}-2`, turn: 4, turn_id: 'turn-4', owner: 'another', taken_at: world.nowMs, pending: '[]' },
      ],
      accepted_losses: [1, 2].map((loss) => ({
        table_name: 'payment_exceptions',
        kafka_partition: 0,
        rows_lost: loss,
        below_offset: loss * 10,
        reason: 'restored from a copy',
        accepted_by: `operator ${loss}`,
        accepted_at: world.nowMs + loss,
      })),
    },
    log: partitions.map((partition) => {
      const { startOffset, endOffset } = partition;
      const records = partition.generations().at(-1)!.records;
      return {
        startOffset,
        endOffset,
        records: records.filter(({ offset }) => offset >= startOffset).map(topicRecordOf),
      };
    }),
    streams: [...world.bigquery.tables.streams.values()],
    disks: [...world.processes.values()].map(({ disk }) => disk),
  };
}

/** What was appended to the tables, of what is wanted. */
export function writtenTables(
  world: World,
  form: EventForm,
  isWanted: (row: SimRow) => boolean,
): Pick<Tables, AppendTable> {
  const payments = rowsOf(world, isWanted, 'payment_transactions');
  return {
    payment_transactions: payments.map((row) => withFurther(row, form)),
    payment_transactions_fraud: rowsOf(world, isWanted, 'payment_transactions_fraud'),
    payment_metrics_partials: rowsOf(world, isWanted, 'payment_metrics_partials'),
    payment_exceptions: rowsOf(world, isWanted, 'payment_exceptions'),
    checkpoint_log: world.bigquery.tables.landed('checkpoint_log').filter(isWanted).map(checkpointCells),
  };
}

/** Those that the settings histories name. */
function rulesOf({ bigquery, kafka, nowMs }: World): Row[] {
  const entries = bigquery.ownership.read(kafka.topic).flatMap(({ history }) => history);
  const named = [...new Set(entries.flatMap(({ rules }) => rules?.sha256 ?? []))];
  return bigquery.ownership
    .rules(named)
    .map(({ sha256, revision, text }) => ({ sha256, revision, text, written_at: nowMs }));
}

/** Of a row of partition_ownership. */
export function ownershipCells(row: StoredOwnership): Row {
  return {
    topic: row.topic,
    kafka_partition: row.partition,
    epoch: row.epoch,
    owner: row.owner,
    claim_id: row.claimId,
    claimed_at: row.claimedAtMs,
    streams: JSON.stringify(row.streams),
    partition_count: row.partitionCount,
    start_offset: row.startOffset,
    fixed_settings: JSON.stringify(row.fixed),
    settings_history: JSON.stringify(row.history),
    skipped: JSON.stringify(row.skipped),
  };
}

function rowsOf<T extends DataTable>(world: World, isWanted: (row: SimRow) => boolean, table: T): Row[] {
  const rows = world.bigquery.tables.landed(table).filter(isWanted as unknown as (row: SimRow<T>) => boolean);
  // Every value of a row that verify reads is a cell.
  return rows.map((row) => ({ ...placeOf(row), ...(cellsOf(table, row) as unknown as Row) }));
}

/** With a cell for each further column: NULL where the row has none. */
function withFurther({ columns, ...row }: Row & { readonly columns?: unknown }, form: EventForm): Row {
  const held = (columns ?? {}) as Readonly<Record<string, string>>;
  const cells = furtherOf(form).map(({ name, type }) => {
    const text = held[name];
    if (text === undefined) return [name, null] as const;
    return [name, type === 'timestamp' ? Number(text) : type === 'bool' ? text === 'true' : text] as const;
  });
  return { ...row, ...Object.fromEntries(cells) };
}

function placeOf<T extends DataTable>({ row, stamp }: SimRow<T>): Row {
  return {
    kafka_partition: stamp.partition,
    kafka_offset: row.kafkaOffset,
    writer_epoch: stamp.writerEpoch,
    processed_at: stamp.processedAtMs,
  };
}

function checkpointCells({ row, stamp }: SimRow<'checkpoint_log'>): Row {
  return {
    kafka_partition: stamp.partition,
    writer_epoch: stamp.writerEpoch,
    processed_at: stamp.processedAtMs,
    topic: row.topic,
    owner: row.owner,
    next_offset: row.nextOffset,
    watermark: row.watermarkMs,
    ...row.counters,
    stream_offsets: streamOffsetsText(row),
    state_digest: row.stateDigest,
    record_fingerprint: row.recordFingerprint,
    written_at: stamp.processedAtMs,
  };
}
