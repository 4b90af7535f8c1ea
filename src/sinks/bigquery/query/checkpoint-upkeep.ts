/** checkpoint_log for operators' commands: the newest rows in one query, and the removal of old ones, one Kafka partition at a time. */
import type { CheckpointUpkeep, LastCheckpoint, OldCheckpoints } from '../../../processor/ports.ts';
import { type DatasetRef, integerLiteral, quotedTable } from '../identifiers.ts';
import type { BigQueryQueries } from './queries.ts';
import type { QueryJobs } from './query-job.ts';
import { integerFromText, intParameter, textParameter, timestampParameter } from './query-values.ts';

interface Parts {
  readonly queries: Pick<BigQueryQueries, 'runQuery'>;
  readonly jobs: Pick<QueryJobs, 'read' | 'change'>;
  readonly dataset: DatasetRef;
}

export class QueriedCheckpoints implements CheckpointUpkeep {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The view pipeline_health has the same numbers, but counts rows of whole tables for them. */
  async newest(topic: string): Promise<Map<number, LastCheckpoint>> {
    const { queries, dataset } = this.#parts;
    const rows = await queries.runQuery(
      `SELECT kafka_partition, next_offset, writer_epoch AS checkpoint_epoch,
       TIMESTAMP_DIFF(CURRENT_TIMESTAMP(), written_at, SECOND) AS checkpoint_age_s
     FROM ${quotedTable(dataset, 'checkpoint_log')}
     WHERE topic = @topic
     QUALIFY ROW_NUMBER() OVER (
       PARTITION BY kafka_partition ORDER BY next_offset DESC, writer_epoch DESC, written_at DESC
     ) = 1`,
      [textParameter('topic', topic)],
    );
    const numberOrNull = (value: unknown): number | null => (value === null ? null : Number(value));
    return new Map(
      rows.map((row) => [
        Number(row.kafka_partition),
        {
          nextOffset: Number(row.next_offset),
          checkpointEpoch: numberOrNull(row.checkpoint_epoch),
          checkpointAgeS: numberOrNull(row.checkpoint_age_s),
        },
      ]),
    );
  }

  async firstAtOrPast(topic: string, partition: number, offset: number): Promise<number | undefined> {
    const { rows } = await this.#parts.jobs.read({
      what: 'checkpoints that the log reaches back to',
      sql: `SELECT MIN(next_offset) AS next_offset FROM ${this.#from(partition)} AND next_offset >= @offset`,
      parameters: [textParameter('topic', topic), intParameter('offset', offset)],
      columns: ['next_offset'],
    });
    const cell = rows[0]?.[0];
    return cell === null || cell === undefined ? undefined : integerFromText(String(cell));
  }

  async count(old: OldCheckpoints): Promise<{ readonly all: number; readonly removable: number }> {
    const { rows } = await this.#parts.jobs.read({
      what: 'old checkpoints',
      sql: `SELECT COUNT(*) AS every, COUNTIF(next_offset < @keep_from AND written_at < @before) AS removable FROM ${this.#from(old.partition)}`,
      parameters: parametersOf(old),
      columns: ['every', 'removable'],
    });
    const [all, removable] = rows[0]!.map((cell) => integerFromText(String(cell)));
    return { all: all!, removable: removable! };
  }

  async remove(old: OldCheckpoints): Promise<void> {
    await this.#parts.jobs.change({
      what: 'removal of old checkpoints',
      sql: `DELETE FROM ${this.#from(old.partition)} AND next_offset < @keep_from AND written_at < @before`,
      parameters: parametersOf(old),
    });
  }

  /** The partition is a constant in the text: only its rows are read and billed. */
  #from(partition: number): string {
    const table = quotedTable(this.#parts.dataset, 'checkpoint_log');
    return `${table} WHERE topic = @topic AND kafka_partition = ${integerLiteral(partition)}`;
  }
}

function parametersOf({ topic, keepFromOffset, beforeMs }: OldCheckpoints) {
  return [
    textParameter('topic', topic),
    intParameter('keep_from', keepFromOffset),
    timestampParameter('before', beforeMs),
  ];
}
