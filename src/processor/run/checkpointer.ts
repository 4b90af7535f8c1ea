/**
 * Writes checkpoint rows, and what follows them: the advisory group offset, the local state.
 *
 * Invariants: 1. what a checkpoint says is taken at one instant, between two records; 2. its row is appended after every
 * row of the records below it is acknowledged; 3. one at a time, at rising offsets.
 */

import type { Runtime } from '../../base/runtime.ts';
import type { PartitionFold } from '../../payments/fold.ts';
import type { Observer } from '../events.ts';
import type { Checkpoint, LogSource, PartitionWriter, StateStore, WonClaim } from '../ports.ts';

export interface CheckpointerOptions {
  readonly won: Pick<WonClaim, 'ownership'>;
  readonly fold: PartitionFold;
  readonly runtime: Runtime;
  readonly log: LogSource;
  readonly writer: Pick<PartitionWriter, 'beginCheckpoint'>;
  readonly state: StateStore;
  readonly observer: Observer;
  /** F: no checkpoint below it. */
  readonly notBelow: number;
  /** The checkpoint, or the start, that the partition was taken over at. */
  readonly wentOnFrom: number;
  /** Offset of the greatest checkpoint there is. */
  readonly lastOffset: number;
  /** Does the work synchronously, when it is this partition's turn to append. Never settles once the run is over. */
  readonly inTurn: <T>(work: () => T) => Promise<T>;
  /** Hands all folded rows to the writers, synchronously. */
  readonly flush: () => void;
  /** Of the last folded record. */
  readonly fingerprint: () => string | null;
  /** Kafka timestamp of the newest folded record, ms; 0 where there is none. */
  readonly newestRecordMs: () => number;
  /** Resolves when every row handed over so far is acknowledged. */
  readonly durable: () => Promise<unknown>;
}

export class Checkpointer {
  readonly #options: CheckpointerOptions;
  #lastOffset: number;
  #turn: Promise<void> = Promise.resolve();

  constructor(options: CheckpointerOptions) {
    this.#options = options;
    this.#lastOffset = options.lastOffset;
  }

  get lastOffset(): number {
    return this.#lastOffset;
  }

  /** Checkpoints what is folded when its turn comes, if anything is new. Rejects if an append failed. */
  checkpoint(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#write());
    return this.#turn;
  }

  async #write(): Promise<void> {
    const { fold, runtime, observer, state, won, writer } = this.#options;
    const { partition, epoch } = won.ownership;
    if (fold.nextOffset <= this.#lastOffset || fold.nextOffset < this.#options.notBelow) return;
    const startedMs = runtime.monotonicMs();
    // One instant: nothing may be folded between the last row handed over and the snapshot.
    const { checkpoint, write, delta, newestRecordMs } = await this.#options.inTurn(() => {
      this.#options.flush();
      return {
        checkpoint: this.#snapshot(),
        write: writer.beginCheckpoint(),
        delta: fold.takeDelta(),
        newestRecordMs: this.#options.newestRecordMs(),
      };
    });
    await this.#options.durable();
    await write(checkpoint);
    this.#lastOffset = checkpoint.nextOffset;
    const stats = fold.stats();
    observer.emit({
      type: 'checkpoint.written',
      partition,
      epoch,
      nextOffset: checkpoint.nextOffset,
      watermarkMs: checkpoint.watermarkMs,
      counters: checkpoint.counters,
      ids: stats.ids,
      stateBytes: stats.approximateBytes,
      tookMs: runtime.monotonicMs() - startedMs,
      endToEndMs: newestRecordMs === 0 ? 0 : runtime.nowMs() - newestRecordMs,
    });
    await Promise.all([this.#commit(checkpoint.nextOffset), state.save(partition, delta)]);
    fold.release(delta);
  }

  #snapshot(): Checkpoint {
    const { fold, won, fingerprint, wentOnFrom } = this.#options;
    const head = fold.head();
    const { topic, partition, owner, epoch, fixed } = won.ownership;
    return {
      topic,
      partition,
      owner,
      writerEpoch: epoch,
      nextOffset: head.nextOffset,
      watermarkMs: head.watermarkMs,
      counters: head.counters,
      stateDigest: head.digest,
      recordFingerprint: fingerprint(),
      of: { partition, epoch, nextOffset: head.nextOffset, wentOnFrom, fixed },
    };
  }

  /** Only lag monitors read the group offset: a failure is harmless, and emits an event. */
  async #commit(nextOffset: number): Promise<void> {
    const { log, observer, won } = this.#options;
    const { partition, epoch } = won.ownership;
    try {
      await log.commit(partition, nextOffset, `epoch ${epoch}`);
      observer.emit({ type: 'offset.committed', partition, nextOffset });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      observer.emit({ type: 'offset.commit_failed', partition, nextOffset, error: text });
    }
  }
}
