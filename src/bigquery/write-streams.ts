/**
 * Creates, finalizes and opens write streams: the WriteStreams port over WriteRpc.
 *
 * Creation may leave a stream behind that nobody knows (a lost answer): it takes no rows and expires. Finalizing repeats
 * until the answer is definite, because everything after it relies on no predecessor being able to write.
 */
import type { AppendTable } from '../payments/types.ts';
import { UnreachableError } from '../processor/errors.ts';
import type { FinalizeOutcome, Runtime, StreamAppender, StreamRef, WriteStreams } from '../processor/ports.ts';
import { Semaphore } from '../processor/semaphore.ts';
import { AppendStream } from './append-stream.ts';
import { checkDataset, type DatasetRef } from './identifiers.ts';
import type { SinkLimits } from './sink-limits.ts';
import { Patience, type WaitingObserver } from './waiting.ts';
import { GRPC_STATUS, RpcError, type WriteRpc } from './write-rpc.ts';

export interface WriteStreamsOptions extends WaitingObserver {
  readonly rpc: WriteRpc;
  readonly runtime: Runtime;
  readonly dataset: DatasetRef;
  readonly limits: SinkLimits;
  /** An emulator keeps streams in memory: after its restart NOT_FOUND is the truth, and final. */
  readonly isEmulator: boolean;
}

const ALREADY_FINALIZED: ReadonlySet<number> = new Set([GRPC_STATUS.FAILED_PRECONDITION, GRPC_STATUS.INVALID_ARGUMENT]);
const HOPELESS: ReadonlySet<number> = new Set([
  GRPC_STATUS.INVALID_ARGUMENT,
  GRPC_STATUS.PERMISSION_DENIED,
  GRPC_STATUS.UNAUTHENTICATED,
  GRPC_STATUS.UNIMPLEMENTED,
]);

export class BigQueryWriteStreams implements WriteStreams {
  readonly #options: WriteStreamsOptions;
  readonly #creates: Semaphore;
  readonly #finalizes: Semaphore;

  constructor(options: WriteStreamsOptions) {
    checkDataset(options.dataset);
    this.#options = options;
    this.#creates = new Semaphore(options.limits.maxConcurrentCreates);
    this.#finalizes = new Semaphore(options.limits.maxConcurrentFinalizes);
  }

  create(table: AppendTable): Promise<string> {
    const { projectId, dataset } = this.#options.dataset;
    const tablePath = `projects/${projectId}/datasets/${dataset}/tables/${table}`;
    return this.#creates.run(() =>
      this.#untilDefinite(`new write stream for ${table}`, () => this.#options.rpc.createWriteStream(tablePath)),
    );
  }

  /**
   * Past the expiry of streams, and on an emulator, NOT_FOUND is `gone`; otherwise it is retried, because it may only mean
   * that the stream has not become known everywhere.
   */
  finalize(stream: StreamRef): Promise<FinalizeOutcome> {
    return this.#finalizes.run(() =>
      this.#untilDefinite<FinalizeOutcome>(`finalize of ${stream.name}`, async () => {
        try {
          const { rowCount } = await this.#options.rpc.finalizeWriteStream(stream.name);
          return { state: 'finalized', rowCount };
        } catch (error) {
          // Finalized before, and no row count with it: what the query says, as for a stream that is gone.
          if (isAlreadyFinalized(error)) return { state: 'gone' };
          if (isNotFound(error) && this.#canBeGone(stream)) return { state: 'gone' };
          throw error;
        }
      }),
    );
  }

  open(stream: StreamRef): StreamAppender {
    return new AppendStream({ ...this.#options, stream });
  }

  #canBeGone({ createdAtMs }: StreamRef): boolean {
    if (this.#options.isEmulator) return true;
    const { runtime, limits } = this.#options;
    return runtime.nowMs() - createdAtMs >= limits.streamExpiresAfterMs;
  }

  async #untilDefinite<T>(what: string, ask: () => Promise<T>): Promise<T> {
    const { runtime, limits } = this.#options;
    const about = { service: 'bigquery-write', what } as const;
    const patience = new Patience(runtime, limits, this.#options, about);
    const notFoundPatience = new Patience(
      runtime,
      { ...limits, unreachableAfterMs: limits.notFoundPatienceMs },
      this.#options,
      about,
    );
    for (;;) {
      try {
        const answer = await ask();
        patience.success();
        return answer;
      } catch (failure) {
        if (!(failure instanceof RpcError)) throw failure;
        if (HOPELESS.has(failure.code)) {
          throw new UnreachableError(`${what}: ${failure.message}. Check the dataset, the schema and permissions`, {
            cause: failure,
          });
        }
        await (isNotFound(failure) ? notFoundPatience : patience).wait(failure);
      }
    }
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof RpcError && error.code === GRPC_STATUS.NOT_FOUND;
}

function isAlreadyFinalized(error: unknown): boolean {
  if (!(error instanceof RpcError)) return false;
  if (error.storageErrorCode === 'STREAM_FINALIZED') return true;
  return ALREADY_FINALIZED.has(error.code) && /finalized/i.test(error.message);
}
