/**
 * A partition's position and its earlier rows: reads for takeover and rebuild. kafka_partition is a constant in the SQL
 * text, a checked integer, because the service prunes partitions by constants only. Partitions that ask at the same
 * time share a query. Many rows travel as one cell of JSON: a REST cell costs the service and us more than its content.
 *
 * payment_transactions may have a further column of any name from a to z on: groups are named by their place, since in GROUP BY
 * a column hides an alias.
 */

import { ContradictionError, UnreachableError } from '../../../base/errors.ts';
import type { FurtherColumn } from '../../../payments/rules/rules.ts';
import { DATA_TABLES, type DataTable, type TransactionRow } from '../../../payments/types.ts';
import { type DatasetRef, integerLiteral, quotedTable } from '../identifiers.ts';
import type { CheckpointRow, WrittenRow } from '../ports.ts';
import {
  integer,
  millis,
  nullable,
  packedRows,
  ROW_READERS,
  rowReader,
  text,
  unpackedRows,
} from '../rows/row-readers.ts';
import { GatheredReads } from './gathered-reads.ts';
import { IncompleteResultError, type QueryJobs, type Statement } from './query-job.ts';
import { intParameter, textParameter, timestampParameter } from './query-values.ts';

/** In the order that checkpointOf reads them. */
const CHECKPOINT_COLUMNS = [
  'owner',
  'writer_epoch',
  'next_offset',
  'watermark',
  'consumed',
  'accepted',
  'duplicates',
  'late',
  'rejected',
  'stream_offsets',
  'state_digest',
  'record_fingerprint',
  'kafka_partition',
] as const;

/** Kafka offsets whose payments travel as one cell, and such cells per page: some 1.5 MB at a time. */
const OFFSETS_PER_CELL = 1_000;
const CELLS_PER_PAGE = 8;
/** A payload may have 64 KiB. */
const EXCEPTION_OFFSETS_PER_CELL = 20;
/** Partitions that share a query. One query of a kind at a time: those that ask meanwhile share the next one. */
const PARTITIONS_TOGETHER = 64;
const QUERIES_UNDER_WAY = 1;

interface CheckpointQuestion {
  readonly topic: string;
  readonly partition: number;
}

interface TablesQuestion {
  readonly tables: readonly DataTable[];
  readonly partition: number;
  readonly fromOffset: number;
}

interface RowsQuestion {
  readonly partition: number;
  readonly fromOffset: number;
  readonly further: readonly FurtherColumn[];
}

export class PositionQueries {
  readonly #jobs: QueryJobs;
  readonly #dataset: DatasetRef;

  readonly #checkpoints: GatheredReads<CheckpointQuestion, CheckpointRow | undefined>;
  readonly #tables: GatheredReads<TablesQuestion, ReadonlySet<DataTable>>;
  readonly #rows: { readonly [T in DataTable]: GatheredReads<RowsQuestion, WrittenRow<T>[]> };

  constructor(jobs: QueryJobs, dataset: DatasetRef) {
    this.#jobs = jobs;
    this.#dataset = dataset;
    const limits = { maxTogether: PARTITIONS_TOGETHER, maxUnderWay: QUERIES_UNDER_WAY };
    this.#checkpoints = new GatheredReads({ ...limits, ask: (questions) => this.#latestCheckpoints(questions) });
    this.#tables = new GatheredReads({ ...limits, ask: (questions) => this.#tablesWithRows(questions) });
    const rows = <T extends DataTable>(table: T) =>
      new GatheredReads<RowsQuestion, WrittenRow<T>[]>({ ...limits, ask: (asked) => this.#rowsOf(table, asked) });
    this.#rows = {
      payment_transactions: rows('payment_transactions'),
      payment_transactions_fraud: rows('payment_transactions_fraud'),
      payment_metrics_partials: rows('payment_metrics_partials'),
      payment_exceptions: rows('payment_exceptions'),
    };
  }

  latestCheckpoint(topic: string, partition: number): Promise<CheckpointRow | undefined> {
    return this.#checkpoints.ask({ topic, partition });
  }

  tablesWithRows(tables: readonly DataTable[], partition: number, fromOffset: number): Promise<ReadonlySet<DataTable>> {
    return this.#tables.ask({ tables, partition, fromOffset });
  }

  rowsFrom<T extends DataTable>(
    table: T,
    partition: number,
    fromOffset: number,
    further: readonly FurtherColumn[] = [],
  ): Promise<WrittenRow<T>[]> {
    return this.#rows[table].ask({ partition, fromOffset, further });
  }

  async #latestCheckpoints(questions: readonly CheckpointQuestion[]): Promise<(CheckpointRow | undefined)[]> {
    const topics = [...new Set(questions.map(({ topic }) => topic))];
    const found = new Map<string, CheckpointRow>();
    for (const topic of topics) {
      const partitions = questions.filter((question) => question.topic === topic).map(({ partition }) => partition);
      for (const checkpoint of await this.#latestOf(topic, partitions)) {
        found.set(`${checkpoint.partition} ${topic}`, checkpoint);
      }
    }
    return questions.map(({ topic, partition }) => found.get(`${partition} ${topic}`));
  }

