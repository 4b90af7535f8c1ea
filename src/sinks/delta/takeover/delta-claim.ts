/**
 * One partition that was claimed: its fences, its position, and its writer.
 *
 * Invariant: no position is used that was not read after the fences, and none that lies below what a checkpoint remembers.
 */
import { assert, ContradictionError, OwnershipLostError, WriterLostError } from '../../../base/errors.ts';
import type { Runtime } from '../../../base/runtime.ts';
import {
  APPEND_TABLES,
  type AppendTable,
  DATA_TABLES,
  type DataTable,
  type SettingsEntry,
} from '../../../payments/types.ts';
import type {
  Fenced,
  FenceTerms,
  HeldClaim,
  Ownership,
  PartitionWriter,
  ReachedTables,
  WonClaim,
} from '../../../processor/ports.ts';
import type { RuledOwnership } from '../../ownership/ruled-ownership.ts';
import type { StoredOwnership } from '../../ownership/stored-ownership.ts';
import type { DeltaRowEncoder } from '../files/row-encoder.ts';
import type { CheckpointCommits } from '../write/checkpoint-commits.ts';
import type { LanePlace } from '../write/lane.ts';
import { DeltaPartitionWriter } from '../write/partition-writer.ts';
import type { TableCommitter } from '../write/table-committer.ts';
import type { StoredCheckpoint } from './checkpoint-rows.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { FencedTables, Fences } from './fences.ts';
import type { TablePosition } from './positions.ts';
import { ReachedByPosition } from './reached-table.ts';

export interface FenceParts {
  readonly fences: Fences;
  readonly checkpoints: Checkpoints;
  readonly ownership: RuledOwnership<StoredOwnership>;
  /** Those of the tables that have rows of the partition: asked only where a table says nothing of how far it is. */
  readonly tablesWithRows: (
    tables: readonly AppendTable[],
    of: Ownership,
    fromOffset: number,
  ) => Promise<ReadonlySet<AppendTable>>;
}

export interface WriterParts extends FenceParts {
  readonly runtime: Runtime;
  readonly encoder: DeltaRowEncoder;
  readonly committers: Readonly<Record<DataTable, TableCommitter>>;
  readonly checkpointCommits: CheckpointCommits;
}

interface Found {
  readonly checkpoint: StoredCheckpoint | undefined;
  readonly checkpointOffset: number;
  readonly fenced: FencedTables;
  readonly reached: { readonly [T in DataTable]: ReachedByPosition<T> };
}

/** An operator's claim: it writes no data. */
export class HeldDelta implements HeldClaim {
  readonly ownership: Ownership;
  readonly #parts: FenceParts;

  constructor(ownership: Ownership, parts: FenceParts) {
    this.ownership = ownership;
    this.#parts = parts;
  }

