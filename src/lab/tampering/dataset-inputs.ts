/**
 * What `verify` looks at, over a dataset as plain data: as it comes from the queries and the topic of a real one. Ownership
 * rows are read by the code that reads the real table, so that a cell nobody could have written stops `verify` here too.
 */

import { ContradictionError } from '../../base/errors.ts';
import { furtherColumnsOf } from '../../checks/further-columns.ts';
import { type HeldRow, heldTables } from '../../checks/inputs/held-tables.ts';
import { textsByDigest, withRulesTexts } from '../../checks/inputs/rules-texts.ts';
import { gatheredColumns } from '../../checks/inputs/table-columns.ts';
import type {
  CheckedTable,
  CheckpointCells,
  ForeignRows,
  OwnershipFacts,
  TableCells,
  VerifyInputs,
} from '../../checks/inputs/verify-inputs.ts';
import { CHECKED_TABLES } from '../../checks/partition/walk-partition.ts';
import type { StoredOwnership } from '../../sinks/bigquery/ports.ts';
import { OWNERSHIP_COLUMNS, ownershipFromCells } from '../../sinks/bigquery/query/ownership-rows.ts';
import type { Cell, Row } from './columns.ts';
import type { Dataset } from './dataset.ts';

export function datasetInputs(dataset: Dataset): VerifyInputs {
  const { topic, tables, log } = dataset;
  const rows = Object.fromEntries(
    CHECKED_TABLES.map((table) => [table, tables[table].map((row) => heldRow<Row>(row))]),
  ) as Record<CheckedTable, HeldRow<Row>[]>;
  const texts = textsByDigest(tables.rules);
  const ownership = (): OwnershipFacts[] =>
    readOwnership(dataset).map((facts) => withRulesTexts(facts, (sha256) => texts.get(sha256) ?? null));
  const ofTopic = tables.checkpoint_log.filter((row) => row.topic === topic);
  const others = tables.checkpoint_log.filter((row) => row.topic !== topic);
  return {
    topic,
    ownership: async () => ownership(),
    topicPartitions: async () => [...log.keys()],
    bounds: async (partition) => {
      const { startOffset, endOffset } = log[partition]!;
      return { startOffset, endOffset, highWatermark: endOffset };
    },
    async *records(partition, fromOffset, toOffset) {
      yield log[partition]!.records.filter(({ offset }) => offset >= fromOffset && offset < toOffset);
    },
    schemas: async () =>
      tables.event_schemas.map(({ schema_id, sha256, text }) => ({
        schema_id: Number(schema_id),
        sha256: String(sha256),
        text: String(text),
      })),
    tables: async () => {
      const further = furtherColumnsOf(ownership());
      const payments = rows.payment_transactions.map(({ partition, row }) => ({
        partition,
        row: gatheredColumns({ ...row }, further),
      }));
      return heldTables({
        rows: { ...rows, payment_transactions: payments } as unknown as {
          [T in CheckedTable]: HeldRow<TableCells[T]>[];
        },
        checkpoints: ofTopic.map((row) => heldRow<CheckpointCells>(row)),
        foreign: [...foreignCheckpoints(others), ...foreignOwnership(dataset)],
      });
    },
  };
}

/** As the processor and `verify` read them. Throws ContradictionError `ownership_rows`. */
export function readOwnership({ topic, tables }: Dataset): StoredOwnership[] {
  const rows = tables.partition_ownership
    .filter((row) => row.topic === topic)
    .sort((a, b) => Number(a.kafka_partition) - Number(b.kafka_partition))
    .map((row) => ownershipFromCells(OWNERSHIP_COLUMNS.map((column) => textOf(row[column]!, column))));
  const twice = rows.find((row, i) => row.partition === rows[i - 1]?.partition);
  if (twice === undefined) return rows;
  throw new ContradictionError('ownership_rows', `two rows for topic ${topic}, partition ${twice.partition}`);
}

/** A cell as a query gives it: text, times in microseconds. */
export function textOf(cell: Cell, column: string): string | null {
  if (cell === null) return null;
  if (TIMES.has(column)) return String(Math.round(Number(cell) * 1_000));
  return String(cell);
}

const TIMES = new Set([
  'claimed_at',
  'event_time',
  'record_time',
  'window_start',
  'window_end',
  'watermark',
  'received_at',
]);

function heldRow<R>(row: Row): HeldRow<R> {
  const { kafka_partition: partition, ...cells } = row;
  return { partition: partition as number | null, row: cells as R };
}

function foreignCheckpoints(rows: readonly Row[]): ForeignRows[] {
  return [...Map.groupBy(rows, ({ kafka_partition }) => kafka_partition as number | null)].map(([partition, some]) => ({
    table: 'checkpoint_log',
    partition,
    rowCount: some.length,
    why: 'topic',
    samples: some.map(({ next_offset, writer_epoch, topic }) => ({
      kafka_offset: next_offset as number | null,
      writer_epoch: writer_epoch as number | null,
      about: topic as string | null,
    })),
  }));
}

function foreignOwnership({ topic, tables }: Dataset): ForeignRows[] {
  const others = tables.partition_ownership.filter((row) => row.topic !== topic);
  return others.map((row) => ({
    table: 'partition_ownership',
    partition: row.kafka_partition as number | null,
    rowCount: 1,
    why: 'topic',
    samples: [{ kafka_offset: null, writer_epoch: null, about: row.topic as string | null }],
  }));
}
