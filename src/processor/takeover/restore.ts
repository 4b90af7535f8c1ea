/**
 * Step 6 of a takeover: the fold's state, exactly at the checkpoint, from the cheapest source that can be verified.
 *
 * Invariant: a state is returned only if its digest, computed from its own entries, is the one in the checkpoint row. A
 * digest of a layout that this release does not know stops the partition, because no state can be verified against it.
 * The local state may be empty, stale, foreign or corrupt.
 */

import { ContradictionError } from '../../base/errors.ts';
import type { Runtime } from '../../base/runtime.ts';
import type { Semaphore } from '../../base/semaphore.ts';
import { AcceptedBatch } from '../../payments/accepted-batch.ts';
import { type FoldOutput, PartitionFold } from '../../payments/fold.ts';
import { isKnownDigest } from '../../payments/state/state-head.ts';
import type { Generation } from '../../payments/types.ts';
import { type Observer, silentObserver } from '../events.ts';
import { generationOf } from '../generation.ts';
import type { Checkpoint, LogBounds, Ownership, SinkReads, StateStore } from '../ports.ts';
import type { LogCursor } from '../run/log-cursor.ts';
import { settingsByOffset } from '../run/settings-at.ts';
import type { DatasetSchemas } from '../schemas/dataset-schemas.ts';
import { carryKnown } from './carry-known.ts';

import { foldPlaceOf, type LocalFold } from './local-reading.ts';
import type { Position } from './position.ts';

export interface RestoreOptions {
  readonly runtime: Runtime;
  readonly sink: Pick<SinkReads, 'payments' | 'knownPayments'>;
  readonly state: StateStore;
  /** Undefined: no rules of the partition read records with schemas. */
  readonly schemas?: DatasetSchemas | undefined;
  readonly observer: Observer;
  /** Shared by all partitions: the first ones run while others wait, and memory holds the rows of few. */
  readonly rebuilds: Semaphore;
  readonly bounds: () => Promise<LogBounds>;
}

/** The fold at `position.checkpointOffset`; the cursor is left there too. */
export async function restoreFold(
  ownership: Ownership,
  position: Position,
  localFold: Promise<LocalFold | undefined>,
  cursor: LogCursor,
  options: RestoreOptions,
  signal: AbortSignal,
): Promise<PartitionFold> {
  const { runtime, observer, state } = options;
  const { partition } = ownership;
  const { checkpoint, checkpointOffset: atOffset } = position;
  const startedMs = runtime.monotonicMs();
  const report = (how: 'fresh' | 'local' | 'rebuilt', fold: PartitionFold, fromOffset: number): void => {
    const tookMs = runtime.monotonicMs() - startedMs;
    observer.emit({ type: 'state.restored', partition, how, fromOffset, atOffset, ids: fold.stats().ids, tookMs });
  };

  if (checkpoint !== undefined) requireKnownDigest(partition, checkpoint);
  const held = await localFold;
  const generation = generationOf(ownership);
  if (generation !== undefined && atOffset === generation.fromOffset && checkpoint !== undefined) {
    // The checkpoint is of the state before the change. That is verified first; then the change's payments are added.
    const quiet = { ...options, observer: silentObserver };
    await restoreFold(ownershipBefore(ownership), position, Promise.resolve(undefined), cursor, quiet, signal);
    const fold = await rebuildInTurn(ownership, checkpoint, options, signal);
    await state.replace(partition, fold.export());
    report('rebuilt', fold, atOffset);
    return fold;
  }
  if (checkpoint === undefined) {
    const fold = PartitionFold.fresh({ ...foldPlaceOf(ownership, options), startOffset: ownership.startOffset });
    if (generation !== undefined) await carryInto(fold, generation, ownership, options.sink, signal);
    await state.replace(partition, fold.export());
    report('fresh', fold, atOffset);
    return fold;
  }
  const local =
    held === undefined ? undefined : await restoreLocal(held, ownership, checkpoint, cursor, options, signal);
  if (local !== undefined) {
    report('local', local.fold, local.fromOffset);
    return local.fold;
  }
  const fold = await rebuildInTurn(ownership, checkpoint, options, signal);
  if (!digestMatches(fold, checkpoint)) {
    throw new ContradictionError(
      'digest_differs',
      `partition ${partition}: the state rebuilt from payment_transactions at offset ${atOffset} has digest ${fold.head().digest}, ` +
        `the checkpoint says ${checkpoint.stateDigest}: rows were changed or deleted. Nothing was written.`,
    );
  }
  await state.replace(partition, fold.export());
  report('rebuilt', fold, atOffset);
  return fold;
}

