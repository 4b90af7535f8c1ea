/**
 * Holds partitions for an operator's change: claims them as an owner would, without a writer, and fences the previous
 * owner. Then nobody writes them until the next claim, and after that our change, whose condition is our claim id, has
 * either happened or never will (docs/protocol.md, changes by an operator).
 *
 * Invariant: a partition counts as held only when its row, read after the claim was applied or cancelled, holds our
 * claim id.
 */

import { ContradictionError, OwnershipLostError } from '../base/errors.ts';
import type { Runtime } from '../base/runtime.ts';
import type { Observer } from '../processor/events.ts';
import type { HeldClaim, LogBounds, OperatorSink, Ownership } from '../processor/ports.ts';
import { ownershipOf, requireOwnership } from '../processor/takeover/claim-rounds.ts';
import { findPosition, type Position } from '../processor/takeover/position.ts';

export interface OperatorPorts {
  readonly runtime: Runtime;
  readonly sink: OperatorSink;
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
  const { runtime, sink } = ports;
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    const rows = await sink.readOwnership(topic);
    const before = partitions.map((partition) => ownershipOf(rows, topic, partition));
    const outcomes = await sink.hold(topic, owner, before);
    const held = outcomes.flatMap(({ row, won }, i) => {
      requireOwnership(row, topic, partitions[i]!);
      return won === undefined ? [] : [won];
    });
    if (held.length === partitions.length) {
      const found = await Promise.all(held.map((claim) => fenced(claim, ports, signal)));
      const stillHeld = found.filter((each) => each !== undefined);
      if (stillHeld.length === partitions.length) return stillHeld;
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

/**
 * Undefined where somebody claimed the partition after us: what they wrote since contradicts our claim, and nothing else. A
 * contradiction under a claim that still holds is one.
 */
async function fenced(
  claim: HeldClaim,
  { observer, sink }: OperatorPorts,
  signal: AbortSignal,
): Promise<HeldPartition | undefined> {
  const limits = { settleTimeoutMs: SETTLE_TIMEOUT_MS, fenceGatherMs: SETTLE_TIMEOUT_MS };
  const { ownership } = claim;
  const { topic, partition, claimId } = ownership;
  try {
    return { ownership, position: await findPosition(claim, { observer, limits }, signal) };
  } catch (error) {
    if (!(error instanceof ContradictionError)) throw error;
    if (ownershipOf(await sink.readOwnership(topic), topic, partition).claimId === claimId) throw error;
    return undefined;
  }
}
