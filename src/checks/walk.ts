/**
 * Walks one partition in offset order: the log on one side, the rows of the four data tables on the other, in step, so that
 * memory does not grow with either. Each offset that has a record or a row is shown once to the visitor.
 */
import type {
  CheckedTable,
  CheckpointCells,
  OwnershipFacts,
  TableCells,
  TopicRecord,
  TransactionCells,
} from './inputs.ts';
import { type CarriedPayment, type OracleOutcome, PartitionOracle } from './oracle/recompute.ts';
import type { UnreadableLogError } from './topic/errors.ts';

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
  readonly rows: { readonly [T in CheckedTable]: readonly TableCells[T][] };
}

export interface Visitor {
  /** Everything below `offset` was shown; called before each step and at the end with Infinity. */
  before(offset: number, oracle: PartitionOracle): void;
  step(step: Step): void;
}

/** From an offset on the topic has so many partitions; `accepted`: what the partition then learns of the others. */
export interface StartedGeneration {
  readonly fromOffset: number;
  readonly partitions: number;
  readonly floorMs: number;
  readonly accepted: readonly CarriedPayment[];
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
  readonly records: AsyncIterable<readonly TopicRecord[]>;
  readonly rows: { readonly [T in CheckedTable]: AsyncIterable<readonly TableCells[T][]> };
}

export async function walkPartition(sources: PartitionSources, visitor: Visitor): Promise<PartitionOracle> {
  const { ownership, nextOffset, trusted } = sources;
  const oracle = new PartitionOracle(ownership);
  const cursors = CHECKED_TABLES.map((table) => new RowCursor<TableCells[CheckedTable]>(sources.rows[table], table));

  const coming = [...sources.generations];
  const startGenerations = (upTo: number): void => {
    for (let next = coming[0]; next !== undefined && next.fromOffset <= upTo; next = coming[0]) {
      if (next.unreadable !== undefined) throw next.unreadable;
      oracle.startGeneration(next.partitions, next.floorMs, next.accepted);
      coming.shift();
    }
  };
  const show = (offset: number, record: TopicRecord | null): void => {
    visitor.before(offset, oracle);
    if (record) startGenerations(offset);
    const [transactions, fraud, partials, exceptions] = cursors.map((cursor) => cursor.take(offset));
    const rows = {
      payment_transactions: transactions,
      payment_transactions_fraud: fraud,
      payment_metrics_partials: partials,
      payment_exceptions: exceptions,
    } as Step['rows'];
    const isTrusted = trusted !== undefined && offset < trusted.next_offset;
    if (isTrusted) for (const row of rows.payment_transactions) oracle.trustPayment(row as TransactionCells);
    const outcome = record ? oracle.take(record) : null;
    const below = offset < nextOffset;
    visitor.step({ partition: ownership.partition, offset, below, trusted: isTrusted, record, outcome, rows });
  };
  const showRowsBelow = async (offset: number): Promise<void> => {
    for (;;) {
      for (const cursor of cursors) if (!cursor.ready) await cursor.fill();
      const next = Math.min(...cursors.map((cursor) => cursor.offset));
      if (next >= offset) return;
      await fillPast(cursors, next);
      show(next, null);
    }
  };

  if (trusted) {
    oracle.trustCheckpoint(trusted);
    startGenerations(trusted.next_offset);
    await showRowsBelow(trusted.next_offset);
  }
  const skipped = (offset: number): boolean => ownership.skipped.some(({ from, to }) => offset >= from && offset < to);
  for await (const chunk of sources.records) {
    for (const record of chunk) {
      if (skipped(record.offset)) continue;
      if (cursors.some((cursor) => !cursor.ready || cursor.offset < record.offset)) await showRowsBelow(record.offset);
      if (cursors.some((cursor) => !cursor.covers(record.offset))) await fillPast(cursors, record.offset);
      show(record.offset, record);
    }
  }
  await showRowsBelow(Number.POSITIVE_INFINITY);
  visitor.before(Number.POSITIVE_INFINITY, oracle);
  return oracle;
}

async function fillPast(cursors: readonly RowCursor<{ kafka_offset: number }>[], offset: number): Promise<void> {
  for (const cursor of cursors) while (!cursor.covers(offset)) await cursor.fill();
}

/** Reads rows ahead, a chunk at a time; says so where they do not come in offset order. */
class RowCursor<Row extends { readonly kafka_offset: number }> {
  readonly #source: AsyncIterator<readonly Row[]>;
  readonly #table: string;
  #buffer: readonly Row[] = [];
  #at = 0;
  #ended = false;

  constructor(source: AsyncIterable<readonly Row[]>, table: string) {
    this.#source = source[Symbol.asyncIterator]();
    this.#table = table;
  }

  /** Whether `offset` can be asked for. */
  get ready(): boolean {
    return this.#at < this.#buffer.length || this.#ended;
  }

  /** Offset of the next row; Infinity past the last. */
  get offset(): number {
    return this.#buffer[this.#at]?.kafka_offset ?? Number.POSITIVE_INFINITY;
  }

  /** Whether every row at this offset is in the buffer. */
  covers(offset: number): boolean {
    return this.#ended || (this.#buffer.at(-1)?.kafka_offset ?? Number.NEGATIVE_INFINITY) > offset;
  }

  async fill(): Promise<void> {
    if (this.#ended) return;
    const { value, done } = await this.#source.next();
    if (done) {
      this.#ended = true;
      return;
    }
    let last = this.#buffer.at(-1)?.kafka_offset ?? Number.NEGATIVE_INFINITY;
    for (const { kafka_offset } of value) {
      if (kafka_offset < last) throw new Error(`verify: rows of ${this.#table} came out of order at ${kafka_offset}`);
      last = kafka_offset;
    }
    this.#buffer = this.#at < this.#buffer.length ? [...this.#buffer.slice(this.#at), ...value] : value;
    this.#at = 0;
  }

  take(offset: number): Row[] {
    const from = this.#at;
    while (this.offset === offset) this.#at++;
    return from === this.#at ? [] : this.#buffer.slice(from, this.#at);
  }
}
