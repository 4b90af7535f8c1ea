/**
 * SinkQueries of one life of a process, on the simulated tables. A statement reaches the service after a delay, takes
 * effect at one moment, and is answered after another delay, even if its sender has died meanwhile.
 * Invariants: (1) a query sees the rows visible at its moment; (2) claim and addSettings return only when they can no
 * longer take effect; if they fail as unreachable, they may still take effect.
 */

import { ContradictionError, UnreachableError } from '../../../base/errors.ts';
import type { StoredSchema } from '../../../payments/event/schema/stored-schema.ts';
import type { DataTable, KnownPayment, TransactionRow } from '../../../payments/types.ts';
import type {
  CheckpointRow,
  Claim,
  RulesRow,
  SinkQueries,
  StoredEntry,
  StoredHistoryChange,
  StoredOwnership,
  StoredSeed,
  WrittenRow,
} from '../../../sinks/bigquery/ports.ts';
import type { AnswerEffect, Operation } from '../case/answers.ts';
import { EPOCH_MS, latencyMs } from '../world/context.ts';
import type { Life } from '../world/life.ts';
import type { SimOwnership } from './sim-ownership.ts';
import type { SimSchemas } from './sim-schemas.ts';
import type { SimRow, SimTables } from './sim-tables.ts';

/** What every connection to the query service shares. */
export interface SimQueryService {
  readonly tables: SimTables;
  readonly ownership: SimOwnership;
  /** known_payments, by list. */
  readonly known: ReadonlyMap<string, readonly KnownPayment[]>;
  readonly schemas: SimSchemas;
  readonly downUntilMs: number;
}

/** Answer to a read. Without `rows` it is an empty answer, which the client retries. */
interface Answer<T> {
  readonly rows?: T[];
}

const RETRY_MS = 1_000;
const UNREACHABLE_AFTER_MS = 600_000;
const PAGE_ROWS = 64;

export class SimQueries implements SinkQueries {
  readonly #life: Life;
  readonly #service: SimQueryService;

  constructor(life: Life, service: SimQueryService) {
    this.#life = life;
    this.#service = service;
  }

