/**
 * partition_ownership as a Delta table: who may write a partition. Every change is one commit, on the condition that the rows are still those
 * that it expects, so claims of several partitions cost one commit, and of concurrent claims on one epoch one wins.
 */
import { ContradictionError } from '../../../base/errors.ts';
import type { Runtime } from '../../../base/runtime.ts';
import type { SkippedRange } from '../../../processor/ports.ts';
import { OWNERSHIP_COLUMNS, ownershipFromCells } from '../../ownership/ownership-cells.ts';
import type {
  OwnershipAccess,
  StoredEntry,
  StoredHistoryChange,
  StoredOwnership,
  StoredSeed,
} from '../../ownership/stored-ownership.ts';
import type { RowObject } from '../files/arrow-objects.ts';
import type { RowChange, SmallTable, StoredRow } from '../tables/small-table.ts';

export interface Claim {
  readonly partition: number;
  readonly expectedEpoch: number;
  readonly claimId: string;
  readonly owner: string;
}

interface Held {
  readonly at: StoredRow;
  readonly row: StoredOwnership;
}

export class OwnershipTable implements Omit<OwnershipAccess<StoredOwnership>, 'readRules' | 'putRules'> {
  readonly #table: SmallTable;
  readonly #runtime: Runtime;

  constructor(table: SmallTable, runtime: Runtime) {
    this.#table = table;
    this.#runtime = runtime;
  }

  async readOwnership(topic: string): Promise<StoredOwnership[]> {
    return ownersOf(topic, await this.#table.read());
  }

  async topics(): Promise<string[]> {
    const rows = await this.#table.read();
    return [...new Set(rows.map(({ cells }) => String(cells.topic)))].sort();
  }

  async seed(topic: string, seeds: readonly StoredSeed[]): Promise<void> {
    await this.#table.change('SEED', (rows) => {
      const present = new Set(heldOf(topic, rows).map(({ row }) => row.partition));
      const nowMs = this.#runtime.nowMs();
      return seeds
        .filter(({ partition }) => !present.has(partition))
        .map((seed) => ({ row: seedRow(topic, seed, nowMs) }));
    });
  }

  /** Applies the claims whose epoch is still the row's. Resolves with the rows of the topic as they are then. */
  async claim(topic: string, claims: readonly Claim[]): Promise<StoredOwnership[]> {
    const rows = await this.#table.change('CLAIM', (newest) => {
      const held = byPartition(heldOf(topic, newest));
      return claims.flatMap(({ partition, expectedEpoch, claimId, owner }): RowChange[] => {
        const found = held.get(partition);
        if (found === undefined || found.row.epoch !== expectedEpoch || found.row.claimId === claimId) return [];
        const set = { epoch: expectedEpoch + 1, claim_id: claimId, owner, claimed_at: this.#runtime.nowMs() };
        return [{ old: found.at, set }];
      });
    });
    return ownersOf(topic, rows);
  }

  /** Appends to the JSON array as text: the entries that are there keep their text. A repetition finds the entry at the end. */
  async addSettings(topic: string, partition: number, claimId: string, entry: StoredEntry): Promise<void> {
    const added = `,${JSON.stringify(entry)}]`;
    await this.#setHeld('ENTRY', topic, [{ partition, claimId }], ({ at }) => {
      const history = String(at.cells.settings_history);
      return { settings_history: history.endsWith(added) ? history : `${history.slice(0, -1)}${added}` };
    });
  }

  async putSkipped(topic: string, partition: number, claimId: string, skipped: readonly SkippedRange[]): Promise<void> {
    await this.#setHeld('SKIP', topic, [{ partition, claimId }], () => ({ skipped: JSON.stringify(skipped) }));
  }

  async putHistories(topic: string, changes: readonly StoredHistoryChange[]): Promise<void> {
    const texts = new Map(changes.map(({ partition, history }) => [partition, JSON.stringify(history)]));
    await this.#setHeld('RESCALE', topic, changes, ({ row }) => ({ settings_history: texts.get(row.partition)! }));
  }

  /** Sets a column of all rows of these claims in one commit; of none where one of the claims no longer holds. */
  async #setHeld(
    operation: string,
    topic: string,
    claims: readonly { readonly partition: number; readonly claimId: string }[],
    setOf: (held: Held) => Readonly<Record<string, string>>,
  ): Promise<void> {
    await this.#table.change(operation, (rows) => {
      const held = byPartition(heldOf(topic, rows));
      const concerned = claims.map(({ partition, claimId }) => {
        const found = held.get(partition);
        return found?.row.claimId === claimId ? found : undefined;
      });
      if (!concerned.every((found) => found !== undefined)) return [];
      return concerned.flatMap((found): RowChange[] => {
        const set = setOf(found);
        const isSet = Object.entries(set).every(([name, value]) => found.at.cells[name] === value);
        return isSet ? [] : [{ old: found.at, set }];
      });
    });
  }
}

/** The rows of a topic, ascending by partition. */
function ownersOf(topic: string, rows: readonly StoredRow[]): StoredOwnership[] {
  return heldOf(topic, rows).map(({ row }) => row);
}

/** Throws ContradictionError for two rows of one partition, and for a row that this code does not write. */
function heldOf(topic: string, rows: readonly StoredRow[]): Held[] {
  const held = rows
    .filter(({ cells }) => cells.topic === topic)
    .map((at) => ({ at, row: ownershipFromCells(OWNERSHIP_COLUMNS.map((name) => cellText(at.cells[name]))) }))
    .sort((a, b) => a.row.partition - b.row.partition);
  const twice = held.find(({ row }, i) => row.partition === held[i - 1]?.row.partition);
  if (twice === undefined) return held;
  throw new ContradictionError(
    'ownership_rows',
    `partition_ownership has two rows for topic ${topic}, partition ${twice.row.partition}: one must go before anything is written`,
  );
}

function byPartition(held: readonly Held[]): ReadonlyMap<number, Held> {
  return new Map(held.map((one) => [one.row.partition, one]));
}

function cellText(cell: unknown): unknown {
  return typeof cell === 'number' || typeof cell === 'bigint' ? String(cell) : cell;
}

function seedRow(topic: string, seed: StoredSeed, nowMs: number): RowObject {
  return {
    topic,
    kafka_partition: seed.partition,
    epoch: 0,
    owner: '',
    claim_id: '',
    claimed_at: nowMs,
    streams: '[]',
    partition_count: seed.partitionCount,
    start_offset: seed.startOffset,
    fixed_settings: JSON.stringify(seed.fixed),
    settings_history: JSON.stringify(seed.history),
    skipped: '[]',
  };
}
