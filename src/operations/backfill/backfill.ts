/**
 * Adds late payments, or payments of rejected records, to payment_transactions, exactly once, with their windows, even if commands are killed, retried or
 * run concurrently.
 *
 * 1. Only rows below the partition's checkpoint are read: everything below it is visible, so an id that the table does not
 *    have was not accepted there, and a copy of a late payment is late for ever (its event time does not change).
 * 2. Changes are made one turn at a time (processor/ports/backfill-tables.ts). A turn adds ids that the table does not
 *    have, then makes the epoch-0 windows of its range the sums of their payments; both are read back, never counted.
 * 3. The row of a killed turn holds its unfinished work, and the next command does that first.
 */

import type { Runtime } from '../../base/runtime.ts';
import { formatDecimal } from '../../payments/event/decimal.ts';
import { BUILT_IN_LAYOUT, joinLayouts, layoutOfHistory } from '../../payments/row-layout.ts';
import { compileEntry, resolveEntry } from '../../payments/settings.ts';
import type { BackfillPoint } from '../../processor/crash-points.ts';
import { generationOf, partitionsOf } from '../../processor/generation.ts';
import type { BackfillTables, LateRow, LateSelection, Ownership, SinkReads, Turn } from '../../processor/ports.ts';
import { settingsByOffset } from '../../processor/run/settings-at.ts';
import { windowsAround } from '../../sinks/pending-ranges.ts';
import {
  type Candidate,
  classify,
  isBackfillOf,
  LATE_LEFT_OUT,
  type LeftOut,
  type LeftOutRecord,
  REJECTED_LEFT_OUT,
} from './classify.ts';
import { LatePaymentReader, Unreadable } from './late-payment.ts';
import { isSelected, lateFromMs } from './rejected-choice.ts';
import { type RejectedOptions, RejectedRecords } from './rejected-records.ts';

export interface BackfillSelection extends LateSelection {
  readonly topic: string;
  /** All if not given. */
  readonly partitions?: readonly number[] | undefined;
}

export interface BackfillOptions {
  readonly queries: Pick<SinkReads, 'readOwnership' | 'latestCheckpoint'>;
  readonly backfill: BackfillTables;
  readonly runtime: Runtime;
  /** Judges rejected records again, read from here, instead of late rows. */
  readonly rejected?: Pick<RejectedOptions, 'recordsFrom' | 'schemas'> | undefined;
  /** The owner's name for the turn's row. */
  readonly owner: string;
  readonly dryRun: boolean;
  /** Rows read, and payments added, at a time. */
  readonly batchRows: number;
  /** Maximum records listed in the report; all are counted. */
  readonly listMax: number;
  readonly onBatch?: (progress: {
    readonly partition: number;
    readonly looked: number;
    readonly added: number;
  }) => void;
  /** Reports external effects, for the lab. */
  readonly hit?: (point: BackfillPoint) => void | Promise<void>;
}

export interface AddedRecord {
  readonly partition: number;
  readonly offset: number;
  readonly transactionId: string;
  /** Of a rejected record: why it was, and what it becomes. */
  readonly was?: string;
  readonly amount?: string;
  readonly currency?: string;
}

export interface BackfillReport {
  readonly dryRun: boolean;
  /** Which rows were judged. */
  readonly of: 'late' | 'rejected';
  /** Rows below the checkpoints that the selection names. */
  readonly looked: number;
  /** Added by this run; with dryRun, what would be. */
  readonly added: number;
  /** Of what was added: count and decimal sum by currency. */
  readonly sums: Readonly<Record<string, { readonly count: number; readonly amount: string }>>;
  readonly leftOut: Readonly<Partial<Record<LeftOut, number>>>;
  /** Rows at or past a checkpoint: left for a later run. */
  readonly notCheckpointed: number;
  /** Windows that an earlier, unfinished run had not summed up; done now (dryRun: not yet). */
  readonly unfinished: boolean;
  /** The first of each kind. */
  readonly addedRecords: readonly AddedRecord[];
  readonly leftOutRecords: readonly LeftOutRecord[];
}

const ATTEMPTS_MAX = 100;
/**
 * How long another's turn is respected; doubled whenever ours was interrupted, otherwise two slow ones would interrupt
 * each other for ever.
 */
const COURTESY_MS = 5_000;
const COURTESY_MAX_MS = 160_000;

export async function backfill(selection: BackfillSelection, options: BackfillOptions): Promise<BackfillReport> {
  return new BackfillRun(selection, options).run();
}

class BackfillRun {
  readonly #selection: BackfillSelection;
  readonly #options: BackfillOptions;
  readonly #windowMs = new Map<number, number>();
  readonly #leftOut: Partial<Record<LeftOut, number>>;
  readonly #sums = new Map<string, { count: number; nanos: bigint }>();
  readonly #addedRecords: AddedRecord[] = [];
  readonly #leftOutRecords: LeftOutRecord[] = [];
  /** Of all partitions: their payments go into one table. */
  #layout = BUILT_IN_LAYOUT;
  #courtesyMs = COURTESY_MS;
  #looked = 0;
  #added = 0;
  #notCheckpointed = 0;

