/**
 * The sink's best speed: the rows of a topic, folded and encoded beforehand, appended in a bare loop to streams of the
 * same tables in the same sizes as the processor's. The pipeline is compared with it.
 */

import { systemRuntime } from '../../src/base/system-runtime.ts';
import type { KafkaConnectionOptions } from '../../src/kafka/client/connection-options.ts';
import { readTopic } from '../../src/kafka/read-topic.ts';
import { AcceptedBatch } from '../../src/payments/accepted-batch.ts';
import type { FoldOutput } from '../../src/payments/fold.ts';
import { PartitionFold } from '../../src/payments/fold.ts';
import { compileSettings, DEFAULT_DECISION_SETTINGS, defaultFixedSettings } from '../../src/payments/settings.ts';
import type { DataTable, LogRecord } from '../../src/payments/types.ts';
import { DEFAULT_LIMITS } from '../../src/processor/limits.ts';
import type { BigQuerySink } from '../../src/sinks/bigquery/open-sink.ts';
import type { AppendBatches, EncodedRows, RowEncoder } from '../../src/sinks/bigquery/ports.ts';

/** Appends of one stream, in order. */
export interface PreparedStream {
  readonly partition: number;
  readonly table: DataTable;
  readonly appends: readonly EncodedRows[];
}

export interface Prepared {
  readonly streams: readonly PreparedStream[];
  readonly records: number;
  readonly rows: number;
  readonly bytes: number;
}

/** Reads the topic and makes its rows, batched as by a processor under load. */
export async function prepareRows(
  connection: KafkaConnectionOptions,
  topic: string,
  encoder: RowEncoder,
): Promise<Prepared> {
  const reading = await readTopic({ connection, topic, runtime: systemRuntime });
  const partitionCount = reading.bounds.size;
  const makers = new Map<number, RowMaker>();
  let records = 0;
  for await (const chunk of reading) {
    const { partition } = chunk;
    const maker = makers.get(partition) ?? new RowMaker(partition, partitionCount, encoder);
    makers.set(partition, maker);
    maker.take(chunk.records);
    records += chunk.records.length;
  }
  const streams = [...makers.values()].flatMap((maker) => maker.finish());
  const all = streams.flatMap(({ appends }) => appends);
  return { streams, records, rows: sumOf(all, 'rowCount'), bytes: sumOf(all, 'byteLength') };
}

/** From the first append to the last acknowledgement, ms. The dataset must have its tables. */
export async function appendAll(sink: BigQuerySink, { streams }: Prepared): Promise<number> {
  const opened = await Promise.all(
    streams.map(async ({ table, appends }) => {
      const name = await sink.streams.create(table);
      const appender = sink.streams.open({ epoch: 1, table, name, createdAtMs: systemRuntime.nowMs() });
      return { appender, appends };
    }),
  );
  const startedMs = performance.now();
  await Promise.all(opened.flatMap(({ appender, appends }) => appends.map((rows) => appender.append(rows))));
  const tookMs = performance.now() - startedMs;
  for (const { appender } of opened) appender.close();
  return tookMs;
}

class RowMaker {
  readonly #partition: number;
  readonly #fold: PartitionFold;
  readonly #settings = compileSettings(DEFAULT_DECISION_SETTINGS);
  readonly #encoder: RowEncoder;
  readonly #appends: Record<DataTable, EncodedRows[]> = {
    payment_transactions: [],
    payment_transactions_fraud: [],
    payment_metrics_partials: [],
    payment_exceptions: [],
  };
  #out: FoldOutput = { accepted: new AcceptedBatch(), partials: [], exceptions: [] };
  #inBatch = 0;

  constructor(partition: number, partitionCount: number, encoder: RowEncoder) {
    this.#partition = partition;
    this.#encoder = encoder;
    const fixed = defaultFixedSettings(systemRuntime.nowMs());
    this.#fold = PartitionFold.fresh({ partition, partitionCount, fixed, startOffset: 0 });
  }

  take(records: readonly LogRecord[]): void {
    for (const record of records) {
      this.#fold.fold(record, this.#settings, this.#out);
      this.#inBatch += 1;
      if (this.#inBatch === DEFAULT_LIMITS.maxBatchRecords) this.#encode();
    }
    this.#fold.takeDelta();
  }

  finish(): PreparedStream[] {
    this.#encode();
    return Object.entries(this.#appends).map(([table, appends]) => ({
      partition: this.#partition,
      table: table as DataTable,
      appends,
    }));
  }

  #encode(): void {
    const { accepted, partials, exceptions } = this.#out;
    this.#out = { accepted: new AcceptedBatch(), partials: [], exceptions: [] };
    this.#inBatch = 0;
    this.#add('payment_transactions', accepted);
    this.#add('payment_transactions_fraud', accepted);
    this.#add('payment_metrics_partials', partials);
    this.#add('payment_exceptions', exceptions);
  }

  #add<T extends DataTable>(table: T, rows: AppendBatches[T]): void {
    if (rows.length === 0) return;
    const stamp = { partition: this.#partition, writerEpoch: 1, processedAtMs: systemRuntime.nowMs() };
    // Every repeat appends them again: their memory is never given back.
    const { lease: _, ...kept } = this.#encoder.encode<DataTable>(table, rows, stamp);
    this.#appends[table].push(kept);
  }
}

function sumOf(rows: readonly EncodedRows[], what: 'rowCount' | 'byteLength'): number {
  return rows.reduce((total, one) => total + one[what], 0);
}
