/**
 * Walks one partition in offset order: the log on one side, the rows of the four data tables on the other, in step, so that
 * memory does not grow with either. Each offset that has a record or a row is shown once to the visitor.
 */
import type {
  CheckedTable,
  CheckpointCells,
  KnownCells,
  OwnershipFacts,
  PartialCells,
  RowPosition,
  TableCells,
  TopicRecord,
  TransactionCells,
} from '../inputs/verify-inputs.ts';
import { type CarriedPayment, type OracleOutcome, PartitionOracle } from '../oracle/recompute.ts';
import { UnreadableSchemaError } from '../oracle/schemas/undecodable.ts';
import type { UnreadableLogError } from '../topic/errors.ts';

export const CHECKED_TABLES = [
  'payment_transactions',
  'payment_transactions_fraud',
  'payment_metrics_partials',
  'payment_exceptions',
] as const satisfies readonly CheckedTable[];

export interface Step {
  readonly partition: number;
  readonly offset: number;
  /** Below the partition's next_offset: every row must be there. */
  readonly below: boolean;
  /** Older than what the log still holds: the rows are taken as they are. */
  readonly trusted: boolean;
  /** Null where the log holds no record (a marker, or nothing that explains a row) and where the step is trusted. */
  readonly record: TopicRecord | null;
  readonly outcome: OracleOutcome | null;
  /** Of the pipeline: writer_epoch above 0. */
  readonly rows: { readonly [T in CheckedTable]: readonly TableCells[T][] };
  /** Of a backfill: writer_epoch 0. */
  readonly backfilled: BackfilledRows;
}

export interface BackfilledRows {
  readonly payments: readonly TransactionCells[];
  readonly partials: readonly PartialCells[];
}

export interface Visitor {
  /** Everything below its next_offset was shown, and nothing past it. `last`: the last record shown, if any was. */
  checkpoint?(checkpoint: CheckpointCells, oracle: PartitionOracle, last: TopicRecord | undefined): void;
  step(step: Step): void;
  /** The walk ends at this record: the dataset does not have its schema, and nobody has folded it yet. */
  pending?(offset: number, why: UnreadableSchemaError): void;
}

/** The number of partitions that the topic has from an offset on; `accepted`: what the partition then learns of the others. */
export interface StartedGeneration {
  readonly fromOffset: number;
  readonly partitions: number;
  readonly floorMs: number;
  readonly accepted: readonly CarriedPayment[];
  /** What another pipeline had written before the topic was first processed. */
  readonly elsewhere: readonly KnownCells[];
  /** Set where the log of another partition cannot be read, so that what this one learns is not known. */
  readonly unreadable?: UnreadableLogError;
}

export interface PartitionSources {
  readonly ownership: OwnershipFacts;
  /** Ascending by fromOffset. */
  readonly generations: readonly StartedGeneration[];
  readonly nextOffset: number;
  /** Set where the log's start is past the start offset: the checkpoint to start from. */
  readonly trusted: CheckpointCells | undefined;
  /** Ascending by next_offset. */
  readonly checkpoints: AsyncIterable<readonly CheckpointCells[]>;
  readonly records: AsyncIterable<readonly TopicRecord[]>;
  /** Ascending by kafka_offset, with no NULL in their position. */
  readonly rows: { readonly [T in CheckedTable]: AsyncIterable<readonly TableCells[T][]> };
}

