/**
 * Holds partitions for an operator's change: claims them as an owner would, without streams, and fences the previous
 * owner. Then nobody writes them until the next claim, and after that our change, whose condition is our claim id, has
 * either happened or never will (docs/protocol.md, changes by an operator).
 *
 * Invariant: a partition counts as held only when its row, read after the claim was applied or cancelled, holds our
 * claim id.
 */

import { OwnershipLostError } from '../base/errors.ts';
import type { Runtime } from '../base/runtime.ts';
import type { Observer } from '../processor/events.ts';
import type { LogBounds, Ownership } from '../processor/ports.ts';
import { claimIdOf } from '../processor/takeover/claim-id.ts';
import { ownershipOf } from '../processor/takeover/claim-rounds.ts';
import { FenceRounds } from '../processor/takeover/fence-rounds.ts';
import { findPosition, type Position } from '../processor/takeover/position.ts';
import type { Claim, SinkQueries, WriteStreams } from '../sinks/bigquery/ports.ts';

export interface OperatorPorts {
  readonly runtime: Runtime;
  readonly queries: SinkQueries;
  readonly streams: WriteStreams;
  readonly observer: Observer;
  readonly bounds: (partition: number) => Promise<LogBounds>;
}

export interface HeldPartition {
  readonly ownership: Ownership;
  /** Final as long as the claim holds: nothing is in flight. */
  readonly position: Position;
}

/** Attempts against processors that claim at the same time, before the operator is asked to stop them. */
const ATTEMPTS_MAX = 6;
const SETTLE_TIMEOUT_MS = 60_000;

/**
 * Claims all of them in one statement, by `owner`, and finds their positions concurrently, as a takeover does. Rejects
 * with OwnershipLostError if others keep claiming them, with ContradictionError `ownership_rows` for a partition
 * without a row.
 */
export async function holdPartitions(
  topic: string,
  partitions: readonly number[],
  owner: string,
  ports: OperatorPorts,
  signal: AbortSignal,
): Promise<HeldPartition[]> {
  const { runtime, queries } = ports;
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    const before = await ownedRows(topic, partitions, queries);
    const asked = before.map(
      ({ partition, epoch, streams }): Claim => ({
        partition,
        expectedEpoch: epoch,
        claimId: claimIdOf(epoch + 1, runtime, 'hold'),
        owner,
        streams,
      }),
    );
    await queries.claim(topic, asked);
    const after = await ownedRows(topic, partitions, queries);
    if (after.every(({ claimId }, i) => claimId === asked[i]!.claimId)) {
      const fences = new FenceRounds(runtime, SETTLE_TIMEOUT_MS);
      return Promise.all(
        after.map(async (ownership) => ({ ownership, position: await positionOf(ownership, fences, ports, signal) })),
      );
    }
    if (attempt === ATTEMPTS_MAX) {
      throw new OwnershipLostError(
        `topic ${topic}: other processes claimed the partitions ${attempt} times in a row. Stop the processors, and run the command again. ` +
          'Nothing was changed.',
      );
    }
    await runtime.sleep(Math.ceil(200 * 2 ** attempt * runtime.random()) + 1, signal);
  }
}

/** The rows of these partitions, in their order. */
async function ownedRows(topic: string, partitions: readonly number[], queries: SinkQueries): Promise<Ownership[]> {
  const rows = new Map((await queries.readOwnership(topic)).map((row) => [row.partition, row]));
  return partitions.map((partition) => ownershipOf(rows, topic, partition));
}

function positionOf(
  ownership: Ownership,
  fences: FenceRounds,
  { runtime, queries, streams, observer }: OperatorPorts,
  signal: AbortSignal,
): Promise<Position> {
  const olderStreams = ownership.streams;
  const options = { runtime, queries, streams, observer, settleTimeoutMs: SETTLE_TIMEOUT_MS, fences };
  return findPosition({ ownership, olderStreams }, options, signal);
}
