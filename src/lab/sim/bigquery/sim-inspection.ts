/**
 * SinkInspection on the simulated tables. Answers at once: what it says holds at its moment, and drawing a delay for it would move
 * everything else.
 */
import { ContradictionError } from '../../../base/errors.ts';
import type { SinkInspection } from '../../../processor/ports.ts';
import type { SimTables } from './sim-tables.ts';

export class SimInspection implements SinkInspection {
  readonly #tables: SimTables;

  constructor(tables: SimTables) {
    this.#tables = tables;
  }

  async wrongTables(): Promise<Error | undefined> {
    const [table] = this.#tables.replaced;
    if (table === undefined) return undefined;
    return new ContradictionError('table_replaced', `${table}: it was dropped and made again`);
  }

  async lostInBulk(): Promise<Error | undefined> {
    const promised = { payment_transactions: 0, payment_transactions_fraud: 0, payment_exceptions: 0 };
    for (const { counters } of this.#tables.newestCheckpoints()) {
      promised.payment_transactions += counters.accepted;
      promised.payment_transactions_fraud += counters.accepted;
      promised.payment_exceptions += counters.duplicates + counters.late + counters.rejected;
    }
    for (const table of ['payment_transactions', 'payment_transactions_fraud', 'payment_exceptions'] as const) {
      const found = this.#tables.visibleRows(table);
      if (found >= promised[table]) continue;
      return new ContradictionError('rows_lost', `${table}: ${found} rows, and the counters say ${promised[table]}`);
    }
    return undefined;
  }
}
