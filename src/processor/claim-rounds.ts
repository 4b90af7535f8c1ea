/**
 * Steps 1 to 3 of a takeover (docs/protocol.md): read ownership, create streams, claim, read back. Partitions that wait at
 * the same time go into one statement, since a table runs few of them at once; one round at a time per process.
 *
 * Invariant: a partition counts as won only when its row, read after the claim was applied or cancelled, holds our claim id.
 */
import { APPEND_TABLES, type AppendTable } from '../payments/types.ts';
import { ContradictionError } from './errors.ts';
import type { Observer } from './events.ts';
import type { Claim, Ownership, Runtime, SinkQueries, StreamRef, WriteStreams } from './ports.ts';

/** A partition that is ours until someone else claims it. */
export interface WonClaim {
  readonly ownership: Ownership;
  readonly ownStreams: Readonly<Record<AppendTable, StreamRef>>;
  /** Streams of earlier epochs that may still take rows. */
  readonly olderStreams: readonly StreamRef[];
  readonly attempts: number;
}

export interface ClaimRoundsOptions {
  readonly topic: string;
  readonly owner: string;
  readonly runtime: Runtime;
  readonly queries: SinkQueries;
  readonly streams: WriteStreams;
  readonly observer: Observer;
}

interface Waiting {
  readonly partition: number;
  readonly signal: AbortSignal;
  attempts: number;
  readonly resolve: (won: WonClaim) => void;
  readonly reject: (error: unknown) => void;
}

/** Longest wait after a lost claim: losing means that somebody else made progress. */
const LOST_CLAIM_WAIT_MAX_MS = 2_000;

export class ClaimRounds {
  readonly #options: ClaimRoundsOptions;
  #waiting: Waiting[] = [];
  #running = false;

  constructor(options: ClaimRoundsOptions) {
    this.#options = options;
  }

  /** Resolves when the partition is ours; starts over after a lost claim until `signal` is aborted. */
  claim(partition: number, signal: AbortSignal): Promise<WonClaim> {
    return new Promise<WonClaim>((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const waiting: Waiting = { partition, signal, attempts: 0, resolve, reject };
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      this.#enqueue(waiting);
    });
  }

  #enqueue(waiting: Waiting): void {
    this.#waiting.push(waiting);
    if (!this.#running) {
      this.#running = true;
      void this.#run();
    }
  }

  async #run(): Promise<void> {
    // Partitions assigned together arrive in one tick: let them all in before the first round.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const round = this.#waiting.filter((waiting) => !waiting.signal.aborted);
      this.#waiting = [];
      if (round.length === 0) continue;
      try {
        await this.#round(round);
      } catch (error) {
        for (const waiting of round) waiting.reject(error);
      }
    }
    this.#running = false;
  }

  async #round(round: readonly Waiting[]): Promise<void> {
    const { queries, topic, observer } = this.#options;
    const before = byPartition(await queries.readOwnership(topic));
    const claims = await Promise.all(
      round.map((waiting) => this.#prepare(waiting.partition, ownershipOf(before, topic, waiting.partition))),
    );
    await queries.claim(topic, claims);
    const after = byPartition(await queries.readOwnership(topic));
    for (const [i, waiting] of round.entries()) {
      const claim = claims[i]!;
      const ownership = ownershipOf(after, topic, waiting.partition);
      waiting.attempts++;
      if (ownership.claimId === claim.claimId) {
        const { partition, attempts } = waiting;
        observer.emit({ type: 'takeover.claimed', partition, epoch: ownership.epoch, attempts });
        waiting.resolve(wonClaim(ownership, attempts));
      } else {
        const { expectedEpoch } = claim;
        observer.emit({
          type: 'takeover.lost_claim',
          partition: waiting.partition,
          expectedEpoch,
          owner: ownership.owner,
        });
        void this.#againLater(waiting);
      }
    }
  }

  /** New streams, nothing appended yet; and what the list will be. */
  async #prepare(partition: number, current: Ownership): Promise<Claim> {
    const { topic, owner, runtime, queries, streams } = this.#options;
    const epoch = current.epoch + 1;
    const createdAtMs = runtime.nowMs();
    const [names, keepFromEpoch] = await Promise.all([
      Promise.all(APPEND_TABLES.map((table) => streams.create(table))),
      this.#keepFromEpoch(topic, partition, current, queries),
    ]);
    const own = APPEND_TABLES.map((table, i): StreamRef => ({ epoch, table, name: names[i]!, createdAtMs }));
    const kept = current.streams.filter((stream) => stream.epoch >= keepFromEpoch);
    return { partition, expectedEpoch: current.epoch, claimId: runtime.uuid(), owner, streams: [...kept, ...own] };
  }

  /** Whoever wrote the greatest checkpoint had finalized all streams of the epochs before its own. */
  async #keepFromEpoch(topic: string, partition: number, current: Ownership, queries: SinkQueries): Promise<number> {
    const epochs = new Set(current.streams.map((stream) => stream.epoch));
    if (epochs.size < 2) return 0;
    return (await queries.latestCheckpoint(topic, partition))?.writerEpoch ?? 0;
  }

  async #againLater(waiting: Waiting): Promise<void> {
    const { runtime } = this.#options;
    const longestMs = Math.min(LOST_CLAIM_WAIT_MAX_MS, 100 * 2 ** waiting.attempts);
    try {
      await runtime.sleep(Math.ceil(longestMs * runtime.random()) + 1, waiting.signal);
      this.#enqueue(waiting);
    } catch (error) {
      waiting.reject(error);
    }
  }
}

function byPartition(rows: readonly Ownership[]): Map<number, Ownership> {
  return new Map(rows.map((row) => [row.partition, row]));
}

/** The one row that must exist. */
export function ownershipOf(rows: ReadonlyMap<number, Ownership>, topic: string, partition: number): Ownership {
  const row = rows.get(partition);
  if (row !== undefined) return row;
  throw new ContradictionError(
    'ownership_rows',
    `partition_ownership has no row for ${topic}, partition ${partition}: it was deleted. Restore the row; nothing was written.`,
  );
}

function wonClaim(ownership: Ownership, attempts: number): WonClaim {
  const own = ownership.streams.filter((stream) => stream.epoch === ownership.epoch);
  const ownStreams = Object.fromEntries(own.map((stream) => [stream.table, stream])) as Record<AppendTable, StreamRef>;
  return {
    ownership,
    ownStreams,
    olderStreams: ownership.streams.filter((stream) => stream.epoch < ownership.epoch),
    attempts,
  };
}