export async function walkPartition(sources: PartitionSources, visitor: Visitor): Promise<PartitionOracle> {
  const { ownership, nextOffset, trusted } = sources;
  const { partition } = ownership;
  const oracle = new PartitionOracle(ownership);
  const cursorOf = <T extends CheckedTable>(table: T): RowCursor<TableCells[T]> =>
    new RowCursor<TableCells[T]>(sources.rows[table], table);
  const payments = cursorOf('payment_transactions');
  const enriched = cursorOf('payment_transactions_fraud');
  const partials = cursorOf('payment_metrics_partials');
  const exceptions = cursorOf('payment_exceptions');
  const cursors = [payments, enriched, partials, exceptions];
  const checkpoints = new Cursor(sources.checkpoints, 'checkpoint_log', ({ next_offset }) => next_offset);
  let last: TopicRecord | undefined;

  const coming = [...sources.generations];
  const judgeCheckpoints = (upTo: number): void => {
    if (visitor.checkpoint === undefined) return;
    for (const checkpoint of checkpoints.takeUpTo(upTo)) visitor.checkpoint(checkpoint, oracle, last);
  };
  /** A checkpoint right where a generation starts is of the state before it. */
  const startGenerations = (upTo: number): void => {
    for (let next = coming[0]; next !== undefined && next.fromOffset <= upTo; next = coming[0]) {
      judgeCheckpoints(next.fromOffset);
      if (next.unreadable !== undefined) throw next.unreadable;
      oracle.startGeneration(next.partitions, next.floorMs, next.accepted, next.elsewhere);
      coming.shift();
    }
  };
  const show = (offset: number, record: TopicRecord | null): void => {
    if (record) startGenerations(offset);
    judgeCheckpoints(offset);
    const transactions = payments.take(offset);
    const sums = partials.take(offset);
    const rows = {
      payment_transactions: written(transactions),
      payment_transactions_fraud: enriched.take(offset),
      payment_metrics_partials: written(sums),
      payment_exceptions: exceptions.take(offset),
    };
    const backfilled = { payments: putIn(transactions), partials: putIn(sums) };
    const isTrusted = trusted !== undefined && offset < trusted.next_offset;
    if (isTrusted) for (const row of rows.payment_transactions) oracle.trustPayment(row);
    const outcome = record ? oracle.take(record) : null;
    const below = offset < nextOffset;
    visitor.step({ partition, offset, below, trusted: isTrusted, record, outcome, rows, backfilled });
    if (record) last = record;
  };
  const mayHaveRowsBelow = (offset: number): boolean => {
    for (const cursor of cursors) if (!cursor.ready || cursor.offset < offset) return true;
    return false;
  };
  const isCovered = (offset: number): boolean => {
    for (const cursor of cursors) if (!cursor.covers(offset)) return false;
    return checkpoints.covers(offset);
  };
  /** No checkpoint covers the offset, and no row is there or past it. To be asked before its rows are taken. */
  const isUnfolded = (offset: number): boolean =>
    offset >= nextOffset && cursors.every((cursor) => cursor.offset === Number.POSITIVE_INFINITY);
  const fillPast = async (offset: number): Promise<void> => {
    for (const cursor of [checkpoints, ...cursors]) while (!cursor.covers(offset)) await cursor.fill();
  };
  const showRowsBelow = async (offset: number): Promise<void> => {
    for (;;) {
      for (const cursor of cursors) if (!cursor.ready) await cursor.fill();
      const next = Math.min(...cursors.map((cursor) => cursor.offset));
      if (next >= offset) return;
      await fillPast(next);
      show(next, null);
    }
  };

  if (trusted) {
    oracle.trustCheckpoint(trusted);
    await showRowsBelow(trusted.next_offset);
    await fillPast(trusted.next_offset - 1);
    // As a rebuild does it: the partition's own payments first, then what it learnt of the others.
    startGenerations(trusted.next_offset - 1);
  }
  const skipped = (offset: number): boolean =>
    ownership.skipped.length > 0 && ownership.skipped.some(({ from, to }) => offset >= from && offset < to);
  walk: for await (const chunk of sources.records) {
    for (const record of chunk) {
      const { offset } = record;
      if (skipped(offset)) continue;
      if (mayHaveRowsBelow(offset)) await showRowsBelow(offset);
      if (!isCovered(offset)) await fillPast(offset);
      const mayPend = visitor.pending !== undefined && isUnfolded(offset);
      try {
        show(offset, record);
      } catch (error) {
        if (!mayPend || !(error instanceof UnreadableSchemaError)) throw error;
        visitor.pending?.(offset, error);
        break walk;
      }
    }
  }
  await showRowsBelow(Number.POSITIVE_INFINITY);
  await fillPast(Number.POSITIVE_INFINITY);
  startGenerations(Number.POSITIVE_INFINITY);
  judgeCheckpoints(Number.POSITIVE_INFINITY);
  return oracle;
}

function written<Row extends RowPosition>(rows: readonly Row[]): readonly Row[] {
  return hasBackfilled(rows) ? rows.filter((row) => row.writer_epoch !== 0) : rows;
}

function putIn<Row extends RowPosition>(rows: readonly Row[]): readonly Row[] {
  return hasBackfilled(rows) ? rows.filter((row) => row.writer_epoch === 0) : NOTHING;
}

function hasBackfilled(rows: readonly RowPosition[]): boolean {
  for (const { writer_epoch } of rows) if (writer_epoch === 0) return true;
  return false;
}

const NOTHING: readonly never[] = [];

/** Reads ahead, a chunk at a time; throws where things do not come in order. */
class Cursor<T> {
  readonly #source: AsyncIterator<readonly T[]>;
  readonly #what: string;
  readonly #keyOf: (item: T) => number;
  #buffer: readonly T[] = [];
  #at = 0;
  #ended = false;
  /** Keys of the next item (Infinity past the last) and of the last one read (-Infinity before the first). */
  #next = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;

  constructor(source: AsyncIterable<readonly T[]>, what: string, keyOf: (item: T) => number) {
    this.#source = source[Symbol.asyncIterator]();
    this.#what = what;
    this.#keyOf = keyOf;
  }

  /** Whether `offset` can be asked for. */
  get ready(): boolean {
    return this.#at < this.#buffer.length || this.#ended;
  }

  /** Of the next; Infinity past the last. */
  get offset(): number {
    return this.#next;
  }

  /** Whether everything at this offset is in the buffer. */
  covers(offset: number): boolean {
    return this.#ended || this.#last > offset;
  }

  async fill(): Promise<void> {
    if (this.#ended) return;
    const { value, done } = await this.#source.next();
    if (done) {
      this.#ended = true;
      return;
    }
    for (const item of value) {
      const key = this.#keyOf(item);
      if (key < this.#last) throw new Error(`verify: rows of ${this.#what} came out of order at ${key}`);
      this.#last = key;
    }
    this.#buffer = this.#at < this.#buffer.length ? [...this.#buffer.slice(this.#at), ...value] : value;
    this.#goTo(0);
  }

  takeUpTo(offset: number): readonly T[] {
    const from = this.#at;
    while (this.#next <= offset && this.#at < this.#buffer.length) this.#goTo(this.#at + 1);
    return from === this.#at ? NOTHING : this.#buffer.slice(from, this.#at);
  }

  #goTo(at: number): void {
    this.#at = at;
    this.#next = at < this.#buffer.length ? this.#keyOf(this.#buffer[at]!) : Number.POSITIVE_INFINITY;
  }
}

class RowCursor<Row extends RowPosition> extends Cursor<Row> {
  constructor(source: AsyncIterable<readonly Row[]>, table: string) {
    super(source, table, ({ kafka_offset }) => kafka_offset);
  }

  take(offset: number): readonly Row[] {
    return this.offset === offset ? this.takeUpTo(offset) : NOTHING;
  }
}