  async #latestOf(topic: string, partitions: readonly number[]): Promise<CheckpointRow[]> {
    const { rows } = await this.#jobs.read({
      what: `checkpoints of ${topic}, partitions ${partitions.join(', ')}`,
      sql: `SELECT ${CHECKPOINT_COLUMNS.join(', ')}
FROM ${this.#table('checkpoint_log')}
WHERE topic = @topic AND kafka_partition IN (${literals(partitions)})
QUALIFY ROW_NUMBER() OVER (
  PARTITION BY kafka_partition ORDER BY next_offset DESC, writer_epoch DESC, written_at DESC
) = 1`,
      parameters: [textParameter('topic', topic)],
      columns: CHECKPOINT_COLUMNS,
    });
    return rows.map((cells) => readable('checkpoint_log', partitions, () => checkpointOf(topic, cells)));
  }

  /** Reads the last offset of each table and partition, in one short query: a query's text is most of its cost. */
  async #tablesWithRows(questions: readonly TablesQuestion[]): Promise<ReadonlySet<DataTable>[]> {
    const asked = DATA_TABLES.filter((table) => questions.some(({ tables }) => tables.includes(table)));
    const partitions = questions.map(({ partition }) => partition);
    const lastOf = (
      table: DataTable,
    ): string => `SELECT '${table}' AS data_table, kafka_partition, MAX(kafka_offset) AS last
FROM ${this.#table(table)}
WHERE kafka_partition IN (${literals(partitions)}) AND kafka_offset >= @least_offset AND writer_epoch > 0
GROUP BY kafka_partition`;
    const { rows } = await this.#jobs.read({
      what: `last offsets in ${asked.join(', ')}, partitions ${partitions.join(', ')}`,
      sql: asked.map(lastOf).join('\nUNION ALL\n'),
      parameters: [intParameter('least_offset', Math.min(...questions.map(({ fromOffset }) => fromOffset)))],
      columns: ['data_table', 'kafka_partition', 'last'],
    });
    const last = new Map(
      rows.map(([table, partition, offset]) => [`${text(table)} ${integer(partition)}`, integer(offset)]),
    );
    return questions.map(
      ({ tables, partition, fromOffset }) =>
        new Set(tables.filter((table) => (last.get(`${table} ${partition}`) ?? -1) >= fromOffset)),
    );
  }

  async #rowsOf<T extends DataTable>(table: T, questions: readonly RowsQuestion[]): Promise<WrittenRow<T>[][]> {
    const further = new Map(
      questions.flatMap((asked) => asked.further.map((column) => [column.name, column] as const)),
    );
    const reader = rowReader(table, [...further.values()]);
    const offsetsPerCell = table === 'payment_exceptions' ? EXCEPTION_OFFSETS_PER_CELL : OFFSETS_PER_CELL;
    const partitions = questions.map(({ partition }) => partition);
    const from = questions.map(
      ({ partition }, i) => `(kafka_partition = ${integerLiteral(partition)} AND kafka_offset >= @from_offset_${i})`,
    );
    const { rows } = await this.#jobs.read(
      {
        what: `rows of ${table}, partitions ${partitions.join(', ')}`,
        sql: `SELECT
  kafka_partition,
  ${packedRows(reader)} AS cells,
  DIV(kafka_offset, ${offsetsPerCell}) AS bucket
FROM ${this.#table(table)}
WHERE kafka_partition IN (${literals(partitions)}) AND kafka_offset >= @least_offset AND (${from.join(' OR ')})
  AND writer_epoch > 0
GROUP BY 1, 3
ORDER BY 1, 3`,
        parameters: [
          // Says nothing new, and lets a service leave out what its statistics of this column rule out.
          intParameter('least_offset', Math.min(...questions.map(({ fromOffset }) => fromOffset))),
          ...questions.map(({ fromOffset }, i) => intParameter(`from_offset_${i}`, fromOffset)),
        ],
        columns: ['kafka_partition', 'cells', 'bucket'],
      },
      CELLS_PER_PAGE,
    );
    const cellsOf = Map.groupBy(rows, ([partition]) => readable(table, partitions, () => integer(partition)));
    return questions.map(({ partition, fromOffset }) =>
      readable(table, [partition], () =>
        (cellsOf.get(partition) ?? [])
          .flatMap(([, cell]) => unpackedRows(text(cell)))
          .map((cells) => ({ row: reader.read(cells), writerEpoch: integer(cells[0]) }))
          // Asked twice at once, from two offsets, the query has the rows of both.
          .filter(({ row }) => row.kafkaOffset >= fromOffset),
      ),
    );
  }

  /** May be repeated: a range that was given up never gets new rows. */
  async removeRows(table: DataTable, partition: number, from: number, to: number): Promise<void> {
    await this.#jobs.change({
      what: `removal of rows of ${table}, partition ${partition}`,
      sql: `DELETE FROM ${this.#table(table)}
WHERE kafka_partition = ${integerLiteral(partition)} AND kafka_offset >= @from_offset AND kafka_offset < @to_offset
  AND writer_epoch > 0`,
      parameters: [intParameter('from_offset', from), intParameter('to_offset', to)],
    });
  }

  /**
   * Yields batches of some thousands of payments. Many payments travel as one cell of JSON: a million rows would be
   * tens of millions of REST cells, which cost more than the data. If the job is lost, a new one resumes past the last
   * batch.
   */
  async *payments(
    partition: number,
    belowOffset: number,
    fromEventTimeMs: number,
  ): AsyncGenerator<readonly TransactionRow[]> {
    const patience = this.#jobs.patience(`payments of partition ${partition}`);
    let fromOffset = 0;
    for (let fruitless = 0; ; ) {
      const statement = this.#paymentsStatement(partition, fromOffset, belowOffset, fromEventTimeMs);
      try {
        for await (const { rows } of this.#jobs.pages(statement, CELLS_PER_PAGE, patience)) {
          const batch = readable('payment_transactions', [partition], () =>
            rows.flatMap(([cell]) => paymentsOfCell(text(cell))),
          );
          patience.success();
          if (batch.length > 0) {
            fromOffset = batch.at(-1)!.kafkaOffset + 1;
            fruitless = 0;
            yield batch;
          }
        }
        return;
      } catch (error) {
        // It is unknown which page was incomplete: a resume past the last batch would not find its missing rows.
        if (error instanceof IncompleteResultError && fromOffset > 0) throw incomplete(partition, error);
        fruitless = this.#jobs.countFruitless(statement, fruitless, error);
        await patience.wait(this.#jobs.transient(error));
      }
    }
  }

  #paymentsStatement(partition: number, fromOffset: number, belowOffset: number, fromEventTimeMs: number): Statement {
    return {
      what: `payments of partition ${partition}`,
      sql: `SELECT
  ${packedRows(ROW_READERS.payment_transactions)} AS payments,
  DIV(kafka_offset, ${OFFSETS_PER_CELL}) AS bucket
FROM ${this.#table('payment_transactions')}
WHERE kafka_partition = ${integerLiteral(partition)} AND kafka_offset >= @from_offset AND kafka_offset < @below_offset
  AND event_time >= @from_time AND writer_epoch > 0
GROUP BY 2
ORDER BY 2`,
      parameters: [
        intParameter('from_offset', fromOffset),
        intParameter('below_offset', belowOffset),
        timestampParameter('from_time', fromEventTimeMs),
      ],
      columns: ['payments', 'bucket'],
    };
  }

  #table(table: string): string {
    return quotedTable(this.#dataset, table);
  }
}

