/**
 * Claims of several partitions in one statement: creates their streams, sends the UPDATE, reads the rows back.
 *
 * Invariant: a partition counts as won only when its row, read after the claim was applied or cancelled, holds our
 * claim id.
 */

import { assert } from '../../../base/errors.ts';
import { APPEND_TABLES } from '../../../payments/types.ts';
import type { ClaimOutcome, Ownership } from '../../../processor/ports.ts';
import { claimIdOf } from '../../../processor/takeover/claim-id.ts';
import type { RuledOwnership } from '../../ownership/ruled-ownership.ts';
import type { Claim, OwnershipRow, SinkQueries, StoredOwnership, StreamRef } from '../ports.ts';
import type { FenceParts } from './fence.ts';
import { type ClaimParts, HeldStreams, StreamClaim } from './stream-claim.ts';

/** Claims of processors: each with new streams. */
export class StreamClaims {
  readonly #parts: ClaimParts;
  /** Answers asked for ahead, by the row that they are for. */
  readonly #keepFromEpoch = new WeakMap<Ownership, Promise<number>>();

  constructor(parts: ClaimParts) {
    this.#parts = parts;
  }

  /** Asks ahead which streams claims of these rows keep. A later checkpoint only lets a claim drop more of them. */
  foresee(rows: readonly Ownership[]): void {
    for (const row of rows) this.#keepFromEpoch.set(row, this.#askKeepFromEpoch(storedRow(row)));
  }

  async claim(topic: string, owner: string, rows: readonly Ownership[]): Promise<ClaimOutcome<StreamClaim>[]> {
    const parts = this.#parts;
    const keeping = rows.map((row) => this.#keepFromEpoch.get(row) ?? this.#askKeepFromEpoch(storedRow(row)));
    const claims = await Promise.all(rows.map((row, i) => this.#prepare(storedRow(row), owner, keeping[i]!)));
    return sent(topic, claims, parts, (row) => new StreamClaim(row, parts));
  }

  /** Creates the new streams and makes the claim with the whole new list. Appends nothing. */
  async #prepare(current: OwnershipRow, owner: string, keeping: Promise<number>): Promise<Claim> {
    const { runtime, streams } = this.#parts;
    const { partition } = current;
    const epoch = current.epoch + 1;
    const createdAtMs = runtime.nowMs();
    const creating = Promise.all(APPEND_TABLES.map((table) => streams.create(table)));
    const [names, keepFromEpoch] = await Promise.all([creating, keeping]);
    const own = APPEND_TABLES.map((table, i): StreamRef => ({ epoch, table, name: names[i]!, createdAtMs }));
    const kept = current.streams.filter((stream) => stream.epoch >= keepFromEpoch);
    return {
      partition,
      expectedEpoch: current.epoch,
      claimId: claimIdOf(epoch, runtime),
      owner,
      streams: [...kept, ...own],
    };
  }

  #askKeepFromEpoch({ topic, partition, streams }: OwnershipRow): Promise<number> {
    const asking = keepFromEpochOf(topic, partition, streams, this.#parts.queries);
    asking.catch(() => {}); // claim() awaits it
    return asking;
  }
}

/**
 * The first epoch whose streams stay listed: the writer of the greatest checkpoint had finalized all of earlier epochs.
 */
async function keepFromEpochOf(
  topic: string,
  partition: number,
  streams: readonly StreamRef[],
  queries: SinkQueries,
): Promise<number> {
  const epochs = new Set(streams.map((stream) => stream.epoch));
  if (epochs.size < 2) return 0;
  return (await queries.latestCheckpoint(topic, partition))?.writerEpoch ?? 0;
}

/** Claims of an operator, without new streams: an operator appends nothing. */
export function holdStreams(
  topic: string,
  owner: string,
  rows: readonly Ownership[],
  parts: FenceParts & Pick<ClaimParts, 'ownership'>,
): Promise<ClaimOutcome<HeldStreams>[]> {
  const claims = rows.map((row): Claim => {
    const { partition, epoch, streams } = storedRow(row);
    return { partition, expectedEpoch: epoch, claimId: claimIdOf(epoch + 1, parts.runtime, 'hold'), owner, streams };
  });
  return sent(topic, claims, parts, (row) => new HeldStreams(row, parts));
}

async function sent<Won>(
  topic: string,
  claims: readonly Claim[],
  { queries, ownership }: Pick<ClaimParts, 'queries' | 'ownership'>,
  wonBy: (row: OwnershipRow) => Won,
): Promise<ClaimOutcome<Won>[]> {
  await queries.claim(topic, claims);
  const after = await ownershipByPartition(topic, ownership);
  return claims.map(({ partition, claimId }) => {
    const row = after.get(partition);
    return { row, won: row?.claimId === claimId ? wonBy(row) : undefined };
  });
}

async function ownershipByPartition(
  topic: string,
  ownership: RuledOwnership<StoredOwnership>,
): Promise<ReadonlyMap<number, OwnershipRow>> {
  return new Map((await readOwnership(topic, ownership)).map((row) => [row.partition, row]));
}

/** The rows with their rules, each with its contradiction if it has one. */
export async function readOwnership(
  topic: string,
  ownership: RuledOwnership<StoredOwnership>,
): Promise<OwnershipRow[]> {
  return (await ownership.readOwnership(topic)).map((row) => {
    const newest = Math.max(0, ...row.streams.map((stream) => stream.epoch));
    if (newest <= row.epoch) return row;
    return { ...row, contradiction: `epoch is ${row.epoch}, and streams has one of epoch ${newest}` };
  });
}

/** Asserts that the row came from this sink. */
export function storedRow(row: Ownership): OwnershipRow {
  assert('streams' in row, `the ownership row of partition ${row.partition} is not of this sink`);
  return row as OwnershipRow;
}
