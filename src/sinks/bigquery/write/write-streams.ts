/**
 * Creates, finalizes and opens write streams: the WriteStreams port over WriteRpc.
 *
 * A lost answer to a creation may leave an unknown stream behind: it takes no rows and expires.
 *
 * Invariant: finalize returns only when no predecessor can write to the stream. It repeats until the answer is
 * definite: a row count, "finalized before" by its storage error or in words, the same answer to an append
 * (stream-probe.ts), or NOT_FOUND of a stream old enough to have expired. After any other answer the stream may be
 * live.
 */

import { UnreachableError } from '../../../base/errors.ts';
import type { Runtime } from '../../../base/runtime.ts';
import { Semaphore } from '../../../base/semaphore.ts';
import type { AppendTable } from '../../../payments/types.ts';
import { checkDataset, type DatasetRef } from '../identifiers.ts';
import type { FinalizeOutcome, RowEncoder, StreamAppender, StreamRef, WriteStreams } from '../ports.ts';
import { notFoundForTooLong } from '../query/not-found.ts';
import { Patience, type WaitingObserver } from '../query/waiting.ts';
import type { SinkLimits } from '../sink-limits.ts';
import { saysFinalized } from './append-answers.ts';
import { AppendStream, type InspectTable } from './append-stream.ts';
import { probeStream } from './stream-probe.ts';
import { GRPC_STATUS, RpcError, type WriteRpc } from './write-rpc.ts';

export interface WriteStreamsOptions extends WaitingObserver {
  readonly rpc: WriteRpc;
  readonly runtime: Runtime;
  readonly dataset: DatasetRef;
  readonly limits: SinkLimits;
  /** An emulator keeps streams in memory: after its restart NOT_FOUND is the truth, and final. */
  readonly isEmulator: boolean;
  /** For the one row of a probe, which is never written. */
  readonly encoder: RowEncoder;
  readonly inspectTable?: InspectTable | undefined;
}

/** Codes of a failed finalize which may mean that the stream was finalized before. */
const UNCLEAR: ReadonlySet<number> = new Set([GRPC_STATUS.FAILED_PRECONDITION, GRPC_STATUS.INVALID_ARGUMENT]);
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
      this.#untilDefinite(`new write stream for ${table}`, table, () => this.#options.rpc.createWriteStream(tablePath)),
    );
  }

  /**
   * NOT_FOUND is `gone` on an emulator and for a stream old enough to have expired. Otherwise it is retried: the stream
   * may not be known everywhere yet.
   */
  finalize(stream: StreamRef): Promise<FinalizeOutcome> {
    return this.#finalizes.run(() =>
      this.#untilDefinite<FinalizeOutcome>(`finalize of ${stream.name}`, stream.table, async () => {
        try {
          const { rowCount } = await this.#options.rpc.finalizeWriteStream(stream.name);
          return { state: 'finalized', rowCount };
        } catch (error) {
          if (!(error instanceof RpcError)) throw error;
          // Finalized before, but the answer has no row count: a query counts the rows, as for a stream that is gone.
          if (saysFinalized(error)) return { state: 'gone' };
          if (isNotFound(error) && this.#canBeGone(stream)) return { state: 'gone' };
          if (UNCLEAR.has(error.code) && !isNotFound(error)) return this.#probed(stream, error);
          throw error;
        }
      }),
    );
  }

  /** Probes the stream with an append after an unclear answer to its finalize. */
  async #probed(stream: StreamRef, refusal: RpcError): Promise<FinalizeOutcome> {
    const { limits } = this.#options;
    const found = await probeStream(stream, { ...this.#options, answerWithinMs: limits.appendDeadlineMs });
    if (found.state === 'finalized') return { state: 'gone' };
    const seen = found.state === 'live' ? 'the stream takes rows' : `an append is answered by ${found.said}`;
    // Retried: only "finalized" may let a successor begin.
    throw new RpcError(GRPC_STATUS.ABORTED, `code ${refusal.code}, ${refusal.message}; and ${seen}`);
  }

  open(stream: StreamRef): StreamAppender {
    return new AppendStream({ ...this.#options, stream });
  }

  #canBeGone({ createdAtMs }: StreamRef): boolean {
    if (this.#options.isEmulator) return true;
    const { runtime, limits } = this.#options;
    return runtime.nowMs() - createdAtMs >= limits.streamExpiresAfterMs;
  }

  async #untilDefinite<T>(what: string, table: AppendTable, ask: () => Promise<T>): Promise<T> {
    const { runtime, limits, inspectTable } = this.#options;
    const about = { service: 'bigquery-write', what } as const;
    const patience = new Patience(runtime, limits, this.#options, about);
    const youth = { ...limits, unreachableAfterMs: limits.notFoundPatienceMs };
    const tooLong = (error: Error) => notFoundForTooLong(what, table, limits.notFoundPatienceMs, error);
    const notFoundPatience = new Patience(runtime, youth, this.#options, { ...about, tooLong });
    for (;;) {
      try {
        const answer = await ask();
        patience.success();
        return answer;
      } catch (failure) {
        if (!(failure instanceof RpcError)) throw failure;
        if (HOPELESS.has(failure.code) && !isNotFound(failure)) {
          throw new UnreachableError(`${what}: ${failure.message}. Check the dataset, the schema and permissions`, {
            cause: failure,
          });
        }
        if (!isNotFound(failure)) await patience.wait(failure);
        else {
          const fault = await inspectTable?.(table);
          if (fault !== undefined) throw fault;
          await notFoundPatience.wait(failure);
        }
      }
    }
  }
}

function isNotFound(error: RpcError): boolean {
  return error.code === GRPC_STATUS.NOT_FOUND || NOT_FOUND_ERRORS.has(error.storageErrorCode);
}

const NOT_FOUND_ERRORS: ReadonlySet<string | undefined> = new Set(['STREAM_NOT_FOUND', 'TABLE_NOT_FOUND']);
