/**
 * Rows of the fold to Arrow, with the statistics of a file that holds them. All rows of a table have one schema, regardless of the rules
 * of their partition: only further columns make another one.
 *
 * Invariant: the bytes are a copy, because the fold reuses the memory of its rows.
 */
import { type Data, makeData, RecordBatch, type Schema, Struct } from 'apache-arrow';
import { BugError } from '../../../base/errors.ts';
import type { Lease } from '../../../base/memory/lease.ts';
import { ReusedMemory } from '../../../base/memory/reused-memory.ts';
import type { AcceptedBatch } from '../../../payments/accepted-batch.ts';
import type { FurtherColumn } from '../../../payments/rules/rules.ts';
import type { DataTable, ExceptionRow, PartialRow } from '../../../payments/types.ts';
import type { BatchSlice } from '../../../processor/ports.ts';
import { arrowSchema } from '../../rows/arrow-schemas.ts';
import { Scratch } from '../../rows/column-memory.ts';
import { joined, lengthOf, MessageParts } from '../../rows/message-parts.ts';
import { fraudColumns, furtherColumns, objectColumns, paymentColumns, type RowStamp } from '../../rows/row-columns.ts';
import type { ArrowRows } from '../ports.ts';
import { type RowStats, statsOfRows } from './statistics.ts';

/** Rows of one append, ready for a file. */
export interface EncodedPiece extends ArrowRows {
  readonly stats: RowStats;
  /** Of the memory of the bytes. Released when no file of these rows is needed any longer. */
  readonly lease: Lease;
}

interface KnownSchema {
  readonly schema: Schema;
  /** Its message, once one was written. */
  bytes: Uint8Array | undefined;
}

const NO_COLUMNS: readonly FurtherColumn[] = [];
const MAX_FREE_BYTES = 32 * 1024 * 1024;
/** Appends are far smaller: see appendLimits. */
const MAX_PIECE_BYTES = 64 * 1024 * 1024;

export class DeltaRowEncoder {
  /** By the further columns of a layout, then by table. Layouts of partitions that were lost go with their schemas. */
  readonly #schemas = new WeakMap<readonly FurtherColumn[], Map<DataTable, KnownSchema>>();
  readonly #scratch = new Scratch();
  readonly #memory = new ReusedMemory(MAX_FREE_BYTES);

  encode<T extends DataTable>(table: T, slice: BatchSlice<T>, stamp: RowStamp): EncodedPiece {
    const { rows, from, to } = slice;
    const rowCount = to - from;
    const known = this.#schemaOf(table, rows as object);
    const { schema } = known;
    const children = this.#columns(table, slice, stamp);
    const data = makeData({ type: new Struct(schema.fields), length: rowCount, nullCount: 0, children });
    const written = new MessageParts();
    written.write(new RecordBatch(schema, data));
    known.bytes ??= joined(written.schema, Buffer.allocUnsafeSlow(lengthOf(written.schema)));
    const length = lengthOf(written.batch);
    if (length > MAX_PIECE_BYTES)
      throw new BugError(`${rowCount} rows of ${table} are ${length} bytes: too many for one append`);
    const memory = this.#memory.take(length);
    return {
      table,
      rowCount,
      schemaBytes: known.bytes,
      recordBatchBytes: [joined(written.batch, memory)],
      stats: statsOfRows(table, slice, stamp),
      lease: { release: () => this.#memory.release(memory) },
    };
  }

  #schemaOf(table: DataTable, rows: object): KnownSchema {
    const hasFurther = table === 'payment_transactions' && 'layout' in rows;
    const further = hasFurther ? (rows as AcceptedBatch).layout.further : NO_COLUMNS;
    let ofColumns = this.#schemas.get(further);
    if (ofColumns === undefined) {
      ofColumns = new Map();
      this.#schemas.set(further, ofColumns);
    }
    let known = ofColumns.get(table);
    if (known === undefined) {
      known = { schema: arrowSchema(table, { nullRoles: true, further }), bytes: undefined };
      ofColumns.set(table, known);
    }
    return known;
  }

  #columns<T extends DataTable>(table: T, { rows, from, to }: BatchSlice<T>, stamp: RowStamp): Data[] {
    const scratch = this.#scratch;
    scratch.reset();
    // The type parameter is not narrowed by the switch; each case states what DataBatches[T] is.
    switch (table as DataTable) {
      case 'payment_transactions': {
        const accepted = rows as AcceptedBatch;
        return [...paymentColumns(scratch, accepted, stamp, from, to), ...furtherColumns(scratch, accepted, from, to)];
      }
      case 'payment_transactions_fraud': {
        const accepted = rows as AcceptedBatch;
        return [...paymentColumns(scratch, accepted, stamp, from, to), ...fraudColumns(scratch, accepted, from, to)];
      }
      case 'payment_metrics_partials':
        return objectColumns('payment_metrics_partials', scratch, listed<PartialRow>(rows, from, to), stamp);
      case 'payment_exceptions':
        return objectColumns('payment_exceptions', scratch, listed<ExceptionRow>(rows, from, to), stamp);
    }
  }
}

function listed<Row>(rows: { at(index: number): unknown }, from: number, to: number): Row[] {
  return Array.from({ length: to - from }, (_, i) => rows.at(from + i) as Row);
}
