/**
 * The tables of a backfill on Delta Lake (processor/ports/backfill-tables.ts): reads by file statistics, and changes that are commits
 * on the condition of the turn. Both changes can be repeated: the first adds only ids that are nowhere in the table, the second makes
 * the windows of epoch 0 the sums of the payments of epoch 0.
 */
import type { Runtime } from '../../../base/runtime.ts';
import type { FurtherColumn } from '../../../payments/rules/rules.ts';
import type {
  BackfilledPayment,
  BackfillTables,
  LateRow,
  LateSelection,
  RejectedRow,
  StoredPayment,
  Turn,
} from '../../../processor/ports.ts';
import type { DeltaTable, FileFormat, TableSnapshot } from '../ports.ts';
import { uploadRows } from '../rows/row-files.ts';
import { DeltaTurns, turnTxn } from './backfill-turns.ts';
import { correctedWindows, unsummedWindows } from './backfill-windows.ts';
import { countExceptions, firstExceptions } from './exception-rows.ts';
import { backfilledRows, PaymentsById } from './payments-by-id.ts';

export interface BackfillParts {
  readonly tables: {
    readonly backfill_turns: DeltaTable;
    readonly payment_transactions: DeltaTable;
    readonly payment_metrics_partials: DeltaTable;
    readonly payment_exceptions: DeltaTable;
  };
  readonly known: BackfillTables['known'];
  readonly format: FileFormat;
  readonly runtime: Runtime;
}

const RETRY_MS = 500;

export class DeltaBackfill implements BackfillTables {
  readonly turns: DeltaTurns;
  readonly known: BackfillTables['known'];
  readonly #parts: BackfillParts;

  constructor(parts: BackfillParts) {
    const { tables, format, runtime, known } = parts;
    const changed = [tables.payment_transactions, tables.payment_metrics_partials];
    this.turns = new DeltaTurns({ turns: tables.backfill_turns, changed, format, runtime });
    this.known = known;
    this.#parts = parts;
  }

  async lateRows(
    partition: number,
    fromOffset: number,
    belowOffset: number,
    selection: LateSelection,
    limit: number,
  ): Promise<LateRow[]> {
    const rows = await firstExceptions(this.#of('payment_exceptions'), {
      disposition: 'late',
      partition,
      fromOffset,
      belowOffset,
      selection,
      limit,
    });
    return rows.map((row) => ({
      partition,
      offset: row.kafka_offset,
      transactionId: row.transaction_id,
      eventTimeMs: row.event_time,
      recordTimeMs: row.record_time,
      payload: row.payload,
      payloadHash: row.payload_hash,
    }));
  }

  async rejectedRows(
    partition: number,
    fromOffset: number,
    belowOffset: number,
    limit: number,
  ): Promise<RejectedRow[]> {
    const wanted = { disposition: 'rejected', partition, fromOffset, belowOffset, selection: {}, limit } as const;
    const rows = await firstExceptions(this.#of('payment_exceptions'), wanted);
    return rows.map((row) => ({
      partition,
      offset: row.kafka_offset,
      reason: row.reason ?? '',
      payloadHash: row.payload_hash,
    }));
  }

  countRows(
    disposition: 'late' | 'rejected',
    partition: number,
    fromOffset: number,
    selection: LateSelection = {},
  ): Promise<number> {
    const belowOffset = Number.POSITIVE_INFINITY;
    const wanted = { disposition, partition, fromOffset, belowOffset, selection };
    return countExceptions(this.#of('payment_exceptions'), wanted);
  }

  async stored(transactionIds: readonly string[]): Promise<StoredPayment[]> {
    if (transactionIds.length === 0) return [];
    const parts = this.#of('payment_transactions');
    const snapshot = await parts.table.refresh();
    return snapshot === undefined ? [] : new PaymentsById(parts, transactionIds).in(snapshot);
  }

  async insertPayments(
    turn: Turn,
    payments: readonly BackfilledPayment[],
    further: readonly FurtherColumn[] = [],
  ): Promise<Error | undefined> {
    const parts = this.#of('payment_transactions');
    const nowMs = this.#parts.runtime.nowMs();
    const ids = payments.map(({ payment }) => payment.transactionId);
    const present = new PaymentsById(parts, ids);
    const isOver = await this.#inTurn(turn, parts.table, async (snapshot) => {
      const there = new Set((await present.in(snapshot)).map(({ payment }) => payment.transactionId));
      const missing = payments.filter(({ payment }) => !there.has(payment.transactionId));
      if (missing.length === 0) return undefined;
      const { columns, rows } = backfilledRows(missing, nowMs, further);
      return { operation: 'BACKFILL', adds: await uploadRows(parts, rows, columns) };
    });
    return isOver;
  }

  correctMetrics(turn: Turn, windowMs: ReadonlyMap<number, number>): Promise<Error | undefined> {
    const partials = this.#of('payment_metrics_partials');
    const payments = this.#of('payment_transactions');
    const nowMs = this.#parts.runtime.nowMs();
    return this.#inTurn(turn, partials.table, async (snapshot) => {
      const { adds, removes } = await correctedWindows({ payments, partials, snapshot, turn, windowMs, nowMs });
      return adds.length + removes.length === 0 ? undefined : { operation: 'BACKFILL', adds, removes };
    });
  }

  async unsummedWindows(turn: Turn, windowMs: ReadonlyMap<number, number>): Promise<number> {
    if (turn.pending.length === 0) return 0;
    const partials = this.#of('payment_metrics_partials');
    const snapshot = await partials.table.refresh();
    if (snapshot === undefined) return 0;
    return unsummedWindows({ payments: this.#of('payment_transactions'), partials, snapshot, turn, windowMs });
  }

  patience() {
    const { runtime } = this.#parts;
    return { wait: (): Promise<void> => runtime.sleep(RETRY_MS * (0.5 + runtime.random())) };
  }

  /** Commits while the table takes changes of this turn; otherwise resolves with why not. */
  async #inTurn(
    turn: Turn,
    table: DeltaTable,
    change: (snapshot: TableSnapshot) => ReturnType<Parameters<DeltaTable['commit']>[0]>,
  ): Promise<Error | undefined> {
    const appId = turnTxn(turn.topic);
    const isCurrent = ({ txns }: TableSnapshot): boolean => txns.get(appId) === turn.number;
    let overtaken = false;
    await table.commit((snapshot) => {
      overtaken = !isCurrent(snapshot);
      return overtaken ? undefined : change(snapshot);
    });
    return overtaken ? new Error(`turn ${turn.number} of ${turn.topic} was overtaken`) : undefined;
  }

  #of(table: keyof BackfillParts['tables']) {
    const { tables, format } = this.#parts;
    return { table: tables[table], format };
  }
}
