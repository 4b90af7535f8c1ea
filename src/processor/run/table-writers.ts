/** The writers of one partition's data tables, together. Rows go out in fold order, table by table. */
import type { FoldOutput } from '../../payments/fold.ts';
import { RowObjects } from '../../payments/row-batch.ts';
import { DATA_TABLES, type DataTable } from '../../payments/types.ts';
import type { StreamAppender } from '../ports.ts';
import { TableWriter, type TableWriterOptions } from './table-writer.ts';

export interface TableWritersOptions
  extends Omit<TableWriterOptions<DataTable>, 'table' | 'appender' | 'alreadyThere'> {
  readonly open: (table: DataTable) => StreamAppender;
  readonly alreadyThere: { readonly [T in DataTable]: TableWriterOptions<T>['alreadyThere'] };
}

/** A writer of whichever table: all but what its rows are. */
type AnyTableWriter = Omit<TableWriter<DataTable>, 'take'>;

export class TableWriters {
  readonly #writers: { readonly [T in DataTable]: TableWriter<T> };
  readonly all: readonly AnyTableWriter[];

  constructor(options: TableWritersOptions) {
    const { open, alreadyThere } = options;
    const writer = <T extends DataTable>(table: T): TableWriter<T> =>
      new TableWriter<T>({ ...options, table, appender: open(table), alreadyThere: alreadyThere[table] });
    this.#writers = {
      payment_transactions: writer('payment_transactions'),
      payment_transactions_fraud: writer('payment_transactions_fraud'),
      payment_metrics_partials: writer('payment_metrics_partials'),
      payment_exceptions: writer('payment_exceptions'),
    };
    this.all = DATA_TABLES.map((table) => this.#writers[table]);
  }

  /** Hands over what was folded; it must stay as it is until send(). */
  take({ accepted, partials, exceptions }: FoldOutput): void {
    this.#writers.payment_transactions.take(accepted);
    this.#writers.payment_transactions_fraud.take(accepted);
    this.#writers.payment_metrics_partials.take(new RowObjects(partials));
    this.#writers.payment_exceptions.take(new RowObjects(exceptions));
  }

  send(): void {
    for (const writer of this.all) writer.send();
  }

  close(): void {
    for (const writer of this.all) writer.close();
  }

  /** Rows sent and not acknowledged. */
  get rowsInFlight(): number {
    return this.#sum((writer) => writer.rowsInFlight);
  }

  get rowsSent(): number {
    return this.#sum((writer) => writer.streamOffset);
  }

  /** Rows from before the takeover that the fold yielded again, as they were. */
  get rowsCompared(): number {
    return this.#sum((writer) => writer.rowsCompared);
  }

  /** A table that holds rows from before the takeover which the fold has not yielded yet. */
  get leftToCompare(): AnyTableWriter | undefined {
    return this.all.find((writer) => writer.rowsLeftToCompare > 0);
  }

  get oldestSentAtMs(): number {
    return Math.min(...this.all.map((writer) => writer.lastSentAtMs));
  }

  #sum(of: (writer: AnyTableWriter) => number): number {
    return this.all.reduce((sum, writer) => sum + of(writer), 0);
  }
}