  async fence(terms: FenceTerms, signal: AbortSignal): Promise<Fenced> {
    try {
      return fencedOf(await fencePartition(this.ownership, this.#parts, terms, signal));
    } catch (error) {
      // A command has no writer: what it lost is the partition.
      if (error instanceof WriterLostError) throw new OwnershipLostError(error.message, { cause: error });
      throw error;
    }
  }
}

/** A processor's claim. */
export class DeltaClaim implements WonClaim {
  readonly ownership: Ownership;
  readonly #parts: WriterParts;
  #found: Found | undefined;

  constructor(ownership: Ownership, parts: WriterParts) {
    this.ownership = ownership;
    this.#parts = parts;
  }

  async fence(terms: FenceTerms, signal: AbortSignal): Promise<Fenced> {
    this.#found = await fencePartition(this.ownership, this.#parts, terms, signal);
    return fencedOf(this.#found);
  }

  addEntry(entry: SettingsEntry): Promise<void> {
    const { topic, partition, claimId } = this.ownership;
    return this.#parts.ownership.addSettings(topic, partition, claimId, entry);
  }

  open(): PartitionWriter {
    const found = this.#found;
    assert(found !== undefined, `partition ${this.ownership.partition} is opened before it is fenced`);
    const { runtime, encoder, committers, checkpointCommits } = this.#parts;
    const { topic, partition, epoch } = this.ownership;
    const place: LanePlace = { topic, partition, epoch };
    const lanes = Object.fromEntries(
      DATA_TABLES.map((table) => [table, committers[table].open(place, found.fenced[table].position.next)]),
    ) as Record<DataTable, ReturnType<TableCommitter['open']>>;
    return new DeltaPartitionWriter({
      place,
      runtime,
      encoder,
      lanes,
      checkpoints: checkpointCommits,
      rowsBefore: (table) => (found.checkpoint?.reached.rows[table] ?? 0) + found.reached[table].present,
      close: (table, lane) => committers[table].close(lane),
    });
  }
}

async function fencePartition(
  ownership: Ownership,
  parts: FenceParts,
  { onCheckpoint }: FenceTerms,
  signal: AbortSignal,
): Promise<Found> {
  const { topic, partition, epoch, startOffset } = ownership;
  const fenced = await parts.fences.fence({ topic, partition, epoch });
  signal.throwIfAborted();
  for (const table of APPEND_TABLES) {
    const { position } = fenced[table];
    if (position.epoch > epoch) throw await whyNotOurs(parts.ownership, { topic, partition, epoch }, table, position);
  }
  const checkpoint = await parts.checkpoints.latestIn(fenced.checkpoint_log.snapshot, ownership);
  const checkpointOffset = checkpoint?.nextOffset ?? startOffset;
  signal.throwIfAborted();
  onCheckpoint(checkpoint, checkpointOffset);
  requireNothingForgotten(partition, checkpoint, fenced);
  const withRows = await tablesPast(ownership, fenced, parts, checkpoint === undefined ? 0 : checkpointOffset);
  requireNoSilentRows(partition, fenced, withRows);
  return { checkpoint, checkpointOffset, fenced, reached: reachedOf(ownership, fenced, checkpointOffset, withRows) };
}

function reachedOf(
  { partition, skipped }: Ownership,
  fenced: FencedTables,
  from: number,
  withRows: ReadonlySet<AppendTable>,
): Found['reached'] {
  const of = <T extends DataTable>(table: T): ReachedByPosition<T> => {
    const { next, print } = fenced[table].position;
    // The last row may be of a range that was given up, and its rows were removed.
    const isGivenUp = skipped.some((range) => range.from < next && range.to > from);
    return new ReachedByPosition(
      table,
      { partition, next, print: isGivenUp ? 0 : print, hasRows: withRows.has(table) },
      from,
    );
  };
  return {
    payment_transactions: of('payment_transactions'),
    payment_transactions_fraud: of('payment_transactions_fraud'),
    payment_metrics_partials: of('payment_metrics_partials'),
    payment_exceptions: of('payment_exceptions'),
  };
}

function fencedOf({ checkpoint, checkpointOffset, reached }: Found): Fenced {
  return { checkpoint, checkpointOffset, reached: reached satisfies ReachedTables };
}

/** Positions only rise: one below what a checkpoint remembers was forgotten, or is of an older version of the table. */
function requireNothingForgotten(
  partition: number,
  checkpoint: StoredCheckpoint | undefined,
  fenced: FencedTables,
): void {
  if (checkpoint === undefined) return;
  for (const table of DATA_TABLES) {
    const remembered = checkpoint.reached.next[table];
    const { next } = fenced[table].position;
    if (next < remembered) {
      throw new ContradictionError(
        'rows_lost',
        `partition ${partition}, ${table}: the checkpoint at offset ${checkpoint.nextOffset} was written when the table had all rows below offset ` +
          `${remembered}, and now it says ${next}: it was set back to an older version, replaced, or its txn actions were forgotten ` +
          '(delta.setTransactionRetentionDuration must not be set). Restore it as it was (runbook, rows_lost). Nothing was written.',
      );
    }
  }
}

/** Of the tables that say that they are past `from`, or say nothing: those that have rows there. */
function tablesPast(
  ownership: Ownership,
  fenced: FencedTables,
  parts: FenceParts,
  from: number,
): Promise<ReadonlySet<AppendTable>> {
  const asked = APPEND_TABLES.filter((table) => {
    const { next } = fenced[table].position;
    return next === 0 || (next > from && table !== 'checkpoint_log');
  });
  return parts.tablesWithRows(asked, ownership, from);
}

/** A table that says nothing of a partition must have no rows of it. */
function requireNoSilentRows(partition: number, fenced: FencedTables, withRows: ReadonlySet<AppendTable>): void {
  const table = [...withRows].find((name) => fenced[name].position.next === 0);
  if (table === undefined) return;
  throw new ContradictionError(
    'rows_lost',
    `partition ${partition}, ${table}: the table has rows of the partition and does not say how far they go: its txn actions were ` +
      'forgotten (delta.setTransactionRetentionDuration must not be set), or the rows are of another pipeline. Restore the table as it ' +
      'was (runbook, rows_lost). Nothing was written.',
  );
}

/** Why a table does not have the epoch or the position that an owner left: read from partition_ownership. */
export async function whyNotOurs(
  ownership: Pick<RuledOwnership<StoredOwnership>, 'readOwnership'>,
  { topic, partition, epoch }: LanePlace,
  table: AppendTable,
  found: TablePosition,
): Promise<Error> {
  const row = (await ownership.readOwnership(topic)).find((one) => one.partition === partition);
  if (row !== undefined && row.epoch > epoch && found.epoch >= epoch) {
    return new WriterLostError(
      'fenced',
      `partition ${partition}, ${table}: ${row.owner} claimed the partition with epoch ${row.epoch}; ours is ${epoch}`,
    );
  }
  return new ContradictionError(
    found.epoch > epoch ? 'ownership_rows' : 'rows_lost',
    `partition ${partition}, ${table}: we own epoch ${epoch}, and so says partition_ownership, but the table has epoch ${found.epoch} and all ` +
      `rows below offset ${found.next}: one of the two tables was set back to an older version, or changed by hand. Restore it as it was ` +
      '(runbook, lost tables). Nothing was written past it.',
  );
}
