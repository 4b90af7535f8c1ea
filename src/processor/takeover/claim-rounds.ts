/**
 * Steps 1 to 3 of a takeover (docs/protocol.md): read ownership, create streams, claim, read back. Partitions that wait at
 * the same time go into one statement, since a table runs few of them at once; one round at a time per process.
 *
 * A row that was read shortly before, when the process started, is as good to claim with: the claim's condition is its epoch.
 *
 * Invariant: a partition counts as won only when its row, read after the claim was applied or cancelled, holds our claim id.
 */

import { ContradictionError } from '../../base/errors.ts';
import type { Runtime } from '../../base/runtime.ts';
import { APPEND_TABLES, type AppendTable } from '../../payments/types.ts';
import type { Observer } from '../events.ts';
import type { Claim, Ownership, SinkQueries, StreamRef, WriteStreams } from '../ports.ts';
import { claimIdOf, epochContradiction } from './claim-id.ts';

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

/** What a claim is made from. */
interface Found {
  readonly row: Ownership;
  /** Streams of earlier epochs were finalized by whoever wrote the greatest checkpoint. A checkpoint since then only says more. */
  readonly keepFromEpoch: Promise<number>;
}

/** After that a row found at the start is more likely than not another one by now, and a lost claim costs more than a look. */
const FOUND_IS_FRESH_MS = 5_000;
/** Longest wait after a lost claim: losing means that somebody else made progress. */
const LOST_CLAIM_WAIT_MAX_MS = 2_000;

export class ClaimRounds {
  readonly #options: ClaimRoundsOptions;
  #waiting: Waiting[] = [];
  #running = false;
  #found: ReadonlyMap<number, Found> = new Map();
  #foundAtMs = 0;

  constructor(options: ClaimRoundsOptions) {
    this.#options = options;
  }

  /** Rows as they are now, for the first claims: what is asked for them is asked while the group is joined. */
  foresee(rows: readonly Ownership[]): void {
    const claimable = rows.filter((row) => epochContradiction(row) === undefined);
    this.#found = new Map(claimable.map((row) => [row.partition, this.#find(row)]));
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
    const { queries, topic, observer } = this.#options;
    const [round, found] = this.#takeFound(all) ?? (await this.#readRows(all));
    if (round.length === 0) return;
    const claims = await Promise.all(found.map((each) => this.#prepare(each)));
    await queries.claim(topic, claims);
    const after = byPartition(await queries.readOwnership(topic));
    for (const [i, waiting] of round.entries()) {
      const claim = claims[i]!;
      const ownership = rowFor(waiting, after, topic);
      if (ownership === undefined) continue;
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
          winner: ownership.owner,
        });
        void this.#againLater(waiting);
      }
    }
  }

  /** What was found at the start, once, and for all of the round or none of it. */
  #takeFound(round: readonly Waiting[]): [readonly Waiting[], Found[]] | undefined {
    const { runtime } = this.#options;
    const isFresh = runtime.monotonicMs() - this.#foundAtMs < FOUND_IS_FRESH_MS;
    const found = this.#found;
    this.#found = new Map();
    if (!isFresh || !round.every(({ partition }) => found.has(partition))) return undefined;
    return [round, round.map(({ partition }) => found.get(partition)!)];
  }

  /** Those whose rows are there; the others are told that theirs is not. */
  async #readRows(round: readonly Waiting[]): Promise<[readonly Waiting[], Found[]]> {
    const { queries, topic } = this.#options;
    const rows = byPartition(await queries.readOwnership(topic));
    const there = round.filter((waiting) => rowFor(waiting, rows, topic) !== undefined);
    return [there, there.map(({ partition }) => this.#find(rows.get(partition)!))];
  }

  #find(row: Ownership): Found {
    const keepFromEpoch = this.#keepFromEpoch(row);
    keepFromEpoch.catch(() => {}); // whoever claims with it awaits it
    return { row, keepFromEpoch };
  }

  /** New streams, nothing appended yet; and what the list will be. */
  async #prepare({ row: current, keepFromEpoch: keeping }: Found): Promise<Claim> {
    const { owner, runtime, streams } = this.#options;
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

  /** Whoever wrote the greatest checkpoint had finalized all streams of the epochs before its own. */
  async #keepFromEpoch({ topic, partition, streams }: Ownership): Promise<number> {
    const epochs = new Set(streams.map((stream) => stream.epoch));
    if (epochs.size < 2) return 0;
    return (await this.#options.queries.latestCheckpoint(topic, partition))?.writerEpoch ?? 0;
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

/** Undefined where it is not there, which whoever waits is told: it concerns nobody else. */
function rowFor(
  { partition, reject }: Waiting,
  rows: ReadonlyMap<number, Ownership>,
  topic: string,
): Ownership | undefined {
  try {
    return ownershipOf(rows, topic, partition);
  } catch (error) {
    reject(error);
    return undefined;
  }
}

/** The one row that must exist, and agree with itself. */
export function ownershipOf(rows: ReadonlyMap<number, Ownership>, topic: string, partition: number): Ownership {
  const row = rows.get(partition);
  const contradiction = row === undefined ? undefined : epochContradiction(row);
  if (contradiction !== undefined)
    throw new ContradictionError(
      'ownership_rows',
      `partition_ownership, topic ${topic}, partition ${partition}: ${contradiction}: the row was changed by hand. Restore it as it was ` +
        '(runbook, lost tables); nothing was written.',
    );
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
