/**
 * What `verify` looks at, from a simulated world: its log, what has landed in its tables, its ownership rows. Straight
 * columns, no judgement: rows are laid out as the tables hold them.
 * A log that was truncated or made anew has been several logs; `generationOf` says which of them a partition is held to.
 */
import { type HeldRow, heldTables } from '../../checks/inputs/held-tables.ts';
import { withRulesTexts } from '../../checks/inputs/rules-texts.ts';
import type { CheckedTable, TableCells, TopicRecord, VerifyInputs } from '../../checks/inputs/verify-inputs.ts';
import { cellsByName } from '../../payments/row-cells.ts';
import type { DataRows } from '../../payments/types.ts';
import { streamOffsetsText } from '../../sinks/bigquery/takeover/stream-offsets.ts';
import type { SimRow } from './bigquery/sim-tables.ts';
import type { LogGeneration, SimRecord } from './kafka/topic.ts';
import type { World } from './world/world.ts';

/** The index of the log generation to use; default: the last, which is the log as it is now. */
export type GenerationOf = (partition: number, generations: readonly LogGeneration[]) => number;

export interface SimInputsOptions {
  readonly generationOf?: GenerationOf;
}

/** A snapshot: what happens in the world afterwards is not seen. */
export function simInputs(world: World, { generationOf = last }: SimInputsOptions = {}): VerifyInputs {
  const { topic, partitions } = world.kafka;
  const stored = world.bigquery.ownership.read(topic);
  const named = stored.flatMap(({ history }) => history.flatMap((entry) => entry.rules?.sha256 ?? []));
  const rules = new Map(world.bigquery.ownership.rules(named).map(({ sha256, text }) => [sha256, text]));
  const ownership = stored.map((facts) => withRulesTexts(facts, (sha256) => rules.get(sha256) ?? null));
  const { tables } = world.bigquery;
  const known = [...world.bigquery.known].map(([list, payments]) => {
    const rows = payments.map((each) => ({ transaction_id: each.transactionId, event_time: each.eventTimeMs }));
    return [list, rows] as const;
  });
  const held = heldTables({
    known: new Map(known),
    rows: {
      payment_transactions: rowsOf(world, 'payment_transactions'),
      payment_transactions_fraud: rowsOf(world, 'payment_transactions_fraud'),
      payment_metrics_partials: rowsOf(world, 'payment_metrics_partials'),
      payment_exceptions: rowsOf(world, 'payment_exceptions'),
    },
    checkpoints: tables.landed('checkpoint_log').map(({ row, stamp }) => ({
      partition: stamp.partition,
      row: {
        writer_epoch: stamp.writerEpoch,
        next_offset: row.nextOffset,
        watermark: row.watermarkMs,
        ...row.counters,
        stream_offsets: streamOffsetsText(row),
        state_digest: row.stateDigest,
        record_fingerprint: row.recordFingerprint,
      },
    })),
  });
  const log = (partition: number): LogGeneration => {
    const generations = world.kafka.partition(partition).generations();
    return generations[generationOf(partition, generations)] as LogGeneration;
  };
  return {
    topic,
    ownership: () => Promise.resolve(ownership),
    topicPartitions: () => Promise.resolve([...partitions.keys()]),
    bounds: (partition) => Promise.resolve({ startOffset: 0, endOffset: log(partition).endOffset }),
    async *records(partition, fromOffset, toOffset) {
      yield log(partition)
        .records.filter(({ offset }) => offset >= fromOffset && offset < toOffset)
        // The simulated log holds every record whole.
        .map(topicRecordOf);
    },
    tables: () => Promise.resolve(held),
    schemas: () => Promise.resolve(world.bigquery.schemas.all()),
  };
}

/** A record of the simulated log as the checkers' reader gives it. */
export function topicRecordOf({ offset, timestampMs, key, value, headers }: SimRecord): TopicRecord {
  const record = { offset, timestampMs, key, value };
  return headers === undefined ? record : { ...record, headers };
}

function last(_: number, generations: readonly LogGeneration[]): number {
  return generations.length - 1;
}

function rowsOf<T extends CheckedTable>(world: World, table: T): HeldRow<TableCells[T]>[] {
  return world.bigquery.tables
    .landed(table)
    .map((row) => ({ partition: row.stamp.partition, row: cellsOf(table, row) }));
}

/** A landed row as `verify` reads it. */
export function cellsOf<T extends CheckedTable>(table: T, { row, stamp }: SimRow<T>): TableCells[T] {
  const place = { kafka_offset: row.kafkaOffset, writer_epoch: stamp.writerEpoch };
  const cells = { ...place, ...cellsByName<T>(table, row as DataRows[T]) } as unknown as TableCells[T];
  const further =
    table === 'payment_transactions' ? (row as DataRows['payment_transactions']).payment.further : undefined;
  return further === undefined ? cells : { ...cells, columns: further };
}