/** As it was before the last change of the partition count. */
function ownershipBefore(ownership: Ownership): Ownership {
  const { history } = ownership;
  const last = history.findLastIndex((entry) => entry.generation !== undefined);
  return { ...ownership, history: history.slice(0, last) };
}

/** The ownership that a checkpoint was folded with: without a change of the partition count right at `offset`. */
export function ownershipAt(ownership: Ownership, offset: number): Ownership {
  const generation = generationOf(ownership);
  return generation?.fromOffset === offset ? ownershipAt(ownershipBefore(ownership), offset) : ownership;
}

/** Adds what the other partitions accepted before the topic got more of them, and what another pipeline wrote. */
async function carryInto(
  fold: PartitionFold,
  { sources, known }: Generation,
  { partition }: Ownership,
  sink: Pick<SinkReads, 'payments' | 'knownPayments'>,
  signal: AbortSignal,
): Promise<void> {
  for (const source of sources) {
    if (source.partition === partition) continue;
    for await (const rows of sink.payments(source.partition, source.offset, fold.carriedFromMs)) {
      signal.throwIfAborted();
      fold.carry(rows);
    }
  }
  if (known !== undefined) await carryKnown(fold, known, sink, signal);
}

/** Undefined if the local state cannot be used: then it is discarded, with an event that gives the reason. */
async function restoreLocal(
  { stored, fold }: LocalFold,
  ownership: Ownership,
  checkpoint: Checkpoint,
  cursor: LogCursor,
  options: RestoreOptions,
  signal: AbortSignal,
): Promise<{ fold: PartitionFold; fromOffset: number } | undefined> {
  const { partition } = ownership;
  const { state } = options;
  const fromOffset = stored.head.nextOffset;
  const discard = async (why: string): Promise<undefined> => {
    await state.discard(partition, why);
    cursor.restartAt(checkpoint.nextOffset, checkpoint.recordFingerprint);
    return undefined;
  };
  const generation = generationOf(ownership);
  if (generation !== undefined && generation.sources.length > 0 && fromOffset <= generation.fromOffset) {
    return discard(`it is at offset ${fromOffset}, from before the topic had ${generation.partitions} partitions`);
  }
  if (fromOffset > checkpoint.nextOffset) {
    return discard(`it is at offset ${fromOffset}, past the checkpoint at ${checkpoint.nextOffset}`);
  }
  const { startOffset } = await options.bounds();
  if (fromOffset < checkpoint.nextOffset && fromOffset < startOffset) {
    return discard(`it is at offset ${fromOffset}, and the log starts at ${startOffset}`);
  }
  if (!isKnownDigest(stored.head.digest)) {
    return discard('its digest is of a layout that this release does not know');
  }
  if (fold.head().digest !== stored.head.digest) {
    return discard('its entries do not add up to the digest stored with them');
  }
  if (fromOffset < checkpoint.nextOffset) {
    try {
      await foldForward(fold, ownership, checkpoint, cursor, options.schemas, signal);
    } catch (error) {
      if (!(error instanceof ContradictionError && error.leavesWhatWasFolded)) throw error;
      const what = error.code === 'retention_gap' ? 'lost records' : `cannot be read (${error.code})`;
      return discard(`the log ${what} while it was folded forward from offset ${fromOffset}`);
    }
    if (cursor.fingerprint() !== checkpoint.recordFingerprint) {
      throw new ContradictionError(
        'log_changed',
        `partition ${partition}: the last record below offset ${checkpoint.nextOffset} was ${checkpoint.recordFingerprint} when it was ` +
          `folded and is now ${cursor.fingerprint()}: the topic was recreated or truncated. Nothing was written.`,
      );
    }
  }
  if (!digestMatches(fold, checkpoint)) return discard('it is not what the checkpoint says');
  return { fold, fromOffset };
}

