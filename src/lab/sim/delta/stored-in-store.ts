/** What the simulated store holds, for checkers: rows of the files that the logs name, and positions of the logs. */
import type { HeldRow, HeldTables } from '../../../checks/inputs/held-tables.ts';
import type {
  CheckedTable,
  CheckpointCells,
  KnownCells,
  SchemaRow,
  TableCells,
} from '../../../checks/inputs/verify-inputs.ts';
import type { SimOwnershipFacts, SimStored } from '../stored.ts';
import type { SimStore } from './sim-store.ts';
import type { StoredCells } from './stored-cells.ts';

/** Columns that payment_transactions has in every dataset; all others are further columns of rules. */
const PAYMENT_COLUMNS: ReadonlySet<string> = new Set([
  'kafka_partition',
  'kafka_offset',
  'writer_epoch',
  'processed_at',
  'transaction_id',
  'sender_account_id',
  'receiver_account_id',
  'amount',
  'currency',
  'device_id',
  'ip_address',
  'event_time',
  'region',
  'payment_method',
]);

export class StoredInStore implements SimStored {
  readonly #store: SimStore;
  readonly #topic: string;

  constructor(store: SimStore, topic: string) {
    this.#store = store;
    this.#topic = topic;
  }

  /** By the position that the log of checkpoint_log has: it lands with the row. */
  checkpointed(partition: number): number {
    return this.#store.log('checkpoint_log')?.txns.get(`provenonce/${this.#topic}/${partition}/next`) ?? 0;
  }

  reaches(table: CheckedTable, partition: number, fromOffset: number): boolean {
    const rows = this.#store.cells(table);
    return rows.some((row) => row.kafka_partition === partition && Number(row.kafka_offset) >= fromOffset);
  }

  held(): HeldTables {
    const known = Map.groupBy(this.#store.cells('known_payments'), ({ list }) => String(list));
    return {
      known: known as unknown as ReadonlyMap<string, readonly KnownCells[]>,
      rows: {
        payment_transactions: this.#rowsOf('payment_transactions'),
        payment_transactions_fraud: this.#rowsOf('payment_transactions_fraud'),
        payment_metrics_partials: this.#rowsOf('payment_metrics_partials'),
        payment_exceptions: this.#rowsOf('payment_exceptions'),
      },
      checkpoints: this.#store
        .cells('checkpoint_log')
        .filter(({ topic }) => topic === this.#topic)
        .map((row) => ({ partition: row.kafka_partition as number, row: row as unknown as CheckpointCells })),
    };
  }

  ownership(topic: string): SimOwnershipFacts[] {
    return this.#store
      .cells('partition_ownership')
      .filter((row) => row.topic === topic)
      .map(ownershipOf)
      .sort((a, b) => a.partition - b.partition);
  }

  rulesText(sha256: string): string | null {
    const row = this.#store.cells('rules').find((each) => each.sha256 === sha256);
    return row === undefined ? null : String(row.text);
  }

  schemas(): SchemaRow[] {
    return this.#store.cells('event_schemas') as unknown as SchemaRow[];
  }

  #rowsOf<T extends CheckedTable>(table: T): HeldRow<TableCells[T]>[] {
    return this.#store.cells(table).map((row) => {
      const cells = table === 'payment_transactions' ? withFurther(row) : row;
      return { partition: row.kafka_partition as number, row: cells as unknown as TableCells[T] };
    });
  }
}

/** The row with its further columns, where it has any. */
function withFurther(row: StoredCells): object {
  const further = Object.entries(row).filter(([name, value]) => !PAYMENT_COLUMNS.has(name) && value !== null);
  if (further.length === 0) return row;
  return { ...row, columns: Object.fromEntries(further.map(([name, value]) => [name, String(value)])) };
}

function ownershipOf(row: StoredCells): SimOwnershipFacts {
  return {
    topic: String(row.topic),
    partition: Number(row.kafka_partition),
    epoch: Number(row.epoch),
    owner: String(row.owner),
    claimId: String(row.claim_id),
    claimedAtMs: Number(row.claimed_at),
    partitionCount: Number(row.partition_count),
    startOffset: Number(row.start_offset),
    fixed: JSON.parse(String(row.fixed_settings)),
    history: JSON.parse(String(row.settings_history)),
    skipped: JSON.parse(String(row.skipped)),
  };
}
