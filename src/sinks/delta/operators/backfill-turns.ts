/**
 * Turns of backfilling on Delta Lake: one row for each topic in backfill_turns, taken by a commit on the condition of its number.
 *
 * Invariant: the changes of a turn are commits on the condition that the table's transaction `provenonce/<topic>/backfill/turn` is the
 * turn's number. `take` sets it in both tables that a backfill changes before it returns, so no change of an earlier turn lands after.
 */
import { UnreachableError } from '../../../base/errors.ts';
import type { Runtime } from '../../../base/runtime.ts';
import type { BackfillTurns, PendingRange, Turn } from '../../../processor/ports.ts';
import { joinRanges, pendingFromText } from '../../pending-ranges.ts';
import type { RowObject } from '../files/arrow-objects.ts';
import type { DeltaTable, FileFormat, TableSnapshot } from '../ports.ts';
import { Rewriter, type RowFiles, uploadRows } from '../rows/row-files.ts';
import { filesOf, rowObject, scanRows } from '../rows/stored-rows.ts';
import { DELTA_COLUMNS } from '../tables/table-columns.ts';

export interface TurnParts {
  /** backfill_turns. */
  readonly turns: DeltaTable;
  /** The tables that a backfill changes. */
  readonly changed: readonly DeltaTable[];
  readonly format: FileFormat;
  readonly runtime: Pick<Runtime, 'nowMs' | 'uuid' | 'random' | 'sleep'>;
}

const ATTEMPTS_MAX = 1_000;
/** How often a turn that is not over is looked at again. */
const LOOK_MS = 400;
const RETRY_MS = 200;

/** The transaction that has the number of the last turn whose changes a table takes. */
export function turnTxn(topic: string): string {
  return `provenonce/${topic}/backfill/turn`;
}

export class DeltaTurns implements BackfillTurns {
  readonly #parts: TurnParts;
  readonly #files: RowFiles;

  constructor(parts: TurnParts) {
    this.#parts = parts;
    this.#files = { table: parts.turns, format: parts.format };
  }

  async read(topic: string): Promise<Turn | undefined> {
    const snapshot = await this.#parts.turns.refresh();
    return snapshot === undefined ? undefined : this.#turnIn(snapshot, topic);
  }

  async take(topic: string, owner: string, pending: readonly PendingRange[], courtesyMs: number): Promise<Turn> {
    const { runtime } = this.#parts;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const last = await this.#idle(topic, courtesyMs);
      const turn: Turn = {
        topic,
        number: (last?.number ?? 0) + 1,
        turnId: runtime.uuid(),
        owner,
        pending: joinRanges([...(last?.pending ?? []), ...pending]),
      };
      await this.#claim(last?.number ?? 0, turn);
      if ((await this.isOurs(turn)) && (await this.#fence(turn))) return turn;
      await runtime.sleep(RETRY_MS * (1 + runtime.random()));
    }
    throw new UnreachableError(`backfill of ${topic}: no turn in ${ATTEMPTS_MAX} attempts`);
  }

  async isOurs(turn: Turn): Promise<boolean> {
    return (await this.read(turn.topic))?.turnId === turn.turnId;
  }

  async end(turn: Turn): Promise<void> {
    const rewriter = new Rewriter(this.#files, (row) => {
      const isDone = row.turn_id !== turn.turnId || row.pending === '';
      return isDone ? row : { ...row, pending: '' };
    });
    await this.#parts.turns.commit(async (snapshot) => {
      const { adds, removes } = await rewriter.rewrite(snapshot, filesOf(snapshot, {}));
      return removes.length === 0 ? undefined : { operation: 'BACKFILL', adds, removes };
    });
  }

  /** Replaces the row if it still has the expected number; 0: if there is none. */
  async #claim(expected: number, { topic, number, turnId, owner, pending }: Turn): Promise<void> {
    const { turns, runtime } = this.#parts;
    const row: RowObject = {
      topic,
      turn: number,
      turn_id: turnId,
      owner,
      taken_at: runtime.nowMs(),
      pending: JSON.stringify(pending),
    };
    const rewriter = new Rewriter(this.#files, (old) => (old.topic === topic ? undefined : old));
    await turns.commit(async (snapshot) => {
      if (((await this.#turnIn(snapshot, topic))?.number ?? 0) !== expected) return undefined;
      const { adds, removes } = await rewriter.rewrite(snapshot, filesOf(snapshot, {}));
      return { operation: 'BACKFILL', adds: [...adds, ...(await uploadRows(this.#files, [row]))], removes };
    });
  }

  /** False where a later turn has been taken. */
  async #fence({ topic, number }: Turn): Promise<boolean> {
    const appId = turnTxn(topic);
    const snapshots = await Promise.all(
      this.#parts.changed.map((table) =>
        table.commit(({ txns }) =>
          (txns.get(appId) ?? 0) >= number ? undefined : { operation: 'BACKFILL', txns: new Map([[appId, number]]) },
        ),
      ),
    );
    return snapshots.every(({ txns }) => txns.get(appId) === number);
  }

  /** Waits for another process to finish its turn: for `courtesyMs`, counted anew with each new turn. */
  async #idle(topic: string, courtesyMs: number): Promise<Turn | undefined> {
    const { runtime } = this.#parts;
    let last = await this.read(topic);
    for (let waitedMs = 0; last !== undefined && waitedMs < courtesyMs && last.pending.length > 0; ) {
      const pauseMs = LOOK_MS * (0.5 + runtime.random());
      await runtime.sleep(pauseMs);
      const now: Turn = (await this.read(topic)) ?? last;
      waitedMs = now.turnId === last.turnId ? waitedMs + pauseMs : 0;
      last = now;
    }
    return last;
  }

  async #turnIn(snapshot: TableSnapshot, topic: string): Promise<Turn | undefined> {
    const found: RowObject[] = [];
    for await (const rows of scanRows(this.#files, snapshot, {})) {
      const read = rows.map((row) => rowObject('backfill_turns', row, DELTA_COLUMNS.backfill_turns));
      found.push(...read.filter((row) => row.topic === topic));
    }
    if (found.length > 1) throw new Error(`backfill_turns has ${found.length} rows for ${topic}: one must go`);
    const [row] = found;
    if (row === undefined) return undefined;
    return {
      topic,
      number: Number(row.turn),
      turnId: String(row.turn_id),
      owner: String(row.owner),
      pending: pendingFromText(String(row.pending)),
    };
  }
}
