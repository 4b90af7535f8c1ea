/**
 * One assigned partition over its whole time with this process: takes it over, runs it, and takes it over again after it
 * was lost, until it is released or stopped for good.
 *
 * Invariants: 1. an error stops the partition only after ownership, read again, still holds our claim; 2. every way back
 * to work is a new claim; 3. after `stopped` nothing is written for the partition.
 */

import { orAborted } from '../base/abort.ts';
import { Backoff } from '../base/backoff.ts';
import {
  BugError,
  ContradictionError,
  OwnershipLostError,
  SinkRefusedError,
  UnreachableError,
  WriterLostError,
} from '../base/errors.ts';
import type { Checkpoint, Ownership, PartitionReader, WonClaim } from './ports.ts';
import type { ProcessScope } from './process-scope.ts';
import { firstOffsetToRead, LogCursor } from './run/log-cursor.ts';
import { PartitionRun } from './run/partition-run.ts';
import { settingsByOffset } from './run/settings-at.ts';
import { LocalReading } from './takeover/local-reading.ts';
import { findPosition } from './takeover/position.ts';
import { restoreFold } from './takeover/restore.ts';
import { settleSettings } from './takeover/settings-entry.ts';
import { wrongTablesBehind } from './wrong-tables.ts';

export interface SupervisorOptions {
  readonly scope: ProcessScope;
  readonly partition: number;
  /** The ownership row as it was when the process started. */
  readonly expected: Ownership | undefined;
  /** A failure that concerns the whole process: unreachable services, bugs. */
  readonly onFatal: (error: Error) => void;
  readonly onStopped: () => void;
}

/** What a supervisor is doing, for readiness and for --until-caught-up. */
export type PartitionPhase = 'taking_over' | 'running' | 'waiting' | 'stopped' | 'released';

/** One ownership: what was won, since when, and the greatest checkpoint known of. */
interface Holding {
  won?: WonClaim;
  sinceMs: number;
  knownOffset?: number;
  /** The ownership row, as it was read again after the holding ended. */
  rowNow?: Ownership;
}

/** Partitions that are taken over together share one look at the tables; the first ones share that of the start. */
const TABLES_FRESH_MS = 5_000;

/** How long a fenced owner waits to learn who has its partition now, before it reports the loss. */
const OWNER_LOOK_MS = 2_000;

const NOT_NEEDED = new Error('the timer is no longer needed');
const RELEASED = new OwnershipLostError('the partition was released');

