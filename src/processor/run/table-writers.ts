/** The writers of one partition's data tables, together. Rows go out in fold order, table by table. */
import type { FoldOutput } from '../../payments/fold.ts';
import { RowObjects } from '../../payments/row-batch.ts';
import { DATA_TABLES, type DataTable } from '../../payments/types.ts';
import type { ReachedTables } from '../ports.ts';
import { TableWriter, type TableWriterOptions } from './table-writer.ts';

export interface TableWritersOptions extends Omit<TableWriterOptions<DataTable>, 'table' | 'there'> {
  readonly there: ReachedTables;
}

/** A writer of any table, without `take`, whose type depends on the table's rows. */
type AnyTableWriter = Omit<TableWriter<DataTable>, 'take'>;

export class TableWriters {
  readonly #writers: { readonly [T in DataTable]: TableWriter<T> };
  readonly all: readonly AnyTableWriter[];

  constructor(options: TableWritersOptions) {
    const { there } = options;
    const writer = <T extends DataTable>(table: T): TableWriter<T> =>
      new TableWriter<T>({ ...options, table, there: there[table] as TableWriterOptions<T>['there'] });
    this.#writers = {
      payment_transactions: writer('payment_transactions'),
      payment_transactions_fraud: writer('payment_transactions_fraud'),
      payment_metrics_partials: writer('payment_metrics_partials'),
      payment_exceptions: writer('payment_exceptions'),
    };
    this.all = DATA_TABLES.map((table) => this.#writers[table]);
  }

  /** Hands over what was folded. The caller must not change it before send(). */
  take({ accepted, partials, exceptions }: FoldOutput): void {
    this.#writers.payment_transactions.take(accepted);
    this.#writers.payment_transactions_fraud.take(accepted);
    this.#writers.payment_metrics_partials.take(new RowObjects(partials));
    this.#writers.payment_exceptions.take(new RowObjects(exceptions));
  }

  /** `foldedTo`: all rows of records below it were taken. */
  send(foldedTo: number): void {
    for (const writer of this.all) writer.send(foldedTo);
  }

  /** Resolves when all rows so far are in their tables; rejects when an append failed. */
  durable(): Promise<unknown> {
    return Promise.all(this.all.map((writer) => writer.durable()));
  }

  /** Rows sent and not acknowledged. */
  get rowsInFlight(): number {
    return this.#sum((writer) => writer.rowsInFlight);
  }

  get rowsSent(): number {
    return this.#sum((writer) => writer.rowsSent);
  }

  /** Rows from before the takeover that the fold yielded again, unchanged. */
  get rowsPassed(): number {
    return this.#sum((writer) => writer.rowsPassed);
  }

  /** A table that holds rows from before the takeover which a fold up to `nextOffset` has not yielded. */
  withRowsLeft(nextOffset: number): AnyTableWriter | undefined {
    return this.all.find((writer) => writer.rowsLeft(nextOffset) > 0);
  }

  #sum(of: (writer: AnyTableWriter) => number): number {
    return this.all.reduce((sum, writer) => sum + of(writer), 0);
  }
}