  readOwnership(topic: string): Promise<StoredOwnership[]> {
    return this.#rows('read_ownership', () => {
      const rows = this.#service.ownership.read(topic);
      const twice = rows.find((row, i) => row.partition === rows[i - 1]?.partition);
      if (twice !== undefined)
        throw new ContradictionError('ownership_rows', `two rows of partition ${twice.partition}`);
      return rows;
    });
  }

  /** The same fault points as for the rows that name the rules: where there are none, nothing is asked or put. */
  readRules(sha256s: readonly string[]): Promise<RulesRow[]> {
    return this.#rows('read_ownership', () => this.#service.ownership.rules(sha256s));
  }

  putRules(row: RulesRow): Promise<void> {
    return this.#update('add_settings', () => {
      this.#service.ownership.putRules(row);
      this.#life.context.trace.add('bigquery', `rules of revision ${row.revision}`);
      return Promise.resolve();
    });
  }

  /** The fault points of other reads and updates: without records that name schemas nothing is asked or put. */
  readSchemas(ids: readonly number[]): Promise<StoredSchema[]> {
    return this.#rows('read_ownership', () => this.#service.schemas.read(ids));
  }

  putSchema(schema: StoredSchema): Promise<void> {
    return this.#update('add_settings', () => {
      const applied = this.#service.schemas.put(schema);
      this.#life.context.trace.add('bigquery', `schema ${schema.id}: ${applied}`);
    });
  }

  topics(): Promise<string[]> {
    return this.#rows('topics', () => this.#service.ownership.topics());
  }

  seed(topic: string, seeds: readonly StoredSeed[]): Promise<void> {
    return this.#update('seed', () => this.#service.ownership.seed(topic, seeds, this.#serviceNowMs()));
  }

  claim(topic: string, claims: readonly Claim[]): Promise<void> {
    return this.#update('claim', (effect) => {
      const won = this.#service.ownership.claim(topic, claims, this.#serviceNowMs());
      if (won.length > 0 && this.#life.dead) this.#life.context.marks.hit('claim_won_by_the_dead');
      if (won.length > 0 && effect === 'lost_after') this.#life.context.marks.hit('claim_won_answer_lost');
      const asked = claims.map((claim) => `p${claim.partition}@${claim.expectedEpoch}`);
      this.#life.context.trace.add('bigquery', `claim [${asked}] by ${this.#life.process}: won [${won}]`);
    });
  }

  addSettings(topic: string, partition: number, claimId: string, entry: StoredEntry): Promise<void> {
    return this.#update('add_settings', () => {
      const applied = this.#service.ownership.addSettings(topic, partition, claimId, entry);
      this.#life.context.trace.add('bigquery', `settings p${partition} from ${entry.fromOffset}: ${applied}`);
    });
  }

  putSkipped(...[topic, partition, claimId, skipped, streams]: Parameters<SinkQueries['putSkipped']>): Promise<void> {
    return this.#update('put_skipped', () => {
      const applied = this.#service.ownership.putSkipped(topic, partition, claimId, skipped, streams);
      const ranges = skipped.map(({ from, to }) => `${from}-${to}`);
      this.#life.context.trace.add('bigquery', `skipped p${partition} [${ranges}]: ${applied}`);
    });
  }

  putHistories(topic: string, changes: readonly StoredHistoryChange[]): Promise<void> {
    return this.#update('put_histories', () => {
      const applied = this.#service.ownership.putHistories(topic, changes);
      this.#life.context.trace.add('bigquery', `histories of ${changes.length} partitions: ${applied}`);
    });
  }

  removeRows(table: DataTable, partition: number, from: number, to: number): Promise<void> {
    return this.#update('remove_rows', () => {
      const removed = this.#service.tables.removeRows(table, partition, from, to);
      this.#life.context.trace.add('bigquery', `removes ${removed} rows of ${table} p${partition} [${from}, ${to})`);
    });
  }

  async latestCheckpoint(topic: string, partition: number): Promise<CheckpointRow | undefined> {
    const [latest] = await this.#rows('latest_checkpoint', () => {
      const seen = this.#service.tables.visible('checkpoint_log', partition, ({ row }) => row.topic === topic);
      const top = Math.max(...seen.map(({ row }) => row.nextOffset));
      const tied = seen.filter(({ row }) => row.nextOffset === top);
      // Of two checkpoints with the same offset a query may give either.
      return tied.length === 0 ? [] : [this.#life.context.rng.pick(tied).row];
    });
    return latest;
  }

  async tablesWithRows(
    tables: readonly DataTable[],
    partition: number,
    fromOffset: number,
  ): Promise<ReadonlySet<DataTable>> {
    const hasRows = (table: DataTable): boolean =>
      this.#service.tables.visible(table, partition, ({ row }) => row.kafkaOffset >= fromOffset).length > 0;
    // The same fault point as for reading the rows: a takeover passes it with either query.
    return new Set(await this.#rows('rows_from', () => tables.filter(hasRows)));
  }

  rowsFrom<T extends DataTable>(table: T, partition: number, fromOffset: number): Promise<WrittenRow<T>[]> {
    return this.#rows('rows_from', () =>
      this.#service.tables
        .visible(table, partition, ({ row }) => row.kafkaOffset >= fromOffset)
        .sort(inFoldOrder)
        .map(({ row, stamp }) => ({ row, writerEpoch: stamp.writerEpoch })),
    );
  }

  async *payments(
    partition: number,
    belowOffset: number,
    fromEventTimeMs: number,
  ): AsyncGenerator<readonly TransactionRow[]> {
    const rows = await this.#rows('payments', () =>
      this.#service.tables
        .visible(
          'payment_transactions',
          partition,
          ({ row }) => row.kafkaOffset < belowOffset && row.payment.eventTimeMs >= fromEventTimeMs,
        )
        .sort(inFoldOrder)
        .map(({ row }) => row),
    );
    for (let at = 0; at < rows.length; at += PAGE_ROWS) yield rows.slice(at, at + PAGE_ROWS);
  }

  async *knownPayments(list: string, fromEventTimeMs: number): AsyncGenerator<readonly KnownPayment[]> {
    const rows = await this.#rows('payments', () =>
      (this.#service.known.get(list) ?? []).filter(({ eventTimeMs }) => eventTimeMs >= fromEventTimeMs),
    );
    for (let at = 0; at < rows.length; at += PAGE_ROWS) yield rows.slice(at, at + PAGE_ROWS);
  }

  /**
   * The rows of a read. Retries after an empty answer, as the client of the real service does: there are no rows only
   * if the service states it.
   */
  #rows<T>(operation: Operation, look: () => T[]): Promise<T[]> {
    return this.#life.call<T[]>((resolve, reject) => {
      const { context, process } = this.#life;
      const injected = context.faults.request(operation, process);
      const startedMs = context.scheduler.nowMs;
      let isEmpty = injected?.effect === 'empty';
      const atService = (): void => {
        if (this.#life.dead) return;
        const waitedMs = context.scheduler.nowMs - startedMs;
        if (injected?.effect === 'unreachable' || waitedMs > UNREACHABLE_AFTER_MS) {
          reject(new UnreachableError(`bigquery: ${operation} had no answer for ${waitedMs} ms`));
        } else if (context.scheduler.nowMs < this.#service.downUntilMs) {
          context.scheduler.after(RETRY_MS, atService);
        } else {
          const answered = ({ rows }: Answer<T>): void => {
            isEmpty = false;
            if (rows === undefined) context.scheduler.after(RETRY_MS, atService);
            else resolve(rows);
          };
          const settle = settling(() => (isEmpty ? {} : { rows: look() }), answered, reject);
          context.scheduler.after(latencyMs(context), settle);
        }
      };
      context.scheduler.after(latencyMs(context) + (injected?.effect === 'late' ? injected.delayMs : 0), atService);
    });
  }

  #update(operation: Operation, apply: (effect: AnswerEffect | undefined) => void): Promise<void> {
    return this.#life.call<void>((resolve, reject) => {
      const { context, process } = this.#life;
      const injected = context.faults.request(operation, process);
      const effect = injected?.effect;
      const lateMs = effect === 'late' || effect === 'unreachable' ? (injected?.delayMs ?? 0) : 0;
      const answer = (settle: () => void): void => {
        context.scheduler.after(latencyMs(context), settle);
      };
      const atService = (): void => {
        if (context.scheduler.nowMs < this.#service.downUntilMs) {
          context.scheduler.after(RETRY_MS, atService);
          return;
        }
        // Lost before: refused by a quota, or cancelled in time. Lost after: done, and found out by polling the job.
        if (effect !== 'lost_before') apply(effect);
        context.faults.pass(`${operation}:applied`, process);
        if (effect !== 'unreachable') answer(resolve);
      };
      if (effect === 'unreachable') {
        answer(() => reject(new UnreachableError(`bigquery: ${operation} had no answer`)));
        if (context.rng.chance(0.5)) return;
      }
      context.scheduler.after(latencyMs(context) + lateMs, atService);
    });
  }

  #serviceNowMs(): number {
    return EPOCH_MS + this.#life.context.scheduler.nowMs;
  }
}

/** Calls `look` now. The returned function settles with its result or its error. */
function settling<T>(look: () => T, resolve: (value: T) => void, reject: (error: Error) => void): () => void {
  try {
    const seen = look();
    return () => resolve(seen);
  } catch (error) {
    if (!(error instanceof ContradictionError)) throw error;
    return () => reject(error);
  }
}

/** By offset; the partials of one record by window, region and currency, as UTF-8 bytes. */
function inFoldOrder<T extends DataTable>(a: SimRow<T>, b: SimRow<T>): number {
  if (a.row.kafkaOffset !== b.row.kafkaOffset) return a.row.kafkaOffset - b.row.kafkaOffset;
  if (!('windowStartMs' in a.row && 'windowStartMs' in b.row)) return 0;
  return (
    a.row.windowStartMs - b.row.windowStartMs ||
    Buffer.compare(Buffer.from(a.row.region), Buffer.from(b.row.region)) ||
    Buffer.compare(Buffer.from(a.row.currency), Buffer.from(b.row.currency))
  );
}