export class PartitionSupervisor {
  readonly #options: SupervisorOptions;
  readonly #ended = new AbortController();
  readonly #backoff: Backoff;
  #phase: PartitionPhase = 'taking_over';
  #run: PartitionRun | undefined;
  /** Used for the first claim only: before a later claim others may have held the partition. */
  #expected: Ownership | undefined;
  #draining = false;
  /** The epoch that it holds, from the claim until the event that reports its end. */
  #heldEpoch: number | undefined;
  #error: ContradictionError | undefined;
  #done: Promise<void> | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#expected = options.expected;
    const { runtime, settings } = options.scope;
    const { limits } = settings;
    this.#backoff = new Backoff(runtime, limits.fencedRetryMinMs, limits.fencedRetryMaxMs);
  }

  get phase(): PartitionPhase {
    return this.#phase;
  }

  get error(): ContradictionError | undefined {
    return this.#error;
  }

  /** Everything below is checkpointed; undefined while the partition is not running here. */
  get checkpointedOffset(): number | undefined {
    return this.#phase === 'running' ? this.#run?.checkpointedOffset : undefined;
  }

  start(): void {
    this.#done = this.#supervise();
  }

  /** Ends at once: somebody else has the partition now. Resolves when nothing of it is left running. */
  async release(): Promise<void> {
    this.#ended.abort(RELEASED);
    await this.#done;
  }

  /** Ends after a last checkpoint, or at once if `signal` is aborted before that. */
  async drain(signal: AbortSignal): Promise<void> {
    this.#draining = true;
    const cut = (): void => this.#ended.abort(RELEASED);
    if (this.#run === undefined || signal.aborted) cut();
    else this.#run.drain();
    signal.addEventListener('abort', cut, { once: true });
    await this.#done;
    signal.removeEventListener('abort', cut);
  }

  async #supervise(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted && !this.#draining && this.#phase !== 'stopped') {
      this.#phase = 'taking_over';
      const holding: Holding = { sinceMs: this.#options.scope.runtime.monotonicMs() };
      try {
        await this.#holdOnce(holding, signal);
      } catch (error) {
        if (this.#run !== undefined) holding.knownOffset = this.#run.checkpointedOffset;
        // The run is over: drain() must not wait for it.
        this.#run = undefined;
        if (signal.aborted) break;
        await this.#react(error, holding, signal);
      } finally {
        this.#run = undefined;
      }
    }
    if (this.#phase !== 'stopped') this.#phase = 'released';
    this.#tellReleased(false);
  }

  /** Emits `partition.released` once per ownership, unless a fence or a stop has already been reported for it. */
  #tellReleased(drained: boolean): void {
    const epoch = this.#heldEpoch;
    this.#heldEpoch = undefined;
    if (epoch === undefined) return;
    const { partition, scope } = this.#options;
    scope.observer.emit({ type: 'partition.released', partition, epoch, drained });
  }

  /** One ownership, from claim to loss. Returns after a drain; rejects with what ended it. */
  async #holdOnce(holding: Holding, signal: AbortSignal): Promise<void> {
    const { partition, scope } = this.#options;
    const { claims, runtime, log, sink, observer, settings, schemas } = scope;
    const { limits } = settings;
    const local = new LocalReading(this.#expected, scope);
    this.#expected = undefined;
    const won = await orAborted(claims.claim(partition, signal), signal);
    holding.won = won;
    this.#heldEpoch = won.ownership.epoch;
    const localFold = local.of(won.ownership);
    // A table that replaced a lost one accepts a new writer, so the tables are checked before any append.
    const looking = sink.wrongTables(TABLES_FRESH_MS);
    looking.catch(() => {}); // awaited below
    // A request still in flight when the partition is released is harmless: it fences, reads, or fills the cache.
    let reader: PartitionReader | undefined;
    const onCheckpoint = (checkpoint: Checkpoint | undefined, checkpointOffset: number): void => {
      // The first records are fetched while the sink is still queried. They are compared first, then folded.
      const from = firstOffsetToRead(checkpoint?.recordFingerprint ?? null, checkpointOffset);
      if (reader === undefined) reader = log.open(partition, from);
      else reader.seek(from);
    };
    try {
      const finding = findPosition(won, { observer, limits, onCheckpoint }, signal);
      const position = await orAborted(finding, signal);
      holding.knownOffset = position.checkpointOffset;
      const settling = settleSettings(won, position, settings, sink, observer, scope.warnedOf);
      const history = await orAborted(settling, signal);
      const wrong = await orAborted(looking, signal);
      if (wrong !== undefined) throw wrong;
      const bounds = () => log.bounds(partition);
      const settingsAt = settingsByOffset(history);
      const cursor = new LogCursor({
        partition,
        reader: reader ?? log.open(partition, position.checkpointOffset),
        runtime,
        observer,
        bounds,
        expectedOffset: position.checkpointOffset,
        writtenTo: position.resumeOffset,
        fingerprint: position.checkpoint?.recordFingerprint ?? null,
        skipped: won.ownership.skipped,
        logEndPatienceMs: limits.logEndPatienceMs,
        // A row of event_schemas that was lost: the registry may have another schema under the id by now.
        seenAgain: schemas && ((record) => schemas.ensureAll(partition, [record], settingsAt, signal)),
      });
      const { ownership } = won;
      const restoring = restoreFold(
        { ...ownership, history },
        position,
        localFold,
        cursor,
        { ...scope, bounds },
        signal,
      );
      const fold = await orAborted(restoring, signal);
      if (this.#draining) return;
      const { appendLimits } = sink;
      this.#run = new PartitionRun({ ...scope, limits, appendLimits, won, position, history, fold, cursor });
      this.#phase = 'running';
      const tookMs = runtime.monotonicMs() - holding.sinceMs;
      const { epoch } = won.ownership;
      observer.emit({ type: 'takeover.running', partition, epoch, tookMs, counters: { ...fold.counters } });
      holding.sinceMs = runtime.monotonicMs();
      await this.#run.run(signal);
      this.#tellReleased(true);
    } finally {
      reader?.close();
    }
  }

  /** Sorts an error by what to do about it: claim again, stop this partition, or end the process. */
  async #react(thrown: unknown, holding: Holding, signal: AbortSignal): Promise<void> {
    try {
      const wrong = await orAborted(wrongTablesBehind(thrown, this.#options.scope.sink), signal);
      const error = thrown instanceof SinkRefusedError ? this.#appendRefused(thrown) : thrown;
      if (wrong !== undefined) this.#stop(wrong);
      else if (error instanceof WriterLostError || error instanceof OwnershipLostError) {
        await this.#waitFenced(error, holding, signal);
      } else if (error instanceof ContradictionError) {
        if (await orAborted(this.#isFinal(holding), signal)) this.#stop(error);
        else await this.#waitFenced(error, holding, signal);
      } else if (error instanceof UnreachableError) {
        this.#options.onFatal(error);
        this.#ended.abort(error);
      } else {
        const bug = error instanceof Error ? error : new BugError(String(error));
        this.#options.onFatal(bug);
        this.#ended.abort(bug);
      }
    } catch (reactionError) {
      if (signal.aborted) return;
      this.#options.onFatal(reactionError instanceof Error ? reactionError : new BugError(String(reactionError)));
      this.#ended.abort(reactionError);
    }
  }

  /** Never a record's fault: only row errors name records. */
  #appendRefused(error: SinkRefusedError): ContradictionError {
    const { partition } = this.#options;
    return new ContradictionError(
      'append_refused',
      `partition ${partition}, ${error.table}: the sink refuses an append and names no row: ${error.detail}. Nothing was written past ` +
        'it, and no record is to blame. Compare the table with `provenonce schema print`, and its key and permissions, then start again.',
      { cause: error },
    );
  }

  async #waitFenced(error: Error, holding: Holding, signal: AbortSignal): Promise<void> {
    const { partition, scope } = this.#options;
    const { runtime, observer, settings } = scope;
    const { limits } = settings;
    if (this.#draining) return;
    if (runtime.monotonicMs() - holding.sinceMs >= limits.fencedResetAfterMs) this.#backoff.reset();
    const retryInMs = this.#backoff.nextMs();
    this.#phase = 'waiting';
    const epoch = holding.won?.ownership.epoch ?? 0;
    const now = await this.#newOwner(holding, signal);
    this.#heldEpoch = undefined;
    observer.emit({ type: 'partition.fenced', partition, epoch, why: error.message, retryInMs, ...now });
    await runtime.sleep(retryInMs, signal);
  }

  /** Who has claimed it since. It is only reported, and nothing depends on it: one query, with a short limit. */
  async #newOwner({ won, rowNow }: Holding, signal: AbortSignal): Promise<{ newOwner?: string; newEpoch?: number }> {
    const { runtime } = this.#options.scope;
    const timer = new AbortController();
    const late = runtime.sleep(OWNER_LOOK_MS, timer.signal).then(
      () => undefined,
      () => undefined,
    );
    const asking = rowNow === undefined ? this.#readRow().catch(() => undefined) : rowNow;
    const row = await orAborted(Promise.race([asking, late]), signal).finally(() => timer.abort(NOT_NEEDED));
    if (row === undefined || row.claimId === won?.ownership.claimId) return {};
    return { newOwner: row.owner, newEpoch: row.epoch };
  }

  async #readRow(): Promise<Ownership | undefined> {
    const { partition, scope } = this.#options;
    const rows = await scope.sink.readOwnership(scope.settings.topic);
    return rows.find((candidate) => candidate.partition === partition);
  }

  /**
   * Whether a contradiction stands. It does not if this owner was fenced meanwhile, or if a greater checkpoint than the
   * one it worked from has become visible.
   */
  async #isFinal(holding: Holding): Promise<boolean> {
    const { won, knownOffset } = holding;
    if (won === undefined) return true;
    const { partition, scope } = this.#options;
    const row = await this.#readRow();
    if (row !== undefined) holding.rowNow = row;
    if (row !== undefined && row.claimId !== won.ownership.claimId) return false;
    const latest = await scope.sink.latestCheckpoint(scope.settings.topic, partition);
    return latest === undefined || knownOffset === undefined || latest.nextOffset <= knownOffset;
  }

  #stop(error: ContradictionError): void {
    const { partition, scope, onStopped } = this.#options;
    this.#phase = 'stopped';
    this.#error = error;
    this.#heldEpoch = undefined;
    scope.observer.emit({ type: 'partition.stopped', partition, code: error.code, error: error.message });
    onStopped();
  }
}
