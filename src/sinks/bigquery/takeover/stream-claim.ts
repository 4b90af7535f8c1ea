/** One partition that was claimed: its own new streams, and those of earlier epochs that the claim's fence finalizes. */

import { assert } from '../../../base/errors.ts';
import type { AppendTable, SettingsEntry } from '../../../payments/types.ts';
import type { Fenced, FenceTerms, HeldClaim, PartitionWriter, WonClaim } from '../../../processor/ports.ts';
import type { RuledOwnership } from '../../ownership/ruled-ownership.ts';
import type { OwnershipRow, RowEncoder, StoredOwnership, StreamRef } from '../ports.ts';
import { StreamPartitionWriter } from '../write/partition-writer.ts';
import { type FenceParts, type Fencing, type FoundAtFence, fencePartition } from './fence.ts';
import { ReadBackRows } from './read-back-rows.ts';
import { foundRowsOf } from './stream-offsets.ts';

export interface ClaimParts extends FenceParts {
  readonly ownership: RuledOwnership<StoredOwnership>;
  readonly encoder: RowEncoder;
  /** Streams expire after three days without traffic: the partition is claimed anew, with new streams, before. */
  readonly streamMaxIdleMs: number;
}

/** An operator's: it has no streams of its own, and all that the row names are fenced. */
export class HeldStreams implements HeldClaim {
  readonly ownership: OwnershipRow;
  readonly #parts: FenceParts;

  constructor(ownership: OwnershipRow, parts: FenceParts) {
    this.ownership = ownership;
    this.#parts = parts;
  }

  async fence(terms: FenceTerms, signal: AbortSignal): Promise<Fenced> {
    const claimed: Fencing = { ownership: this.ownership, olderStreams: this.ownership.streams };
    return fencedOf(await fencePartition(claimed, this.#parts, terms, signal));
  }
}

/** A processor's: it writes to the streams of its own epoch. */
export class StreamClaim implements WonClaim {
  readonly ownership: OwnershipRow;
  readonly #ownStreams: Readonly<Record<AppendTable, StreamRef>>;
  /** Streams of earlier epochs that may still take rows. */
  readonly #olderStreams: readonly StreamRef[];
  readonly #parts: ClaimParts;
  #found: FoundAtFence | undefined;

  constructor(ownership: OwnershipRow, parts: ClaimParts) {
    this.ownership = ownership;
    this.#parts = parts;
    const own = ownership.streams.filter((stream) => stream.epoch === ownership.epoch);
    const ownStreams = Object.fromEntries(own.map((stream) => [stream.table, stream])) as Record<
      AppendTable,
      StreamRef
    >;
    this.#ownStreams = ownStreams;
    this.#olderStreams = ownership.streams.filter((stream) => stream.epoch < ownership.epoch);
  }

  async fence(terms: FenceTerms, signal: AbortSignal): Promise<Fenced> {
    const claimed: Fencing = { ownership: this.ownership, olderStreams: this.#olderStreams };
    this.#found = await fencePartition(claimed, this.#parts, terms, signal);
    return fencedOf(this.#found);
  }

  addEntry(entry: SettingsEntry): Promise<void> {
    const { topic, partition, claimId } = this.ownership;
    return this.#parts.ownership.addSettings(topic, partition, claimId, entry);
  }

  open(): PartitionWriter {
    const { runtime, streams, encoder, streamMaxIdleMs } = this.#parts;
    assert(this.#found !== undefined, `partition ${this.ownership.partition} is opened before it is fenced`);
    const { partition, epoch } = this.ownership;
    const { checkpointOffset, rows } = this.#found;
    return new StreamPartitionWriter({
      partition,
      writerEpoch: epoch,
      runtime,
      encoder,
      streamMaxIdleMs,
      found: foundRowsOf(checkpointOffset, rows),
      open: (table) => streams.open(this.#ownStreams[table]),
    });
  }
}

function fencedOf({ checkpoint, checkpointOffset, rows }: FoundAtFence): Fenced {
  return {
    checkpoint,
    checkpointOffset,
    reached: {
      payment_transactions: new ReadBackRows('payment_transactions', rows.payment_transactions),
      payment_transactions_fraud: new ReadBackRows('payment_transactions_fraud', rows.payment_transactions_fraud),
      payment_metrics_partials: new ReadBackRows('payment_metrics_partials', rows.payment_metrics_partials),
      payment_exceptions: new ReadBackRows('payment_exceptions', rows.payment_exceptions),
    },
  };
}
