/**
 * The deterministic fold of one partition: records in, rows out. The rows of a record depend on the records before it,
 * its offset and the settings of its offset. They never depend on the clock, on batches, or on which process folds. So
 * folding, local state and a rebuild from the payments in the sink give the same state.
 *
 * Order of decisions, where W is the watermark before the record: rejected; id known: duplicate; event time < W: late;
 * otherwise accepted. Only an accepted record moves W, to max(W, event time - delay). W never goes back.
 *
 * Invariants:
 * - Offsets only rise.
 * - consumed = accepted + duplicates + late + rejected.
 * - liveness.ts alone decides from W which entries are dead.
 */

import { KNOWN_INDEX_KEY } from '../base/memory/slot-hash.ts';
import type { PaymentBytes } from './event/payment-bytes.ts';
import { PaymentReader } from './event/payment-reader.ts';
import { Rejection } from './event/validation.ts';
import { exceptionRow, rejectedRow } from './exception-rows.ts';
import type { FoldOutput, FoldPlace, FoldStats, RebuildOf, RebuildOptions } from './fold-types.ts';
import { type ActivityCounts, assessFraud } from './fraud.ts';
import { LookAhead } from './look-ahead.ts';
import { type CompiledSettings, requireFixedSettings } from './settings.ts';
import { SenderActivity } from './state/activity.ts';
import { DeltaLog } from './state/delta-log.ts';
import { ELSEWHERE, knownEntry } from './state/known-elsewhere.ts';
import { KnownIds } from './state/known-ids.ts';
import { activityLiveFromMs, idsLiveFromMs, isKnownAt, rebuildFromMs, windowsLiveFromMs } from './state/liveness.ts';
import { PaymentRows } from './state/payment-rows.ts';
import { countersOf, type EntrySums, headOf, sumEntries } from './state/state-head.ts';
import { inSteps } from './state/stored-entries.ts';
import type {
  Counters,
  FixedSettings,
  KnownPayment,
  LogRecord,
  StateDelta,
  StateHead,
  StoredState,
  TransactionRow,
} from './types.ts';
import { OpenWindows } from './windows.ts';

export type { FoldOutput, FoldPlace, RebuildOptions } from './fold-types.ts';
export type Rebuild = RebuildOf<PartitionFold>;

const BYTES_PER_WINDOW = 400;

export class PartitionFold {
  readonly #partition: number;
  readonly #reader: PaymentReader;
  readonly #fixed: FixedSettings;
  readonly #floorMs: number;
  readonly #rows = new PaymentRows();
  readonly #ids: KnownIds;
  readonly #activity: SenderActivity;
  readonly #windows: OpenWindows;
  readonly #ahead: LookAhead;
  readonly #counters: Counters = { consumed: 0, accepted: 0, duplicates: 0, late: 0, rejected: 0 };
  #nextOffset: number;
  #watermarkMs: number;
  readonly #remembered = new DeltaLog();
  #deltaFromOffset: number;