  constructor(selection: BackfillSelection, options: BackfillOptions) {
    this.#selection = selection;
    this.#options = options;
    const kinds = options.rejected === undefined ? LATE_LEFT_OUT : REJECTED_LEFT_OUT;
    this.#leftOut = Object.fromEntries(kinds.map((why) => [why, 0]));
  }

  async run(): Promise<BackfillReport> {
    const { topic, partitions } = this.#selection;
    const { queries, dryRun, backfill: sink, rejected } = this.#options;
    const ownership = await queries.readOwnership(topic);
    for (const { partition, fixed, history } of ownership) {
      this.#windowMs.set(partition, fixed.windowMs);
      this.#layout = joinLayouts(this.#layout, layoutOfHistory(history));
    }
    const unfinished = ((await sink.turns.read(topic))?.pending.length ?? 0) > 0;
    if (unfinished && !dryRun) await this.#inTurn([]);
    for (const owned of ownership) {
      if (partitions !== undefined && !partitions.includes(owned.partition)) continue;
      if (rejected === undefined) await this.#latePartition(owned);
      else await this.#rejectedPartition(owned, ownership, rejected);
    }
    const sums = [...this.#sums].sort(([left], [right]) => (left < right ? -1 : 1));
    return {
      dryRun,
      of: rejected === undefined ? 'late' : 'rejected',
      looked: this.#looked,
      added: this.#added,
      sums: Object.fromEntries(
        sums.map(([currency, { count, nanos }]) => [currency, { count, amount: formatDecimal(nanos) }]),
      ),
      leftOut: this.#leftOut,
      notCheckpointed: this.#notCheckpointed,
      unfinished,
      addedRecords: this.#addedRecords,
      leftOutRecords: this.#leftOutRecords,
    };
  }

  async #latePartition(owned: Ownership): Promise<void> {
    const { queries, backfill: sink, batchRows, onBatch } = this.#options;
    const { topic, partition, partitionCount, fixed, history, startOffset } = owned;
    const below = (await queries.latestCheckpoint(topic, partition))?.nextOffset ?? startOffset;
    const reader = new LatePaymentReader({ partition, partitionCount, minEventTimeMs: fixed.minEventTimeMs });
    const settingsAt = settingsByOffset(history);
    for (let fromOffset = 0; ; ) {
      const rows = await sink.lateRows(partition, fromOffset, below, this.#selection, batchRows);
      if (rows.length === 0) break;
      this.#looked += rows.length;
      const candidates: Candidate[] = [];
      for (const row of rows) {
        const { rules } = resolveEntry(history, row.offset);
        const payment = reader.read(row, settingsAt(row.offset), rules?.rules);
        if (payment instanceof Unreadable) this.#leave(unreadable(row, payment));
        else candidates.push({ partition, offset: row.offset, payment });
      }
      await this.#batch(candidates, generationOf(owned)?.known?.list);
      onBatch?.({ partition, looked: this.#looked, added: this.#added });
      fromOffset = rows.at(-1)!.offset + 1;
    }
    this.#notCheckpointed += await sink.countRows('late', partition, below, this.#selection);
  }

  async #rejectedPartition(
    owned: Ownership,
    all: readonly Ownership[],
    rejected: Pick<RejectedOptions, 'recordsFrom' | 'schemas'>,
  ): Promise<void> {
    const { queries, backfill: sink, batchRows, onBatch } = this.#options;
    const { topic, partition, fixed, history, startOffset } = owned;
    const below = (await queries.latestCheckpoint(topic, partition))?.nextOffset ?? startOffset;
    const records = new RejectedRecords({
      place: { partition, partitionCount: partitionsOf(owned), minEventTimeMs: fixed.minEventTimeMs },
      settings: compileEntry(history.at(-1)!),
      lateFromMs: await lateFromMs(owned, all, queries),
      mayAsk: !this.#options.dryRun,
      ...rejected,
    });
    try {
      for (let fromOffset = 0; ; ) {
        const rows = await sink.rejectedRows(partition, fromOffset, below, batchRows);
        if (rows.length === 0) break;
        const candidates: Candidate[] = [];
        for (const row of rows) {
          const judged = await records.judge(row);
          if (!isSelected(judged, this.#selection)) continue;
          this.#looked++;
          if ('payment' in judged) candidates.push(judged);
          else this.#leave(judged);
        }
        if (candidates.length > 0) await this.#batch(candidates, generationOf(owned)?.known?.list);
        onBatch?.({ partition, looked: this.#looked, added: this.#added });
        fromOffset = rows.at(-1)!.offset + 1;
      }
    } finally {
      await records.close();
    }
    this.#notCheckpointed += await sink.countRows('rejected', partition, below);
  }

  /** `list`: of known_payments. */
  async #batch(candidates: readonly Candidate[], list: string | undefined): Promise<void> {
    const { backfill: sink, dryRun } = this.#options;
    const ids = [...new Set(candidates.map(({ payment }) => payment.transactionId))];
    const known = list === undefined ? undefined : await sink.known.idsIn(list, ids);
    const { add, leftOut } = classify(candidates, await sink.stored(ids), known);
    for (const record of leftOut) this.#leave(record);
    if (add.length === 0) return;
    if (dryRun) {
      for (const candidate of add) this.#note(candidate);
      return;
    }
    await this.#inTurn(add);
    const stored = await sink.stored(add.map(({ payment }) => payment.transactionId));
    for (const candidate of add) {
      if (stored.some((row) => isBackfillOf(row, candidate))) this.#note(candidate);
      // Another command, or a writer that breaks the conditions, was first with this id.
      else for (const record of classify([candidate], stored).leftOut) this.#leave(record);
    }
  }

  /** Adds these, sums up their windows, and ends with nothing pending; takes further turns if a turn was lost. */
  async #inTurn(add: readonly Candidate[]): Promise<void> {
    const { backfill: sink, owner } = this.#options;
    const patience = sink.patience(`backfill of ${this.#selection.topic}`);
    const pending = add.length === 0 ? [] : [this.#rangeOf(add)];
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      await this.#hit('turn.take.before');
      const turn = await sink.turns.take(this.#selection.topic, owner, pending, this.#courtesyMs);
      await this.#hit('turn.take.after');
      const failure = (await this.#insert(turn, add)) ?? (await this.#sumUp(turn));
      if (failure === undefined && (await this.#isDone(turn, add))) return;
      this.#courtesyMs = Math.min(COURTESY_MAX_MS, 2 * this.#courtesyMs);
      await patience.wait(failure ?? new Error(`turn ${turn.number} was overtaken`));
    }
    throw new Error(
      `backfill of ${this.#selection.topic}: ${ATTEMPTS_MAX} turns were lost to other backfills; run it again`,
    );
  }

  async #insert(turn: Turn, add: readonly Candidate[]): Promise<Error | undefined> {
    if (add.length === 0) return undefined;
    await this.#hit('backfill.payments.before');
    const failure = await this.#options.backfill.insertPayments(turn, add, this.#layout.further);
    await this.#hit('backfill.payments.after');
    return failure;
  }

  async #sumUp(turn: Turn): Promise<Error | undefined> {
    if (turn.pending.length === 0) return undefined;
    await this.#hit('backfill.metrics.before');
    const failure = await this.#options.backfill.correctMetrics(turn, this.#windowMs);
    await this.#hit('backfill.metrics.after');
    return failure;
  }

  /**
   * Another command may have taken the turn, or barred a statement that it did not see running: only the rows count.
   */
  async #isDone(turn: Turn, add: readonly Candidate[]): Promise<boolean> {
    const sink = this.#options.backfill;
    if (!(await sink.turns.isOurs(turn))) return false;
    const stored = await sink.stored(add.map(({ payment }) => payment.transactionId));
    const ids = new Set(stored.map(({ payment }) => payment.transactionId));
    if (!add.every(({ payment }) => ids.has(payment.transactionId))) return false;
    if ((await sink.unsummedWindows(turn, this.#windowMs)) > 0) return false;
    await this.#hit('turn.end.before');
    await sink.turns.end(turn);
    await this.#hit('turn.end.after');
    return true;
  }

  #rangeOf(add: readonly Candidate[]) {
    const { partition } = add[0]!;
    const times = add.map(({ payment }) => payment.eventTimeMs);
    return windowsAround(partition, times, this.#windowMs.get(partition)!);
  }

  #note({ partition, offset, payment, was }: Candidate): void {
    this.#added++;
    const sum = this.#sums.get(payment.currency) ?? { count: 0, nanos: 0n };
    this.#sums.set(payment.currency, { count: sum.count + 1, nanos: sum.nanos + payment.amount });
    if (this.#addedRecords.length < this.#options.listMax) {
      const { transactionId, currency } = payment;
      const becomes = was === undefined ? {} : { was, amount: formatDecimal(payment.amount), currency };
      this.#addedRecords.push({ partition, offset, transactionId, ...becomes });
    }
  }

  #leave(record: LeftOutRecord): void {
    this.#leftOut[record.why] = (this.#leftOut[record.why] ?? 0) + 1;
    if (this.#leftOutRecords.length < this.#options.listMax) this.#leftOutRecords.push(record);
  }

  async #hit(point: BackfillPoint): Promise<void> {
    await this.#options.hit?.(point);
  }
}

function unreadable({ partition, offset, transactionId }: LateRow, { why }: Unreadable): LeftOutRecord {
  return { partition, offset, transactionId, why: 'unreadable', detail: why };
}
