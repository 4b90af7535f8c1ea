/**
 * Rows to Arrow record batches: the RowEncoder port. encode() returns the only copy, so the rows may be cleared
 * afterwards. The copy reuses the memory of an earlier one that was acknowledged.
 */
import { type Data, makeData, RecordBatch, type Schema, Struct } from 'apache-arrow';
import { BugError } from '../../../base/errors.ts';
import { ReusedMemory } from '../../../base/memory/reused-memory.ts';
import type { AcceptedBatch } from '../../../payments/accepted-batch.ts';
import type { RowList } from '../../../payments/row-batch.ts';
import { BUILT_IN_LAYOUT, type RowLayout } from '../../../payments/row-layout.ts';
import type { AppendTable, ExceptionRow, PartialRow } from '../../../payments/types.ts';
import { arrowSchema } from '../../rows/arrow-schemas.ts';
import { Scratch } from '../../rows/column-memory.ts';
import { joined, lengthOf, MessageParts } from '../../rows/message-parts.ts';
import { fraudColumns, furtherColumns, objectColumns, paymentColumns } from '../../rows/row-columns.ts';
import type { AppendBatches, CheckpointRow, EncodedRows, RowEncoder, RowStamp } from '../ports.ts';
import { hardMaxAppendBytes } from '../sink-limits.ts';
import { checkpointColumns } from './checkpoint-columns.ts';

/** EncodedRows.payload: what one AppendRows request carries. */
export interface ArrowPayload {
  /** One IPC schema message: the same bytes for every batch of a table. */
  readonly schemaBytes: Uint8Array;
  /** One IPC record batch message. */
  readonly recordBatchBytes: Uint8Array;
  /** Bytes before recordBatchBytes, in the same memory, for the head of one request. */
  roomBytes?: number;
}

interface TableSchema {
  readonly schema: Schema;
  /** Its IPC message, once one was written. */
  bytes: Uint8Array | undefined;
}

/** Enough for a stream's name, the schema of the widest table without further columns, and the other fields of a request. */
const ROOM_BYTES = 4 * 1024;
/** Of a request without its schema. */
const HEAD_BYTES = 1024;
const MAX_FREE_BYTES = 12 * 1024 * 1024;

export class ArrowRowEncoder implements RowEncoder {
  /** Of partitions that were lost, the layouts and with them their schemas go. */
  readonly #schemas = new WeakMap<RowLayout, Map<AppendTable, TableSchema>>();
  readonly #scratch = new Scratch();
  readonly #memory = new ReusedMemory(MAX_FREE_BYTES);

  encode<T extends AppendTable>(
    table: T,
    rows: AppendBatches[T],
    stamp: RowStamp,
    from = 0,
    to = rows.length,
  ): EncodedRows {
    const rowCount = to - from;
    const columns = this.#columns(table, rows, stamp, from, to);
    const known = this.#schemaOf(table, rows);
    const { schema } = known;
    const data = makeData({ type: new Struct(schema.fields), length: rowCount, nullCount: 0, children: columns });
    const written = new MessageParts();
    written.write(new RecordBatch(schema, data));
    known.bytes ??= joined(written.schema, Buffer.allocUnsafeSlow(lengthOf(written.schema)));
    const schemaBytes = known.bytes;
    const batchLength = lengthOf(written.batch);
    const byteLength = schemaBytes.length + batchLength;
    if (byteLength > hardMaxAppendBytes) {
      throw new BugError(`${rowCount} rows of ${table} are ${byteLength} bytes: too many for one append`);
    }
    const roomBytes = Math.max(ROOM_BYTES, HEAD_BYTES + schemaBytes.length);
    const memory = this.#memory.take(roomBytes + batchLength);
    const recordBatchBytes = joined(written.batch, memory.subarray(roomBytes));
    const payload: ArrowPayload = { schemaBytes, recordBatchBytes, roomBytes };
    return { rowCount, byteLength, payload, lease: { release: () => this.#memory.release(memory) } };
  }

  #schemaOf<T extends AppendTable>(table: T, rows: AppendBatches[T]): TableSchema {
    const layout = 'layout' in rows ? rows.layout : BUILT_IN_LAYOUT;
    let ofLayout = this.#schemas.get(layout);
    if (ofLayout === undefined) {
      ofLayout = new Map();
      this.#schemas.set(layout, ofLayout);
    }
    let known = ofLayout.get(table);
    if (known === undefined) {
      known = { schema: arrowSchema(table, layout), bytes: undefined };
      ofLayout.set(table, known);
    }
    return known;
  }

  #columns<T extends AppendTable>(table: T, rows: AppendBatches[T], stamp: RowStamp, from: number, to: number): Data[] {
    const scratch = this.#scratch;
    scratch.reset();
    const objects = <Row>(list: RowList<Row>): readonly Row[] => [...list].slice(from, to);
    // The type parameter is not narrowed by the switch; each case states what AppendBatches[T] is.
    switch (table as AppendTable) {
      case 'payment_transactions':
        return [
          ...paymentColumns(scratch, rows as AcceptedBatch, stamp, from, to),
          ...furtherColumns(scratch, rows as AcceptedBatch, from, to),
        ];
      case 'payment_transactions_fraud': {
        const accepted = rows as AcceptedBatch;
        return [...paymentColumns(scratch, accepted, stamp, from, to), ...fraudColumns(scratch, accepted, from, to)];
      }
      case 'payment_metrics_partials':
        return objectColumns('payment_metrics_partials', scratch, objects(rows as RowList<PartialRow>), stamp);
      case 'payment_exceptions':
        return objectColumns('payment_exceptions', scratch, objects(rows as RowList<ExceptionRow>), stamp);
      case 'checkpoint_log':
        return checkpointColumns(scratch, objects(rows as RowList<CheckpointRow>), stamp);
    }
  }
}