  private constructor(place: FoldPlace, nextOffset: number, watermarkMs: number) {
    requireFixedSettings(place.fixed);
    this.#fixed = place.fixed;
    this.#floorMs = place.floorMs ?? Number.NEGATIVE_INFINITY;
    this.#partition = place.partition;
    this.#reader = new PaymentReader({
      partition: place.partition,
      partitionCount: place.partitionCount,
      minEventTimeMs: place.fixed.minEventTimeMs,
      schemas: place.schemas,
    });
    const indexKey = place.indexKey ?? KNOWN_INDEX_KEY;
    this.#ids = new KnownIds(this.#rows, indexKey);
    this.#activity = new SenderActivity(place.fixed.activitySpanMs, this.#rows, indexKey);
    this.#windows = new OpenWindows(place.fixed.windowMs, indexKey);
    this.#ahead = new LookAhead(indexKey);
    this.#nextOffset = nextOffset;
    this.#deltaFromOffset = nextOffset;
    this.#watermarkMs = watermarkMs;
    this.#evict();
  }

  /** A partition of which nothing has been folded yet. */
  static fresh(options: FoldPlace & { readonly startOffset: number }): PartitionFold {
    return new PartitionFold(options, options.startOffset, options.fixed.minEventTimeMs);
  }

  /**
   * Restores a fold from local state. The digest is computed from every entry, never copied. Before you trust the fold,
   * compare `head().digest` with `stored.head.digest`, or with a checkpoint's digest once the fold has reached its
   * offset.
   */
  static fromStored(options: FoldPlace & { readonly stored: StoredState }): PartitionFold {
    const restoring = PartitionFold.restoring(options);
    for (;;) {
      const step = restoring.next();
      if (step.done) return step.value;
    }
  }

  /** The same in steps of a few milliseconds, so that the caller can do other work between them. */
  static *restoring(options: FoldPlace & { readonly stored: StoredState }): Generator<void, PartitionFold> {
    const { head, ids, activity, windows } = options.stored;
    const fold = new PartitionFold(options, head.nextOffset, head.watermarkMs);
    Object.assign(fold.#counters, countersOf(head.counters));
    yield* inSteps(fold.#ids.restoreAll(ids));
    yield* inSteps(fold.#activity.restoreAll(activity));
    for (const window of windows) fold.#windows.restore(window, head.watermarkMs);
    fold.#windows.takeChanged();
    return fold;
  }

  /** Starts a rebuild from the payments in the sink. It gives the same state as folding. */
  static rebuild(options: RebuildOptions): Rebuild {
    const { partition, fixed, nextOffset, watermarkMs } = options;
    const fold = new PartitionFold(options, nextOffset, watermarkMs);
    Object.assign(fold.#counters, countersOf(options.counters));
    let lastOffset = -1;
    return {
      fromEventTimeMs: rebuildFromMs(fixed, watermarkMs),
      add(rows) {
        for (const row of rows) {
          const offset = row.kafkaOffset;
          if (offset <= lastOffset || offset >= nextOffset) {
            throw new RangeError(
              `partition ${partition}: a payment at offset ${offset} after ${lastOffset} cannot be part of a state at ${nextOffset}`,
            );
          }
          lastOffset = offset;
          fold.#restorePayment(row);
        }
      },
      finish() {
        fold.#windows.takeChanged();
        return fold;
      },
    };
  }

  /** Every record below it was folded or skipped. */
  get nextOffset(): number {
    return this.#nextOffset;
  }

  get watermarkMs(): number {
    return this.#watermarkMs;
  }

  /**
   * Lateness and remembered entries follow the floor if it is ahead of the watermark. Windows follow the watermark
   * alone.
   */
  get #decidesFromMs(): number {
    return Math.max(this.#watermarkMs, this.#floorMs);
  }

  /** `carry` needs every payment of the other partitions with an event time at or past this. Older ones are allowed. */
  get carriedFromMs(): number {
    return Math.min(
      idsLiveFromMs(this.#fixed, this.#decidesFromMs),
      activityLiveFromMs(this.#fixed, this.#decidesFromMs),
    );
  }

  /**
   * Remembers payments that other partitions accepted before the topic got more partitions: as ids and as activity, not
   * in windows or counters. Call it after the partition's own payments are in, for one partition after another,
   * ascending.
   */
  carry(rows: readonly TransactionRow[]): void {
    for (const row of rows) this.#rememberRow(row);
  }

  /**
   * Remembers payments that another pipeline wrote before the topic was first processed: as ids alone, of which neither
   * the business fields nor the sender are known. Call it after the payments of this pipeline are in.
   */
  carryKnown(payments: readonly KnownPayment[]): void {
    for (const payment of payments) this.#ids.restore(knownEntry(payment));
  }

  /** A live object: later folding changes it. */
  get counters(): Readonly<Counters> {
    return this.#counters;
  }

  /**
   * Folds the next record and adds its rows to `out`. `settings` are those of its offset. The fold assumes that no
   * record lies between nextOffset and the record's offset; the caller ensures it. Throws RangeError for an offset
   * below nextOffset.
   */
  fold(record: LogRecord, settings: CompiledSettings, out: FoldOutput): void {
    this.#foldRead(record, this.#reader.read(record, settings), settings, out);
  }

  /**
   * Folds [from, to) of the records, each with the settings of its offset. Faster than `fold`, since it reads ahead.
   */
  foldAll(
    records: readonly LogRecord[],
    settingsAt: (offset: number) => CompiledSettings,
    out: FoldOutput,
    from = 0,
    to = records.length,
  ): void {
    for (let at = from; at < to; ) {
      const count = this.#reader.readAhead(records, at, to, settingsAt);
      if (count > 1) this.#ahead.look(this.#reader, count, this.#ids, this.#activity);
      for (let index = 0; index < count; index += 1, at += 1) {
        const record = records[at] as LogRecord;
        this.#foldRead(record, this.#reader.at(index), settingsAt(record.offset), out);
      }
    }
  }

  #foldRead(record: LogRecord, payment: PaymentBytes | Rejection, settings: CompiledSettings, out: FoldOutput): void {
    this.skipTo(record.offset);
    this.#nextOffset = record.offset + 1;
    this.#counters.consumed += 1;
    if (payment instanceof Rejection) {
      this.#counters.rejected += 1;
      out.exceptions.push(rejectedRow(record, payment));
      return;
    }
    const { hash } = payment;
    const known = this.#ids.get(payment.transactionId);
    if (known !== undefined && isKnownAt(this.#fixed, this.#decidesFromMs, known.eventTimeMs)) {
      this.#counters.duplicates += 1;
      const isElsewhere = known.offset === ELSEWHERE;
      const conflict = !isElsewhere && (known.hashHigh !== hash.high || known.hashLow !== hash.low);
      const firstOffset = isElsewhere ? null : known.offset;
      out.exceptions.push(exceptionRow(record, payment.toPayment(), hash, 'duplicate', firstOffset, conflict));
      return;
    }
    if (payment.eventTimeMs < this.#decidesFromMs) {
      this.#counters.late += 1;
      out.exceptions.push(exceptionRow(record, payment.toPayment(), hash, 'late', null, false));
      return;
    }
    this.#accept(record.offset, payment, settings, out);
  }

  /**
   * Moves nextOffset to `offset`: the offsets between hold no records (transaction markers) or an operator skips them.
   */
  skipTo(offset: number): void {
    if (offset < this.#nextOffset) {
      throw new RangeError(`partition ${this.#partition}: cannot go back from ${this.#nextOffset} to ${offset}`);
    }
    this.#nextOffset = offset;
  }

  /** Cheap: the cost depends on what changed since the last call, not on the size of the state. */
  head(): StateHead {
    return this.#headWith([this.#ids.lanes, this.#activity.lanes, this.#windows.lanes()]);
  }

  /** The head with a digest computed again from every entry. It equals head() unless there is a bug. */
  recomputeHead(): StateHead {
    return this.#headWith(sumEntries(this.#ids, this.#activity, this.#windows));
  }

  /** The changes since the last takeDelta or export, or since this fold was made. It holds live entries only. */
  takeDelta(): StateDelta {
    const delta: StateDelta = {
      fromOffset: this.#deltaFromOffset,
      head: this.head(),
      remembered: this.#remembered.take(this.carriedFromMs),
      windows: this.#windows.takeChanged(),
      windowsLiveFromMs: windowsLiveFromMs(this.#fixed, this.#watermarkMs),
      idsLiveFromMs: idsLiveFromMs(this.#fixed, this.#decidesFromMs),
      activityLiveFromMs: activityLiveFromMs(this.#fixed, this.#decidesFromMs),
    };
    this.#deltaFromOffset = this.#nextOffset;
    return delta;
  }

  /** Returns the delta's buffers for reuse. Do not read its payments afterwards. */
  release({ remembered }: StateDelta): void {
    this.#remembered.release(remembered);
  }

  /** The whole state, as a copy that later folding does not change. The next delta starts here. */
  export(): StoredState {
    const state: StoredState = {
      head: this.head(),
      ids: [...this.#ids.entries()],
      activity: [...this.#activity.entries()],
      windows: this.#windows.snapshot(),
    };
    this.#windows.takeChanged();
    this.#remembered.restart();
    this.#deltaFromOffset = this.#nextOffset;
    return state;
  }

  stats(): FoldStats {
    const ids = this.#ids.size;
    const activityEntries = this.#activity.size;
    const openWindows = this.#windows.size;
    return {
      ids,
      activityEntries,
      senders: this.#activity.senderCount,
      openWindows,
      approximateBytes:
        this.#rows.byteLength + this.#ids.byteLength + this.#activity.approximateBytes + openWindows * BYTES_PER_WINDOW,
    };
  }

  #accept(offset: number, payment: PaymentBytes, settings: CompiledSettings, out: FoldOutput): void {
    this.#counters.accepted += 1;
    const { eventTimeMs, amount } = payment;
    const activity = this.#remember(offset, payment);
    const region = this.#windows.add(eventTimeMs, payment.region, payment.currency, amount);
    const fraud = assessFraud(settings.fraud, amount, region, activity);
    out.accepted.add(offset, payment, fraud);
    this.#remembered.add(offset, payment);
    if (this.#remembered.isLarge) this.#remembered.compact(this.carriedFromMs);
    const watermarkMs = eventTimeMs - settings.watermarkDelayMs;
    if (watermarkMs <= this.#watermarkMs) return;
    this.#watermarkMs = watermarkMs;
    this.#windows.closeUpTo(watermarkMs, offset, out.partials);
    this.#evict();
  }

  /** Adds the payment to the tables of ids and of activity, and counts its sender's recent activity. */
  #remember(offset: number, payment: PaymentBytes): ActivityCounts {
    const { transactionId, senderAccountId, deviceId, eventTimeMs, hash } = payment;
    const row = this.#ids.put(transactionId, offset, eventTimeMs, hash.high, hash.low);
    return this.#activity.record(senderAccountId, deviceId, offset, eventTimeMs, hash.high, hash.low, row);
  }

  #rememberRow({ kafkaOffset, payment: row }: TransactionRow): PaymentBytes {
    const payment = this.#reader.take(row);
    const { transactionId, senderAccountId, deviceId, eventTimeMs, hash } = payment;
    const idRow = this.#ids.put(transactionId, kafkaOffset, eventTimeMs, hash.high, hash.low);
    this.#activity.add(senderAccountId, deviceId, kafkaOffset, eventTimeMs, hash.high, hash.low, idRow);
    return payment;
  }

  #restorePayment(row: TransactionRow): void {
    const { eventTimeMs, region, currency, amount } = this.#rememberRow(row);
    if (eventTimeMs < windowsLiveFromMs(this.#fixed, this.#watermarkMs)) return;
    this.#windows.add(eventTimeMs, region, currency, amount);
  }

  #evict(): void {
    this.#ids.evictBelow(idsLiveFromMs(this.#fixed, this.#decidesFromMs));
    this.#activity.evictBelow(activityLiveFromMs(this.#fixed, this.#decidesFromMs));
  }

  #headWith(sums: EntrySums): StateHead {
    return headOf({ nextOffset: this.#nextOffset, watermarkMs: this.#watermarkMs, counters: this.#counters }, sums);
  }
}
