/**
 * Turns of backfilling: one backfill statement runs at a time for a topic, even when several processes run the command,
 * are killed in it, or continue after a pause.
 *
 * A process takes a turn by a conditional UPDATE and owns it if it reads its own turn_id back. The statements of a turn
 * run under job ids made of the turn's number, and a job id runs once. Invariant: the next turn is taken only after
 * both ids are DONE or barred, so no statement of an older turn can still run. Unfinished work stands in `pending` for
 * the next turn.
 */
import { createHash } from 'node:crypto';
import { UnreachableError } from '../../../base/errors.ts';
import type { Runtime } from '../../../base/runtime.ts';
import type { BackfillTurns, PendingRange, Turn } from '../../../processor/ports.ts';
import { joinRanges, pendingFromText } from '../../pending-ranges.ts';
import { type DatasetRef, quotedTable } from '../identifiers.ts';
import { text } from '../rows/row-readers.ts';
import type { QueryJobs } from './query-job.ts';
import { integerFromText, intParameter, rowsParameter, textParameter } from './query-values.ts';

/** The statements of a turn, in their order. */
export const TURN_STATEMENTS = ['payments', 'metrics'] as const;
export type TurnStatement = (typeof TURN_STATEMENTS)[number];

const ATTEMPTS_MAX = 1_000;
/** How often a turn that is not over is looked at again. */
const LOOK_MS = 400;

export class QueriedTurns implements BackfillTurns {
  readonly #jobs: QueryJobs;
  readonly #runtime: Runtime;
  readonly #dataset: DatasetRef;
  readonly #table: string;

  constructor(jobs: QueryJobs, dataset: DatasetRef, runtime: Runtime) {
    this.#jobs = jobs;
    this.#runtime = runtime;
    this.#dataset = dataset;
    this.#table = quotedTable(dataset, 'backfill_turns');
  }

  async read(topic: string): Promise<Turn | undefined> {
    const { rows } = await this.#jobs.read({
      what: `backfill turn of ${topic}`,
      sql: `SELECT turn, turn_id, owner, pending FROM ${this.#table} WHERE topic = @topic`,
      parameters: [textParameter('topic', topic)],
      columns: ['turn', 'turn_id', 'owner', 'pending'],
    });
    if (rows.length > 1) throw new Error(`backfill_turns has ${rows.length} rows for ${topic}: one must go`);
    const cells = rows[0];
    if (cells === undefined) return undefined;
    return {
      topic,
      number: integerFromText(text(cells[0])),
      turnId: text(cells[1]),
      owner: text(cells[2]),
      pending: pendingFromText(text(cells[3])),
    };
  }

  async take(topic: string, owner: string, pending: readonly PendingRange[], courtesyMs: number): Promise<Turn> {
    const patience = this.#jobs.patience(`backfill turn of ${topic}`);
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const last = await this.#idle((await this.read(topic)) ?? (await this.#seed(topic)), courtesyMs);
      if (last.pending.length > 0) {
        for (const statement of TURN_STATEMENTS) {
          await this.#jobs.awaitEnd(this.jobId(last, statement), `${statement} of turn ${last.number}`);
        }
      }
      const turnId = this.#runtime.uuid();
      const number = last.number + 1;
      await this.#claim(last, { topic, number, turnId, owner, pending: joinRanges([...last.pending, ...pending]) });
      const now = await this.read(topic);
      if (now?.turnId === turnId) return now;
      await patience.wait(new Error(`turn ${number} went to ${now?.owner ?? 'nobody'}`));
    }
    throw new UnreachableError(`backfill of ${topic}: no turn in ${ATTEMPTS_MAX} attempts`);
  }

  async isOurs(turn: Turn): Promise<boolean> {
    return (await this.read(turn.topic))?.turnId === turn.turnId;
  }

  async end(turn: Turn): Promise<void> {
    await this.#jobs.change({
      what: `end of backfill turn ${turn.number}`,
      sql: `UPDATE ${this.#table} SET pending = '' WHERE topic = @topic AND turn_id = @turn_id`,
      parameters: [textParameter('topic', turn.topic), textParameter('turn_id', turn.turnId)],
    });
  }

  jobId({ topic, number }: Pick<Turn, 'topic' | 'number'>, statement: TurnStatement): string {
    return `provenonce_backfill_${this.#key(topic)}_${number}_${statement}`;
  }

  /** Waits for another process to finish its turn: for `courtesyMs`, counted anew with each new turn. */
  async #idle(seen: Turn, courtesyMs: number): Promise<Turn> {
    let last = seen;
    for (let waitedMs = 0; waitedMs < courtesyMs && last.pending.length > 0; ) {
      const pauseMs = LOOK_MS * (0.5 + this.#runtime.random());
      await this.#runtime.sleep(pauseMs);
      const now = (await this.read(seen.topic)) ?? last;
      waitedMs = now.turnId === last.turnId ? waitedMs + pauseMs : 0;
      last = now;
    }
    return last;
  }

  async #claim(last: Turn, next: Turn): Promise<void> {
    await this.#jobs.change({
      what: `backfill turn ${next.number} of ${next.topic}`,
      sql: `UPDATE ${this.#table} AS t
SET turn = t.turn + 1, turn_id = c.turn_id, owner = c.owner, pending = c.pending, taken_at = TIMESTAMP_MILLIS(c.now_ms)
FROM UNNEST(@claims) AS c
WHERE t.topic = @topic AND t.turn = c.expected_turn`,
      parameters: [
        textParameter('topic', next.topic),
        rowsParameter(
          'claims',
          { expected_turn: 'INT64', turn_id: 'STRING', owner: 'STRING', pending: 'STRING', now_ms: 'INT64' },
          [
            {
              expected_turn: last.number,
              turn_id: next.turnId,
              owner: next.owner,
              pending: JSON.stringify(next.pending),
              now_ms: this.#runtime.nowMs(),
            },
          ],
        ),
      ],
    });
  }

  /** All commands use the same job ids, so two of them cannot insert the row twice (as ownership-queries.ts). */
  async #seed(topic: string): Promise<Turn> {
    const patience = this.#jobs.patience(`backfill turns of ${topic}`);
    for (let attempt = 0, number = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const { next, failure } = await this.#jobs.changeUnderNextId(`provenonce_turns_${this.#key(topic)}`, number, {
        what: `backfill turns of ${topic}`,
        sql: `INSERT INTO ${this.#table} (topic, turn, turn_id, owner, taken_at, pending)
SELECT @topic, 0, '', '', TIMESTAMP_MILLIS(@now_ms), ''
FROM UNNEST([1])
WHERE NOT EXISTS (SELECT 1 FROM ${this.#table} AS t WHERE t.topic = @topic)`,
        parameters: [textParameter('topic', topic), intParameter('now_ms', this.#runtime.nowMs())],
      });
      number = next;
      const row = await this.read(topic);
      if (row !== undefined) return row;
      if (failure !== undefined) await patience.wait(this.#jobs.transient(failure));
    }
    throw new UnreachableError(`backfill of ${topic}: its row is still missing after ${ATTEMPTS_MAX} jobs`);
  }

  #key(topic: string): string {
    return createHash('sha256').update(`${this.#dataset.dataset}\n${topic}`).digest('hex').slice(0, 24);
  }
}
