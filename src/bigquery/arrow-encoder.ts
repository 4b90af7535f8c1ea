/**
 * Rows to Arrow record batches: the RowEncoder port. What encode() returns is a copy: the rows may be cleared after it.
 */
import { type Data, makeData, RecordBatch, RecordBatchStreamWriter, type Schema, Struct } from 'apache-arrow';
import {
  type AcceptedRow,
  APPEND_TABLES,
  type AppendTable,
  type RowList,
  type TransactionRow,
} from '../payments/types.ts';
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

const END_OF_STREAM_BYTES = 8;

export class ArrowRowEncoder implements RowEncoder {
  readonly #schemas = new Map<AppendTable, Schema>(APPEND_TABLES.map((table) => [table, arrowSchema(table)]));
  readonly #schemaBytes = new Map<AppendTable, Uint8Array>();

  encode<T extends AppendTable>(table: T, rows: RowList<AppendRows[T]>, stamp: RowStamp): EncodedRows {
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

  #columns<T extends AppendTable>(table: T, rows: RowList<AppendRows[T]>, stamp: RowStamp): Data[] {
    // The type parameter is not narrowed by the switch; each case states what AppendRows[T] is.
    switch (table as AppendTable) {
      case 'payment_transactions':
        return paymentColumns(rows as RowList<TransactionRow>, stamp);
      case 'payment_transactions_fraud': {
        const accepted = rows as RowList<AcceptedRow>;
        return [...paymentColumns(accepted, stamp), ...fraudColumns(accepted)];
      }
      case 'payment_metrics_partials':
        return partialColumns([...(rows as RowList<AppendRows['payment_metrics_partials']>)], stamp);
      case 'payment_exceptions':
        return exceptionColumns([...(rows as RowList<AppendRows['payment_exceptions']>)], stamp);
      case 'checkpoint_log':
        return checkpointColumns([...(rows as RowList<AppendRows['checkpoint_log']>)], stamp);
    }
  }
}

/** End of the schema message: a marker and a length of four bytes each, then the metadata; a schema has no body. */
function firstMessageEnd(stream: Uint8Array): number {
  return 8 + new DataView(stream.buffer, stream.byteOffset, 8).getInt32(4, true);
}
