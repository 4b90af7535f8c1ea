/**
 * partition_ownership: who may write a partition. Changed by DML only, with one statement for all partitions concerned.
 * Invariant: every change names the row that it expects, so a repeated or late change is harmless. Read back who won.
 */
import { createHash } from 'node:crypto';
import { ContradictionError, UnreachableError } from '../../../base/errors.ts';
import type { Runtime } from '../../../base/runtime.ts';
import type { SkippedRange } from '../../../processor/ports.ts';
import { type DatasetRef, integerLiteral, quotedTable } from '../identifiers.ts';
import type { Claim, StoredEntry, StoredHistoryChange, StoredOwnership, StoredSeed, StreamRef } from '../ports.ts';
import { text } from '../rows/row-readers.ts';
import { OWNERSHIP_COLUMNS, ownershipFromCells } from './ownership-rows.ts';
import type { QueryJobs } from './query-job.ts';
import { intParameter, rowsParameter, textParameter } from './query-values.ts';

/** Each attempt at seeding is a job of its own; history keeps job ids for half a year. */
const SEED_ATTEMPTS_MAX = 1_000;

export class OwnershipQueries {
  readonly #jobs: QueryJobs;
  readonly #runtime: Runtime;
  readonly #dataset: DatasetRef;
  readonly #table: string;

  constructor(jobs: QueryJobs, dataset: DatasetRef, runtime: Runtime) {
    this.#jobs = jobs;
    this.#runtime = runtime;
    this.#dataset = dataset;
    this.#table = quotedTable(dataset, 'partition_ownership');
  }

