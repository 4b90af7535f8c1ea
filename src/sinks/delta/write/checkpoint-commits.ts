/**
 * Commits rows of checkpoint_log: those of all partitions that ask at the same time in one commit.
 *
 * Invariant: a row lands on condition that the table has the owner's epoch and no checkpoint at or past it.
 */
import type { Runtime } from '../../../base/runtime.ts';
import { CHECKPOINT_TABLE } from '../../../payments/types.ts';
import { arrowOfObjects, type RowObject, statsOfObjects } from '../files/arrow-objects.ts';
import { fileStats } from '../files/statistics.ts';
import type { DataFile, DeltaTable, FileFormat, TableSnapshot } from '../ports.ts';
import { checkOurs } from '../tables/foreign-commits.ts';
import { positionIn, setPosition, type TablePosition } from '../takeover/positions.ts';
import { SharedCommits } from '../takeover/shared-commits.ts';
import type { LanePlace } from './lane.ts';

export interface CheckpointAsk {
  readonly place: LanePlace;
  readonly nextOffset: number;
  readonly row: RowObject;
}

export interface CheckpointCommitsOptions {
  readonly table: DeltaTable;
  readonly format: FileFormat;
  readonly runtime: Runtime;
  readonly whyNot: (place: LanePlace, table: typeof CHECKPOINT_TABLE, found: TablePosition) => Promise<Error>;
}

export class CheckpointCommits {
  readonly #options: CheckpointCommitsOptions;
  readonly #shared: SharedCommits<CheckpointAsk, TablePosition>;

  constructor(options: CheckpointCommitsOptions) {
    this.#options = options;
    this.#shared = new SharedCommits(options.runtime, (asks) => this.#commit(asks));
  }

  /** Resolves when the row is in the table. */
  async write(ask: CheckpointAsk): Promise<void> {
    const found = await this.#shared.ask(ask);
    if (isIn(ask, found)) return;
    throw await this.#options.whyNot(ask.place, CHECKPOINT_TABLE, found);
  }

  /** Where checkpoint_log is for each of them, in a snapshot in which nothing is left to commit. */
  async #commit(asks: readonly CheckpointAsk[]): Promise<TablePosition[]> {
    const { table } = this.#options;
    const settled = new Map<CheckpointAsk, TablePosition>();
    const snapshot = await table.commit(async (newest) => {
      checkOurs(table.name, newest);
      settle(asks, newest, settled);
      const open = asks.filter((ask) => !settled.has(ask));
      if (open.length === 0) return undefined;
      const txns = new Map<string, number>();
      for (const { place, nextOffset } of open) setPosition(txns, place, { next: nextOffset });
      return { operation: 'CHECKPOINT', txns, adds: [await this.#file(open.map(({ row }) => row))] };
    });
    return asks.map((ask) => settled.get(ask) ?? positionIn(snapshot, ask.place));
  }

  async #file(rows: readonly RowObject[]): Promise<DataFile> {
    const bytes = await this.#options.format.encode([arrowOfObjects(CHECKPOINT_TABLE, rows)]);
    const uploaded = await this.#options.table.upload(bytes);
    return { ...uploaded, dataChange: true, stats: fileStats([statsOfObjects(CHECKPOINT_TABLE, rows)]) };
  }
}

/** Notes those that are in, and those that can never get in. */
function settle(
  asks: readonly CheckpointAsk[],
  snapshot: TableSnapshot,
  settled: Map<CheckpointAsk, TablePosition>,
): void {
  for (const ask of asks) {
    if (settled.has(ask)) continue;
    const found = positionIn(snapshot, ask.place);
    if (found.epoch !== ask.place.epoch || found.next >= ask.nextOffset) settled.set(ask, found);
  }
}

function isIn({ place, nextOffset }: CheckpointAsk, { epoch, next }: TablePosition): boolean {
  return epoch === place.epoch && next === nextOffset;
}
