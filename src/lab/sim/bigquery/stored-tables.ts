/** What the simulated BigQuery holds, for checkers: straight columns, no judgement. */
import type { HeldRow, HeldTables } from '../../../checks/inputs/held-tables.ts';
import type { CheckedTable, TableCells } from '../../../checks/inputs/verify-inputs.ts';
import { cellsByName } from '../../../payments/row-cells.ts';
import type { DataRows } from '../../../payments/types.ts';
import { streamOffsetsText } from '../../../sinks/bigquery/takeover/stream-offsets.ts';
import type { SimStored } from '../stored.ts';
import type { SimBigQuery } from './sim-bigquery.ts';
import type { SimRow } from './sim-tables.ts';

export class StoredTables implements SimStored {
  readonly #bigquery: SimBigQuery;

  constructor(bigquery: SimBigQuery) {
    this.#bigquery = bigquery;
  }

  checkpointed(partition: number): number {
    return this.#bigquery.tables.checkpointed(partition);
  }

  reaches(table: CheckedTable, partition: number, fromOffset: number): boolean {
    const rows: readonly SimRow<CheckedTable>[] = this.#bigquery.tables.landed(table);
    return rows.some(({ row, stamp }) => stamp.partition === partition && row.kafkaOffset >= fromOffset);
  }

  held(): HeldTables {
    const known = [...this.#bigquery.known].map(([list, payments]) => {
      const rows = payments.map((each) => ({ transaction_id: each.transactionId, event_time: each.eventTimeMs }));
      return [list, rows] as const;
    });
    return {
      known: new Map(known),
      rows: {
        payment_transactions: this.#rowsOf('payment_transactions'),
        payment_transactions_fraud: this.#rowsOf('payment_transactions_fraud'),
        payment_metrics_partials: this.#rowsOf('payment_metrics_partials'),
        payment_exceptions: this.#rowsOf('payment_exceptions'),
      },
      checkpoints: this.#bigquery.tables.landed('checkpoint_log').map(({ row, stamp }) => ({
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
    };
  }

  ownership(topic: string) {
    return this.#bigquery.ownership.read(topic);
  }

  rulesText(sha256: string): string | null {
    return this.#bigquery.ownership.rules([sha256])[0]?.text ?? null;
  }

  schemas() {
    return this.#bigquery.schemas.all();
  }

  #rowsOf<T extends CheckedTable>(table: T): HeldRow<TableCells[T]>[] {
    return this.#bigquery.tables
      .landed(table)
      .map((row) => ({ partition: row.stamp.partition, row: cellsOf(table, row) }));
  }
}

/** A landed row as `verify` reads it. */
export function cellsOf<T extends CheckedTable>(table: T, { row, stamp }: SimRow<T>): TableCells[T] {
  const place = { kafka_offset: row.kafkaOffset, writer_epoch: stamp.writerEpoch };
  const cells = { ...place, ...cellsByName<T>(table, row as DataRows[T]) } as unknown as TableCells[T];
  const further =
    table === 'payment_transactions' ? (row as DataRows['payment_transactions']).payment.further : undefined;
  return further === undefined ? cells : { ...cells, columns: further };
}
