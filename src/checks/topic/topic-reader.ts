/**
 * The checkers' own reader of a topic: no group, nothing committed, read committed, at most two answers in memory. It shares
 * no code with the processor's (docs/adr/0020-verify-reads-the-topic-by-itself.md).
 *
 * Invariant: what records() yields before it ends or throws is every committed record from fromOffset to the last one
 * yielded, of batches whose checksum is right.
 */
import type { TopicRecord } from '../inputs/verify-inputs.ts';
import { committedBatches } from './batches/aborted-spans.ts';
import { type Batch, findBatches } from './batches/batch.ts';
import { recordsOf } from './batches/batch-records.ts';
import type { TopicEndpoint } from './broker-connections.ts';
import { type Damage, DamagedBytesError, TopicReadError, UnreadableLogError } from './errors.ts';
import type { FetchAnswer } from './fetch-answer.ts';
import { TopicClient, type TopicClientOptions } from './topic-client.ts';

export interface TopicBounds {
  /** Lowest offset retained. */
  readonly startOffset: number;
  /** The last stable offset: one past what a reader of committed records is shown. */
  readonly endOffset: number;
  /** One past the last offset: what lies from endOffset on belongs to open transactions. */
  readonly highWatermark: number;
}

export type { TopicEndpoint };

const FETCH_BYTES = 4 * 1024 * 1024;

/** What an answer holds of [from, to). */
interface Part {
  readonly from: number;
  readonly nextOffset: number;
  readonly committed: readonly Batch[];
  readonly damage: Damage | undefined;
}

export class TopicReader implements AsyncDisposable {
  readonly #client: TopicClient;

  constructor(options: TopicClientOptions) {
    this.#client = new TopicClient(options);
  }

  /** Every partition that the topic has now, ascending. Rejects with TopicReadError. */
  async partitions(): Promise<readonly number[]> {
    return await this.#client.partitions();
  }

  /** Rejects with TopicReadError. */
  async bounds(partition: number): Promise<TopicBounds> {
    const startOffset = await this.#client.offset(partition, 'start');
    const endOffset = await this.#client.offset(partition, 'stable');
    return { startOffset, endOffset, highWatermark: await this.#client.offset(partition, 'end') };
  }

  /**
   * Every committed record in [fromOffset, toOffset), ascending, in bounded chunks; toOffset: at most the end of bounds().
   * Throws UnreadableLogError at a batch that a second fetch over a new connection finds damaged as well, TopicReadError
   * where the log cannot be asked.
   */
  async *records(partition: number, fromOffset: number, toOffset: number): AsyncGenerator<readonly TopicRecord[]> {
    let retriedAt = -1;
    let coming = fromOffset < toOffset ? this.#part(partition, fromOffset, toOffset, false) : undefined;
    while (coming !== undefined) {
      const part: Part = await coming;
      const { nextOffset } = part;
      const isOver = part.damage !== undefined || nextOffset >= toOffset;
      // The next answer is fetched while this one is read. Its failure does not reach a caller that stops reading.
      coming = isOver ? undefined : this.#part(partition, nextOffset, toOffset, true);
      coming?.catch(() => {});
      let { damage } = part;
      let isBatchStart = damage !== undefined && damage.offset > fromOffset;
      for (const batch of part.committed) {
        try {
          yield* recordsOf(batch, part.from, toOffset);
        } catch (error) {
          if (!(error instanceof DamagedBytesError)) throw error;
          const offset = error.offset ?? Math.max(batch.baseOffset, part.from);
          damage = { offset, lastOffset: batch.lastOffset, reason: error.message };
          isBatchStart = false;
          break;
        }
      }
      if (damage === undefined) continue;
      if (damage.offset === retriedAt) throw new UnreadableLogError(this.#client.topic, partition, damage);
      retriedAt = damage.offset;
      await coming?.catch(() => {});
      await this.#client.renew();
      coming = this.#part(partition, damage.offset, toOffset, isBatchStart);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close();
  }

  async #part(partition: number, from: number, to: number, isBatchStart: boolean): Promise<Part> {
    let found: Part | undefined;
    await this.#client.fetch(partition, from, FETCH_BYTES, (answer) => {
      found = partOf(answer, from, to, isBatchStart);
      return found.nextOffset > from || found.damage !== undefined;
    });
    if (found === undefined) throw new TopicReadError('unreachable', `partition ${partition}: no answer`);
    return found;
  }
}

function partOf({ bytes, highWatermark, aborted }: FetchAnswer, from: number, to: number, isBatchStart: boolean): Part {
  const wanted = { fromOffset: from, toOffset: to, isBatchStart, highWatermark };
  const { batches, nextOffset, damage } = findBatches(bytes, wanted);
  try {
    return { from, nextOffset, committed: committedBatches(batches, aborted), damage };
  } catch (error) {
    if (!(error instanceof DamagedBytesError)) throw error;
    const offset = Math.max(from, error.offset ?? from);
    const before = batches.filter(({ lastOffset }) => lastOffset < offset);
    const committed = committedBatches(before, aborted);
    return { from, nextOffset: offset, committed, damage: { offset, lastOffset: undefined, reason: error.message } };
  }
}
