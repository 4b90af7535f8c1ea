/**
 * A simulated world that begins with a dataset, changed or not: its rows, its streams, its log. Cells that no code could read
 * throw when they are asked for, as the queries of the real service would have them.
 */

import { ContradictionError } from '../../base/errors.ts';
import { APPEND_TABLES, type AppendTable, DATA_TABLES, type DataTable } from '../../payments/types.ts';
import type { AppendRows, CheckpointRow, StoredOwnership } from '../../sinks/bigquery/ports.ts';
import { rowReader } from '../../sinks/bigquery/rows/row-readers.ts';
import { copy } from '../sim/bigquery/sim-encoder.ts';
import type { SimRow } from '../sim/bigquery/sim-tables.ts';
import { createWorld } from '../sim/world/create-world.ts';
import type { World } from '../sim/world/world.ts';
import type { Row } from './columns.ts';
import type { BaseDataset } from './dataset.ts';
import { textOf } from './dataset-inputs.ts';
import { furtherOf } from './mapped/event-forms.ts';

/** `ownership`: as it was read from the dataset. */
export function loadedWorld(dataset: BaseDataset, ownership: readonly StoredOwnership[]): World {
  const world = createWorld({ seed: 1, partitions: dataset.log.length, topic: dataset.topic });
  const { tables, ownership: rows } = world.bigquery;
  for (const stream of dataset.streams)
    tables.streams.set(stream.name, { ...stream, visibleAtMs: 0, status: stream.status === 'lost' ? 'lost' : 'open' });
  rows.put(ownership);
  rows.loadRules(
    dataset.tables.rules.map(({ sha256, revision, text }) => ({
      sha256: String(sha256),
      revision: Number(revision),
      text: String(text),
    })),
  );
  world.bigquery.schemas.load(
    dataset.tables.event_schemas.map(({ schema_id, sha256, text }) => ({
      id: Number(schema_id),
      sha256: String(sha256),
      text: String(text),
    })),
  );
  for (const table of APPEND_TABLES) tables.put(table, landedRows(dataset, table));
  for (const [partition, { startOffset, endOffset, records }] of dataset.log.entries()) {
    const log = world.kafka.partition(partition);
    const byOffset = new Map(records.map((record) => [record.offset, record]));
    for (let offset = 0; offset < endOffset; offset++) {
      const record = byOffset.get(offset);
      if (record === undefined) log.endTransaction('commit', 0);
      else log.append([{ timestampMs: record.timestampMs, key: bytes(record.key), value: bytes(record.value) }]);
    }
    log.dropFromStart(startOffset);
  }
  return world;
}

function bytes(value: Uint8Array | null): Buffer | null {
  return value === null ? null : Buffer.from(value);
}

/** Rows without a place are seen by no query of a processor. */
function landedRows<T extends AppendTable>(dataset: BaseDataset, table: T): SimRow<T>[] {
  const rows = dataset.tables[table].filter(
    (row) =>
      row.kafka_partition !== null && row.writer_epoch !== null && (row.kafka_offset ?? row.next_offset) !== null,
  );
  return rows.map((row, streamOffset) => ({
    row: readOnce(row, () =>
      table === 'checkpoint_log' ? checkpoint(row) : dataRow(table as DataTable, row, dataset),
    ) as AppendRows[T],
    stamp: {
      partition: Number(row.kafka_partition),
      writerEpoch: Number(row.writer_epoch),
      processedAtMs: Number(row.processed_at),
    },
    stream: 'loaded',
    streamOffset,
    visibleAtMs: 0,
  }));
}

/** Rows that were not changed are the same ones in every copy of a dataset. The world gives out copies only. */
const READ = new WeakMap<Row, object>();

function readOnce(row: Row, read: () => object): object {
  const known = READ.get(row) ?? read();
  READ.set(row, known);
  return known;
}

function dataRow(table: DataTable, row: Row, { form }: BaseDataset): AppendRows[AppendTable] {
  const reader = rowReader(table, furtherOf(form));
  const cells = reader.columns.map((column) => textOf(row[column]!, column));
  return readable({ kafkaOffset: Number(row.kafka_offset) }, () => reader.read(cells)) as AppendRows[AppendTable];
}

function checkpoint(row: Row): AppendRows[AppendTable] {
  const place = {
    nextOffset: Number(row.next_offset),
    partition: Number(row.kafka_partition),
    topic: String(row.topic),
  };
  return readable(place, () => checkpointOf(row)) as unknown as CheckpointRow;
}

function checkpointOf(row: Row): object {
  const whole = (column: string): number => {
    if (!Number.isSafeInteger(row[column])) throw new TypeError(`${column} is ${row[column]}`);
    return Number(row[column]);
  };
  const text = (column: string): string => {
    if (typeof row[column] !== 'string') throw new TypeError(`${column} is ${row[column]}`);
    return row[column];
  };
  const streamOffsets = JSON.parse(text('stream_offsets')) as Record<string, unknown>;
  for (const table of DATA_TABLES)
    if (!Number.isSafeInteger(streamOffsets[table])) throw new TypeError(`stream_offsets: ${row.stream_offsets}`);
  return {
    topic: text('topic'),
    partition: whole('kafka_partition'),
    owner: text('owner'),
    writerEpoch: whole('writer_epoch'),
    nextOffset: whole('next_offset'),
    watermarkMs: row.watermark === null ? whole('watermark') : Number(row.watermark),
    counters: {
      consumed: whole('consumed'),
      accepted: whole('accepted'),
      duplicates: whole('duplicates'),
      late: whole('late'),
      rejected: whole('rejected'),
    },
    streamOffsets,
    ...(streamOffsets.of === undefined ? {} : { of: streamOffsets.of }),
    stateDigest: text('state_digest'),
    recordFingerprint: row.record_fingerprint,
  };
}

/** What `read` gives; where it throws, something that throws as soon as it is copied, with the place to be found by. */
function readable(place: object, read: () => object): object {
  try {
    return copy(read());
  } catch (error) {
    const why = `a row that cannot be read: ${(error as Error).message}`;
    const get = (): never => {
      throw new ContradictionError('rows_differ', why);
    };
    return Object.defineProperties(
      { ...place },
      { payment: { enumerable: true, get }, counters: { enumerable: true, get } },
    );
  }
}