  async readOwnership(topic: string): Promise<StoredOwnership[]> {
    const { rows } = await this.#jobs.read({
      what: `ownership of ${topic}`,
      sql: `SELECT ${OWNERSHIP_COLUMNS.join(', ')} FROM ${this.#table} WHERE topic = @topic ORDER BY kafka_partition`,
      parameters: [textParameter('topic', topic)],
      columns: OWNERSHIP_COLUMNS,
    });
    const owned = rows.map(ownershipFromCells);
    const twice = owned.find((row, i) => row.partition === owned[i - 1]?.partition);
    if (twice !== undefined) {
      throw new ContradictionError(
        'ownership_rows',
        `partition_ownership has two rows for topic ${topic}, partition ${twice.partition}: one must go before anything is written`,
      );
    }
    return owned;
  }

  async topics(): Promise<string[]> {
    const { rows } = await this.#jobs.read({
      what: 'topics of the dataset',
      sql: `SELECT DISTINCT topic FROM ${this.#table} ORDER BY topic`,
      columns: ['topic'],
    });
    return rows.map(([topic]) => text(topic));
  }

  /**
   * All processes use the same job ids, and a job id runs once: two of them cannot insert the same row. The number in
   * the id is only raised when the job is done and rows are missing, or when it failed before this process asked.
   */
  async seed(topic: string, seeds: readonly StoredSeed[]): Promise<void> {
    const what = `seeding of ${topic}`;
    const key = createHash('sha256').update(`${this.#dataset.dataset}\n${topic}`).digest('hex').slice(0, 24);
    const patience = this.#jobs.patience(what);
    for (let attempt = 0, number = 0; attempt < SEED_ATTEMPTS_MAX; attempt++) {
      const present = new Set((await this.readOwnership(topic)).map((row) => row.partition));
      const missing = seeds.filter((seed) => !present.has(seed.partition));
      if (missing.length === 0) return;
      const { next, failure } = await this.#jobs.changeUnderNextId(`provenonce_seed_${key}`, number, {
        what,
        sql: seedSql(this.#table),
        parameters: [
          textParameter('topic', topic),
          intParameter('now_ms', this.#runtime.nowMs()),
          rowsParameter('seeds', SEED_TYPES, missing.map(seedRow)),
        ],
      });
      number = next;
      if (failure !== undefined) await patience.wait(this.#jobs.transient(failure));
    }
    throw new UnreachableError(`${what}: rows are still missing after ${SEED_ATTEMPTS_MAX} jobs`);
  }

  async claim(topic: string, claims: readonly Claim[]): Promise<void> {
    if (claims.length === 0) return;
    const nowMs = this.#runtime.nowMs();
    await this.#jobs.change({
      what: `claim of ${claims.length} partitions of ${topic}`,
      sql: `UPDATE ${this.#table} AS o
SET epoch = o.epoch + 1, claim_id = c.claim_id, owner = c.owner, streams = c.streams, 
  claimed_at = TIMESTAMP_MILLIS(c.now_ms)
FROM UNNEST(@claims) AS c
WHERE o.topic = @topic AND o.kafka_partition = c.kafka_partition AND o.epoch = c.expected_epoch`,
      parameters: [
        textParameter('topic', topic),
        // The time travels with each claim: the emulator mixes up its parameters where one stands in SET.
        rowsParameter(
          'claims',
          {
            kafka_partition: 'INT64',
            expected_epoch: 'INT64',
            claim_id: 'STRING',
            owner: 'STRING',
            streams: 'STRING',
            now_ms: 'INT64',
          },
          claims.map((claim) => ({
            now_ms: nowMs,
            kafka_partition: claim.partition,
            expected_epoch: claim.expectedEpoch,
            claim_id: claim.claimId,
            owner: claim.owner,
            streams: streamsText(claim.streams),
          })),
        ),
      ],
    });
  }

  /** Appends to the JSON array as text; a repetition finds the entry at the end and changes nothing. */
  async addSettings(topic: string, partition: number, claimId: string, entry: StoredEntry): Promise<void> {
    await this.#jobs.change({
      what: `settings of ${topic}, partition ${partition}`,
      sql: `UPDATE ${this.#table}
SET settings_history = CONCAT(SUBSTR(settings_history, 1, LENGTH(settings_history) - 1), ',', @entry, ']')
WHERE topic = @topic AND kafka_partition = ${integerLiteral(partition)} AND claim_id = @claim_id
  AND NOT ENDS_WITH(settings_history, CONCAT(',', @entry, ']'))`,
      parameters: [
        textParameter('topic', topic),
        textParameter('claim_id', claimId),
        textParameter('entry', JSON.stringify(entry)),
      ],
    });
  }

  /** All or none: the condition counts the claims that hold, in the statement itself. */
  async putHistories(topic: string, changes: readonly StoredHistoryChange[]): Promise<void> {
    await this.#jobs.change({
      what: `histories of ${changes.length} partitions of ${topic}`,
      sql: `UPDATE ${this.#table} AS o
SET settings_history = c.settings_history
FROM UNNEST(@changes) AS c
WHERE o.topic = @topic AND o.kafka_partition = c.kafka_partition AND o.claim_id = c.claim_id
  AND (
    SELECT COUNT(*) FROM ${this.#table} AS held
    WHERE held.topic = @topic AND STRPOS(@claim_ids, CONCAT(',', held.claim_id, ',')) > 0
  ) = ${integerLiteral(changes.length)}`,
      parameters: [
        rowsParameter(
          'changes',
          { kafka_partition: 'INT64', claim_id: 'STRING', settings_history: 'STRING' },
          changes.map(({ partition, claimId, history }) => ({
            kafka_partition: partition,
            claim_id: claimId,
            settings_history: JSON.stringify(history),
          })),
        ),
        textParameter('topic', topic),
        textParameter('claim_ids', `,${changes.map(({ claimId }) => claimId).join(',')},`),
      ],
    });
  }

  /** Writes whole lists: only the process that holds the claim changes them. */
  async putSkipped(
    topic: string,
    partition: number,
    claimId: string,
    skipped: readonly SkippedRange[],
    streams: readonly StreamRef[],
  ): Promise<void> {
    await this.#jobs.change({
      what: `skipped offsets of ${topic}, partition ${partition}`,
      sql: `UPDATE ${this.#table} SET skipped = @skipped, streams = @streams
WHERE topic = @topic AND kafka_partition = ${integerLiteral(partition)} AND claim_id = @claim_id`,
      parameters: [
        textParameter('skipped', JSON.stringify(skipped)),
        textParameter('streams', streamsText(streams)),
        textParameter('topic', topic),
        textParameter('claim_id', claimId),
      ],
    });
  }
}

function streamsText(streams: readonly StreamRef[]): string {
  return JSON.stringify(streams.map(({ epoch, table, name, createdAtMs }) => ({ epoch, table, name, createdAtMs })));
}

const SEED_TYPES = {
  kafka_partition: 'INT64',
  partition_count: 'INT64',
  start_offset: 'INT64',
  fixed_settings: 'STRING',
  settings_history: 'STRING',
} as const;

function seedRow(seed: StoredSeed): Record<keyof typeof SEED_TYPES, string | number> {
  return {
    kafka_partition: seed.partition,
    partition_count: seed.partitionCount,
    start_offset: seed.startOffset,
    fixed_settings: JSON.stringify(seed.fixed),
    settings_history: JSON.stringify(seed.history),
  };
}

function seedSql(table: string): string {
  return `INSERT INTO ${table} (${OWNERSHIP_COLUMNS.join(', ')})
SELECT @topic, s.kafka_partition, 0, '', '', TIMESTAMP_MILLIS(@now_ms), '[]', s.partition_count, s.start_offset,
  s.fixed_settings, s.settings_history, '[]'
FROM UNNEST(@seeds) AS s
WHERE NOT EXISTS (
  SELECT 1 FROM ${table} AS o WHERE o.topic = @topic AND o.kafka_partition = s.kafka_partition
)`;
}
