/**
 * Steps 1 to 3 of a takeover (docs/protocol.md): reads ownership, claims, and learns who won. Partitions that wait at
 * the same time share one claim of the sink. A process has one round at a time. A partition whose claim lost retries
 * later.
 *
 * A row that was read when the process started is safe to claim with: the claim's condition is its epoch.
 */

import { ContradictionError } from '../../base/errors.ts';
import type { Runtime } from '../../base/runtime.ts';
import type { Observer } from '../events.ts';
import type { Ownership, Sink, WonClaim } from '../ports.ts';
import { ownershipContradiction } from './claim-id.ts';

export interface ClaimRoundsOptions {
  readonly topic: string;
  readonly owner: string;
  readonly runtime: Runtime;
  readonly sink: Pick<Sink, 'readOwnership' | 'foresee' | 'claim'>;
  readonly observer: Observer;
}

interface Waiting {
  readonly partition: number;
  readonly signal: AbortSignal;
  attempts: number;
  readonly resolve: (won: WonClaim) => void;
  readonly reject: (error: unknown) => void;
}

/** A row found at the start has probably changed after this time, and a lost claim costs more than reading it again. */
const FOUND_IS_FRESH_MS = 5_000;
/** Longest wait after a lost claim: losing means that somebody else made progress. */
const LOST_CLAIM_WAIT_MAX_MS = 2_000;

export class ClaimRounds {
  readonly #options: ClaimRoundsOptions;
  #waiting: Waiting[] = [];
  #running = false;
  #found: ReadonlyMap<number, Ownership> = new Map();
  #foundAtMs = 0;

  constructor(options: ClaimRoundsOptions) {
    this.#options = options;
  }

  /** Rows as they are now, for the first claims. The sink prepares these claims while the process joins the group. */
  foresee(rows: readonly Ownership[]): void {
    const claimable = rows.filter((row) => ownershipContradiction(row) === undefined);
    this.#options.sink.foresee(claimable);
    this.#found = byPartition(claimable);
    this.#foundAtMs = this.#options.runtime.monotonicMs();
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

  async #round(all: readonly Waiting[]): Promise<void> {
    const { sink, topic, owner, observer } = this.#options;
    const [round, rows] = this.#takeFound(all) ?? (await this.#readRows(all));
    if (round.length === 0) return;
    const outcomes = await sink.claim(topic, owner, rows);
    for (const [i, waiting] of round.entries()) {
      const { row, won } = outcomes[i]!;
      const { partition } = waiting;
      const ownership = rowFor(waiting, row, topic);
      if (ownership === undefined) continue;
      waiting.attempts++;
      if (won !== undefined) {
        observer.emit({ type: 'takeover.claimed', partition, epoch: ownership.epoch, attempts: waiting.attempts });
        waiting.resolve(won);
      } else {
        const expectedEpoch = rows[i]!.epoch;
        observer.emit({ type: 'takeover.lost_claim', partition, expectedEpoch, winner: ownership.owner });
        void this.#againLater(waiting);
      }
    }
  }

  /** The rows found at the start, once, and only if they cover the whole round. */
  #takeFound(round: readonly Waiting[]): [readonly Waiting[], readonly Ownership[]] | undefined {
    const { runtime } = this.#options;
    const isFresh = runtime.monotonicMs() - this.#foundAtMs < FOUND_IS_FRESH_MS;
    const found = this.#found;
    this.#found = new Map();
    if (!isFresh || !round.every(({ partition }) => found.has(partition))) return undefined;
    return [round, round.map(({ partition }) => found.get(partition)!)];
  }

  /** The waiting claims whose rows exist, with those rows. Rejects the other claims. */
  async #readRows(round: readonly Waiting[]): Promise<[readonly Waiting[], readonly Ownership[]]> {
    const { sink, topic } = this.#options;
    const rows = byPartition(await sink.readOwnership(topic));
    const there = round.filter((waiting) => rowFor(waiting, rows.get(waiting.partition), topic) !== undefined);
    return [there, there.map(({ partition }) => rows.get(partition)!)];
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

/** The row of a waiting claim. If it is missing or contradictory, rejects that claim only and returns undefined. */
function rowFor({ partition, reject }: Waiting, row: Ownership | undefined, topic: string): Ownership | undefined {
  try {
    return requireOwnership(row, topic, partition);
  } catch (error) {
    reject(error);
    return undefined;
  }
}

/** The one row that must exist, and agree with itself. */
export function requireOwnership(row: Ownership | undefined, topic: string, partition: number): Ownership {
  if (row === undefined)
    throw new ContradictionError(
      'ownership_rows',
      `partition_ownership has no row for ${topic}, partition ${partition}: it was deleted. Restore the row; nothing was written.`,
    );
  const contradiction = ownershipContradiction(row);
  if (contradiction === undefined) return row;
  throw new ContradictionError(
    'ownership_rows',
    `partition_ownership, topic ${topic}, partition ${partition}: ${contradiction}: the row was changed by hand. Restore it as it was ` +
      '(runbook, lost tables); nothing was written.',
  );
}

/** The row of one partition among all of a topic. */
export function ownershipOf(rows: readonly Ownership[], topic: string, partition: number): Ownership {
  return requireOwnership(
    rows.find((row) => row.partition === partition),
    topic,
    partition,
  );
}
