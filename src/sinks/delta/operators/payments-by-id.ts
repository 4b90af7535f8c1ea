/** Payments by their ids, wherever in payment_transactions they are; and rows of payments that a backfill adds. */

import { DATA_COLUMNS } from '../../../payments/columns.ts';
import type { CellValue } from '../../../payments/row-cells.ts';
import { cellsByName, rowOf } from '../../../payments/row-cells.ts';
import type { FurtherColumn } from '../../../payments/rules/rules.ts';
import type { BackfilledPayment, StoredPayment } from '../../../processor/ports.ts';
import { integerFromText, nanosFromText } from '../../rows/cell-texts.ts';
import type { RowObject } from '../files/arrow-objects.ts';
import type { DataFile, TableSnapshot } from '../ports.ts';
import { type RowsOf, rowObject, scanFiles } from '../rows/stored-rows.ts';
import { DELTA_COLUMNS, furtherTableColumn, type TableColumn } from '../tables/table-columns.ts';

/** A file never changes: what it has of the ids is remembered, so that a look at a newer snapshot reads only new files. */
export class PaymentsById {
  readonly #parts: RowsOf;
  readonly #ids: ReadonlySet<string>;
  readonly #found = new Map<string, readonly StoredPayment[]>();

  constructor(parts: RowsOf, ids: readonly string[]) {
    this.#parts = parts;
    this.#ids = new Set(ids);
  }

  /** By id, then the newest epoch first, then by place. */
  async in({ files }: TableSnapshot): Promise<StoredPayment[]> {
    for (const file of files.values()) {
      if (!this.#found.has(file.path)) this.#found.set(file.path, await this.#in(file));
    }
    return [...files.keys()].flatMap((path) => this.#found.get(path)!).sort(inOrder);
  }

  async #in(file: DataFile): Promise<StoredPayment[]> {
    for await (const { rows } of scanFiles(this.#parts, [file], ['transaction_id']))
      if (!rows.some((row) => this.#ids.has(String(row.transaction_id)))) return [];
    const found: StoredPayment[] = [];
    for await (const { rows } of scanFiles(this.#parts, [file]))
      for (const row of rows) if (this.#ids.has(String(row.transaction_id))) found.push(storedPayment(row));
    return found;
  }
}

function inOrder(a: StoredPayment, b: StoredPayment): number {
  const [left, right] = [a.payment.transactionId, b.payment.transactionId];
  if (left !== right) return left < right ? -1 : 1;
  return b.writerEpoch - a.writerEpoch || a.partition - b.partition || a.offset - b.offset;
}

/** Without further columns: a payment is compared by what every payment has. */
function storedPayment(row: Readonly<Record<string, unknown>>): StoredPayment {
  const cells = rowObject('payment_transactions', row, DELTA_COLUMNS.payment_transactions);
  const values = DATA_COLUMNS.payment_transactions.map(({ name }) => cells[name] ?? null);
  const offset = Number(cells.kafka_offset);
  const { payment } = rowOf('payment_transactions', offset, values);
  return { partition: Number(cells.kafka_partition), offset, writerEpoch: Number(cells.writer_epoch), payment };
}

/** Rows of epoch 0, and the columns that they have besides those of this release. */
export function backfilledRows(
  payments: readonly BackfilledPayment[],
  nowMs: number,
  further: readonly FurtherColumn[],
): { readonly columns: readonly TableColumn[]; readonly rows: readonly RowObject[] } {
  const rows = payments.map(({ partition, offset, payment }): RowObject => {
    const cells = cellsByName('payment_transactions', { kafkaOffset: offset, payment });
    const more = further.map(({ name, type }): [string, CellValue] => {
      const text = payment.further?.[name];
      return [name, text === undefined ? null : furtherValue(type, text)];
    });
    return {
      ...cells,
      amount: payment.amount,
      kafka_partition: partition,
      writer_epoch: 0,
      processed_at: nowMs,
      ...Object.fromEntries(more),
    };
  });
  return { columns: further.map(furtherTableColumn), rows };
}

/** From the canonical text. */
function furtherValue(type: FurtherColumn['type'], text: string): CellValue {
  switch (type) {
    case 'string':
    case 'json':
      return text;
    case 'bool':
      return text === 'true';
    case 'numeric':
      return nanosFromText(text);
    case 'int64':
      return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text);
    case 'timestamp':
      return integerFromText(text);
    default:
      return type satisfies never;
  }
}
