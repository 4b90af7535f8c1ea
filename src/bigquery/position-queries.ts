/**
 * How far a partition got, and what it remembers: reads for takeover and rebuild. kafka_partition is a constant in the text,
 * because the service prunes partitions by constants only; it is a checked integer.
 */
import { DATA_TABLES, type DataTable, type TransactionRow } from '../payments/types.ts';
import type { Checkpoint, WrittenRow } from '../processor/ports.ts';
import { type DatasetRef, integerLiteral, quotedTable } from './identifiers.ts';
import type { QueryJobs, Statement } from './query-job.ts';
import { intParameter, textParameter, timestampParameter } from './query-values.ts';
import { integer, millis, nullable, ROW_READERS, text, transactionRow } from './row-readers.ts';

/** Kafka offsets whose payments travel as one cell, and such cells per page: some 1.5 MB at a time. */
const OFFSETS_PER_CELL = 1_000;
const CELLS_PER_PAGE = 8;

export class PositionQueries {
  readonly #jobs: QueryJobs;
  readonly #dataset: DatasetRef;

  constructor(jobs: QueryJobs, dataset: DatasetRef) {
    this.#jobs = jobs;
    this.#dataset = dataset;
  }

  async latestCheckpoint(topic: string, partition: number): Promise<Checkpoint | undefined> {
    const { rows } = await this.#jobs.read({
      what: `checkpoint of ${topic}, partition ${partition}`,
      sql: `SELECT owner, writer_epoch, next_offset, watermark, consumed, accepted, duplicates, late, rejected,
  stream_offsets, state_digest, record_fingerprint
FROM ${this.#table('checkpoint_log')}
WHERE topic = @topic AND kafka_partition = ${integerLiteral(partition)}
ORDER BY next_offset DESC, writer_epoch DESC, written_at DESC
LIMIT 1`,
      parameters: [textParameter('topic', topic)],
    });
    const cells = rows[0];
    if (cells === undefined) return undefined;
    return {
      topic,
      partition,
      owner: text(cells[0]),
      writerEpoch: integer(cells[1]),
      nextOffset: integer(cells[2]),
      watermarkMs: millis(cells[3]),
      counters: {
        consumed: integer(cells[4]),
        accepted: integer(cells[5]),
        duplicates: integer(cells[6]),
        late: integer(cells[7]),
        rejected: integer(cells[8]),
      },
      streamOffsets: streamOffsets(text(cells[9])),
      stateDigest: text(cells[10]),
      recordFingerprint: nullable(cells[11], text),
    };
  }

  async rowsFrom<T extends DataTable>(table: T, partition: number, fromOffset: number): Promise<WrittenRow<T>[]> {
    const reader = ROW_READERS[table];
    const { rows } = await this.#jobs.read({
      what: `rows of ${table}, partition ${partition}`,
      sql: `SELECT ${reader.columns.join(', ')} FROM ${this.#table(table)}
WHERE kafka_partition = ${integerLiteral(partition)} AND kafka_offset >= @from_offset AND writer_epoch > 0
ORDER BY ${reader.order}`,
      parameters: [intParameter('from_offset', fromOffset)],
    });
    return rows.map((cells) => ({ row: reader.read(cells), writerEpoch: integer(cells[0]) }));
  }

  /**
   * Batches of some thousands. A million rows would be tens of millions of REST cells, which cost the service and us more
   * than the data: many payments travel as one cell of JSON. If the job is lost, the next one goes on past the last batch.
   */
  async *payments(
    partition: number,
    belowOffset: number,
    fromEventTimeMs: number,
  ): AsyncGenerator<readonly TransactionRow[]> {
    const patience = this.#jobs.patience(`payments of partition ${partition}`);
    let fromOffset = 0;
    for (;;) {
      const statement = this.#paymentsStatement(partition, fromOffset, belowOffset, fromEventTimeMs);
      try {
        for await (const { rows } of this.#jobs.pages(statement, CELLS_PER_PAGE)) {
          const batch = rows.flatMap(([cell]) => paymentsOfCell(text(cell)));
          patience.success();
          if (batch.length > 0) {
            fromOffset = batch.at(-1)!.kafkaOffset + 1;
            yield batch;
          }
        }
        return;
      } catch (error) {
        await patience.wait(this.#jobs.transient(error));
      }
    }
  }

  #paymentsStatement(partition: number, fromOffset: number, belowOffset: number, fromEventTimeMs: number): Statement {
    return {
      what: `payments of partition ${partition}`,
      sql: `SELECT
  STRING_AGG(TO_JSON_STRING([
    CAST(kafka_offset AS STRING), transaction_id, sender_account_id, receiver_account_id, CAST(amount AS STRING), currency,
    device_id, ip_address, CAST(UNIX_MICROS(event_time) AS STRING), region, payment_method
  ]), ',' ORDER BY kafka_offset) AS payments,
  DIV(kafka_offset, ${OFFSETS_PER_CELL}) AS bucket
FROM ${this.#table('payment_transactions')}
WHERE kafka_partition = ${integerLiteral(partition)} AND kafka_offset >= @from_offset AND kafka_offset < @below_offset
  AND event_time >= @from_time AND writer_epoch > 0
GROUP BY bucket
ORDER BY bucket`,
      parameters: [
        intParameter('from_offset', fromOffset),
        intParameter('below_offset', belowOffset),
        timestampParameter('from_time', fromEventTimeMs),
      ],
    };
  }

  #table(table: string): string {
    return quotedTable(this.#dataset, table);
  }
}

function paymentsOfCell(cell: string): TransactionRow[] {
  const rows = JSON.parse(`[${cell}]`) as string[][];
  // transactionRow expects writer_epoch in front, which nobody reads here.
  return rows.map((cells) => transactionRow(['', ...cells]));
}

function streamOffsets(json: string): Checkpoint['streamOffsets'] {
  const offsets = JSON.parse(json) as Partial<Record<DataTable, unknown>>;
  for (const table of DATA_TABLES) {
    if (!Number.isSafeInteger(offsets[table])) throw new TypeError(`checkpoint_log.stream_offsets: ${json}`);
  }
  return offsets as Checkpoint['streamOffsets'];
}