/** Folds the records up to the checkpoint again; their rows are in the tables, so none are kept. */
async function foldForward(
  fold: PartitionFold,
  ownership: Ownership,
  checkpoint: Checkpoint,
  cursor: LogCursor,
  schemas: DatasetSchemas | undefined,
  signal: AbortSignal,
): Promise<void> {
  const settingsAt = settingsByOffset(ownership.history);
  const unused: FoldOutput = { accepted: new AcceptedBatch(), partials: [], exceptions: [] };
  // If only markers lie in between, the checkpoint's last record is below this offset and is the one to check.
  const { recordFingerprint } = checkpoint;
  const isBelow = recordFingerprint !== null && Number(recordFingerprint.split(':', 1)[0]) < fold.nextOffset;
  cursor.restartAt(fold.nextOffset, isBelow ? recordFingerprint : null);
  while (fold.nextOffset < checkpoint.nextOffset) {
    const answer = await cursor.next(signal, checkpoint.nextOffset);
    await schemas?.ensureAll(ownership.partition, answer.records, settingsAt, signal);
    fold.foldAll(answer.records, settingsAt, unused);
    fold.skipTo(answer.nextOffset);
    unused.accepted.clear();
    unused.partials.length = 0;
    unused.exceptions.length = 0;
  }
}

function rebuildInTurn(
  ownership: Ownership,
  checkpoint: Checkpoint,
  options: RestoreOptions,
  signal: AbortSignal,
): Promise<PartitionFold> {
  return options.rebuilds.run(() => {
    signal.throwIfAborted();
    return rebuildFromSink(ownership, checkpoint, options, signal);
  });
}

/** The state at a checkpoint, from the payments in the sink. */
export async function rebuildFromSink(
  ownership: Ownership,
  checkpoint: Checkpoint,
  { sink, runtime, schemas }: Pick<RestoreOptions, 'sink' | 'runtime' | 'schemas'>,
  signal: AbortSignal,
): Promise<PartitionFold> {
  const { nextOffset, watermarkMs, counters } = checkpoint;
  const rebuild = PartitionFold.rebuild({
    ...foldPlaceOf(ownership, { runtime, schemas }),
    nextOffset,
    watermarkMs,
    counters,
  });
  for await (const rows of sink.payments(ownership.partition, nextOffset, rebuild.fromEventTimeMs)) {
    signal.throwIfAborted();
    try {
      rebuild.add(rows);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const why = `${error.message}: rows were changed or inserted. Nothing was written.`;
      throw new ContradictionError('digest_differs', why, { cause: error });
    }
  }
  const fold = rebuild.finish();
  const generation = generationOf(ownership);
  if (generation !== undefined) await carryInto(fold, generation, ownership, sink, signal);
  return fold;
}

export function digestMatches(fold: PartitionFold, checkpoint: Checkpoint): boolean {
  return fold.head().digest === checkpoint.stateDigest;
}

/** Throws if the digest's layout is unknown: otherwise the rows in the tables would become the state unchecked. */
export function requireKnownDigest(partition: number, { nextOffset, stateDigest }: Checkpoint): void {
  if (isKnownDigest(stateDigest)) return;
  throw new ContradictionError(
    'digest_version',
    `partition ${partition}: the checkpoint at offset ${nextOffset} has the state digest ${JSON.stringify(stateDigest.slice(0, 48))}, of a layout ` +
      'that this release does not know: run the newer release that wrote it, or, where the row was changed by hand, restore ' +
      `checkpoint_log. 'provenonce verify' recomputes all of it. Nothing was written.`,
  );
}