function paymentsOfCell(cell: string): TransactionRow[] {
  return unpackedRows(cell).map((cells) => ROW_READERS.payment_transactions.read(cells));
}

/** Reads a row. A row that this code cannot have written is a contradiction in the table, not a bug here. */
function readable<T>(table: string, partitions: readonly number[], read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError)) throw error;
    throw new ContradictionError(
      'rows_differ',
      `partition ${partitions.join(', ')}, ${table}: a row that cannot be read: ${error.message}. Someone wrote to the table by hand, or a ` +
        'newer release did; nothing was written.',
      { cause: error },
    );
  }
}

function incomplete(partition: number, cause: IncompleteResultError): UnreachableError {
  return new UnreachableError(
    `bigquery: payments of partition ${partition} came incomplete: ${cause.message}. Nothing was written; start again`,
    { cause },
  );
}

function literals(partitions: readonly number[]): string {
  return [...new Set(partitions)].map(integerLiteral).join(', ');
}

function checkpointOf(topic: string, cells: readonly unknown[]): CheckpointRow {
  return {
    topic,
    partition: integer(cells[12]),
    owner: text(cells[0]),
    writerEpoch: integer(cells[1]),
    nextOffset: integer(cells[2]),
    watermarkMs: millis(cells[3]),
    counters: {
      consumed: integer(cells[4]),
      accepted: integer(cells[5]),
      duplicates: integer(cells[6]),
      late: integer(cells[7]),
      rejected: integer(cells[8]),
    },
    ...streamOffsets(text(cells[9])),
    stateDigest: text(cells[10]),
    recordFingerprint: nullable(cells[11], text),
  };
}

function streamOffsets(json: string): Pick<CheckpointRow, 'streamOffsets' | 'of'> {
  const offsets = JSON.parse(json) as Partial<Record<DataTable, unknown>> & Pick<CheckpointRow, 'of'>;
  for (const table of DATA_TABLES) {
    if (!Number.isSafeInteger(offsets[table])) throw new TypeError(`checkpoint_log.stream_offsets: ${json}`);
  }
  const { of } = offsets;
  // A row changed by hand may hold any JSON, even null: it becomes an object without the members, which contradicts
  // the columns.
  return { streamOffsets: offsets as CheckpointRow['streamOffsets'], ...(of === undefined ? {} : { of: Object(of) }) };
}
