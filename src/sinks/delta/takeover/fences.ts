/**
 * Fences: sets the epoch of partitions in a table, so that no commit of an earlier owner lands there from then on. One commit a table for all
 * partitions that are taken over together; its snapshot says how far the table got.
 *
 * Invariant: a position is read in the snapshot that has the fence, or in a later one.
 */
import type { Runtime } from '../../../base/runtime.ts';
import { APPEND_TABLES, type AppendTable } from '../../../payments/types.ts';
import type { DeltaTable, TableSnapshot } from '../ports.ts';
import { checkOurs } from '../tables/foreign-commits.ts';
import { type PartitionRef, positionIn, setPosition, type TablePosition } from './positions.ts';
import { SharedCommits } from './shared-commits.ts';

export interface FenceAsk extends PartitionRef {
  readonly epoch: number;
}

/** With the snapshot that the position was read in. `position.epoch` is greater than ours where somebody else fenced the table since. */
export interface FencedTable {
  readonly position: TablePosition;
  readonly snapshot: TableSnapshot;
}

export type FencedTables = Readonly<Record<AppendTable, FencedTable>>;

export class Fences {
  readonly #byTable: Readonly<Record<AppendTable, SharedCommits<FenceAsk, FencedTable>>>;

  constructor(tables: Readonly<Record<AppendTable, DeltaTable>>, runtime: Runtime) {
    const of = (table: DeltaTable) => new SharedCommits(runtime, (asks: readonly FenceAsk[]) => fence(table, asks));
    this.#byTable = Object.fromEntries(APPEND_TABLES.map((table) => [table, of(tables[table])])) as Record<
      AppendTable,
      SharedCommits<FenceAsk, FencedTable>
    >;
  }

  /** Fences the four data tables and checkpoint_log. */
  async fence(ask: FenceAsk): Promise<FencedTables> {
    const fenced = await Promise.all(APPEND_TABLES.map((table) => this.#byTable[table].ask(ask)));
    return Object.fromEntries(APPEND_TABLES.map((table, i) => [table, fenced[i]!])) as Record<AppendTable, FencedTable>;
  }
}

async function fence(table: DeltaTable, asks: readonly FenceAsk[]): Promise<FencedTable[]> {
  const snapshot = await table.commit((newest) => {
    checkOurs(table.name, newest);
    const txns = new Map<string, number>();
    for (const ask of asks) {
      if (positionIn(newest, ask).epoch < ask.epoch) setPosition(txns, ask, { epoch: ask.epoch });
    }
    return txns.size === 0 ? undefined : { operation: 'FENCE', txns };
  });
  return asks.map((ask) => ({ position: positionIn(snapshot, ask), snapshot }));
}
