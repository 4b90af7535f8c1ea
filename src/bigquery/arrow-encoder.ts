/**
 * Rows to Arrow record batches: the RowEncoder port.
 *
 * The accepted rows of one batch are encoded twice, for payment_transactions and for payment_transactions_fraud; the
 * columns that both have are built once. The invariant that makes this safe: kept columns are used only for the other
 * of the two tables, once, for the same array of the same length under the same stamp, and dropped then.
 */
import { type Data, makeData, RecordBatch, RecordBatchStreamWriter, type Schema, Struct } from 'apache-arrow';
import { type AcceptedRow, APPEND_TABLES, type AppendTable, type TransactionRow } from '../payments/types.ts';
import { BugError } from '../processor/errors.ts';
import type { AppendRows, EncodedRows, RowEncoder, RowStamp } from '../processor/ports.ts';
import { arrowSchema } from './arrow-schemas.ts';
import { checkpointColumns, exceptionColumns, fraudColumns, partialColumns, paymentColumns } from './row-columns.ts';
import { hardMaxAppendBytes } from './sink-limits.ts';

/** EncodedRows.payload: what one AppendRows request carries. */
export interface ArrowPayload {
  /** One IPC schema message: the same bytes for every batch of a table. */
  readonly schemaBytes: Uint8Array;
  /** One IPC record batch message. */
  readonly recordBatchBytes: Uint8Array;
}

type PaymentTable = 'payment_transactions' | 'payment_transactions_fraud';

interface KeptColumns {
  readonly rows: readonly TransactionRow[];
  readonly length: number;
  readonly stamp: RowStamp;
  readonly columns: Data[];
  readonly builtFor: PaymentTable;
}

const END_OF_STREAM_BYTES = 8;

export class ArrowRowEncoder implements RowEncoder {
  readonly #schemas = new Map<AppendTable, Schema>(APPEND_TABLES.map((table) => [table, arrowSchema(table)]));
  readonly #schemaBytes = new Map<AppendTable, Uint8Array>();
  #kept: KeptColumns | undefined;

  encode<T extends AppendTable>(table: T, rows: readonly AppendRows[T][], stamp: RowStamp): EncodedRows {
    const columns = this.#columns(table, rows, stamp);
    const schema = this.#schemas.get(table)!;
    const data = makeData({ type: new Struct(schema.fields), length: rows.length, nullCount: 0, children: columns });
    const stream = RecordBatchStreamWriter.writeAll([new RecordBatch(schema, data)]).toUint8Array(true);
    const schemaEnd = firstMessageEnd(stream);
    let schemaBytes = this.#schemaBytes.get(table);
    if (schemaBytes === undefined) {
      schemaBytes = stream.slice(0, schemaEnd);
      this.#schemaBytes.set(table, schemaBytes);
    }
    const recordBatchBytes = stream.subarray(schemaEnd, stream.length - END_OF_STREAM_BYTES);
    const byteLength = schemaBytes.length + recordBatchBytes.length;
    if (byteLength > hardMaxAppendBytes) {
      throw new BugError(`${rows.length} rows of ${table} are ${byteLength} bytes: too many for one append`);
    }
    const payload: ArrowPayload = { schemaBytes, recordBatchBytes };
    return { rowCount: rows.length, byteLength, payload };
  }

  #columns<T extends AppendTable>(table: T, rows: readonly AppendRows[T][], stamp: RowStamp): Data[] {
    // The type parameter is not narrowed by the switch; each case states what AppendRows[T] is.
    switch (table as AppendTable) {
      case 'payment_transactions':
        return this.#paymentColumns('payment_transactions', rows as readonly TransactionRow[], stamp);
      case 'payment_transactions_fraud': {
        const accepted = rows as readonly AcceptedRow[];
        return [...this.#paymentColumns('payment_transactions_fraud', accepted, stamp), ...fraudColumns(accepted)];
      }
      case 'payment_metrics_partials':
        return partialColumns(rows as readonly AppendRows['payment_metrics_partials'][], stamp);
      case 'payment_exceptions':
        return exceptionColumns(rows as readonly AppendRows['payment_exceptions'][], stamp);
      case 'checkpoint_log':
        return checkpointColumns(rows as readonly AppendRows['checkpoint_log'][], stamp);
    }
  }

  #paymentColumns(table: PaymentTable, rows: readonly TransactionRow[], stamp: RowStamp): Data[] {
    const kept = this.#kept;
    this.#kept = undefined;
    if (
      kept !== undefined &&
      kept.builtFor !== table &&
      kept.rows === rows &&
      kept.length === rows.length &&
      isSameStamp(kept.stamp, stamp)
    ) {
      return kept.columns;
    }
    const columns = paymentColumns(rows, stamp);
    this.#kept = { rows, length: rows.length, stamp, columns, builtFor: table };
    return columns;
  }
}

function isSameStamp(a: RowStamp, b: RowStamp): boolean {
  return a.partition === b.partition && a.writerEpoch === b.writerEpoch && a.processedAtMs === b.processedAtMs;
}

/** End of the schema message: a marker and a length of four bytes each, then the metadata; a schema has no body. */
function firstMessageEnd(stream: Uint8Array): number {
  return 8 + new DataView(stream.buffer, stream.byteOffset, 8).getInt32(4, true);
}
