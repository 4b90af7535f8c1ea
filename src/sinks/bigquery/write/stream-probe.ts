/**
 * Finds out whether a stream still takes rows when the answer to its finalize leaves that open: sends one append at an
 * offset that no stream reaches. A live stream answers that the offset is past its end, a finalized one that it is
 * finalized.
 * Invariant: the probe writes nothing. The whole protocol relies on it that a row lands at the end of its stream or not
 * at all.
 */

import { UnreachableError } from '../../../base/errors.ts';
import type { Runtime } from '../../../base/runtime.ts';
import { spanText } from '../../../base/span-text.ts';
import type { AppendTable } from '../../../payments/types.ts';
import type { AppendRows, RowEncoder, StreamRef } from '../ports.ts';
import { batchOf } from '../rows/batch-of.ts';
import { readAppendFailure } from './append-answers.ts';
import { type AppendAnswer, type AppendCall, GRPC_STATUS, RpcError, type WriteRpc } from './write-rpc.ts';

/** Rows: a stream would have to take a million a second for 35 years. */
export const FAR_OFFSET = 2 ** 50;
/** Marks a probe's row, should one ever be stored: owners have epochs from 1 on, backfill has 0. */
const NOBODYS_EPOCH = -1;

export interface StreamProbeOptions {
  readonly rpc: WriteRpc;
  readonly runtime: Runtime;
  readonly encoder: RowEncoder;
  readonly answerWithinMs: number;
}

/** `unclear`: neither of the two; `code` and `said` are those of the answer. */
export type StreamState =
  | { readonly state: 'finalized' }
  | { readonly state: 'live' }
  | { readonly state: 'unclear'; readonly code: number | undefined; readonly said: string };

export type ProbedStream = Pick<StreamRef, 'name' | 'table'>;

/** Rejects with UnreachableError if the service accepts the probe's row: then the protocol's assumptions fail. */
export async function probeStream(stream: ProbedStream, options: StreamProbeOptions): Promise<StreamState> {
  const { rpc, runtime, answerWithinMs } = options;
  const { promise, resolve } = Promise.withResolvers<AppendAnswer | RpcError>();
  const silence = new AbortController();
  let call: AppendCall | undefined;
  try {
    call = rpc.appendRows(stream.name, {
      onAnswer: resolve,
      onEnd: (error) => resolve(error ?? new RpcError(GRPC_STATUS.UNAVAILABLE, 'the service ended the connection')),
    });
    call.write({
      writeStream: stream.name,
      offset: FAR_OFFSET,
      payload: probeRows(stream.table, options),
      withSchema: true,
    });
    runtime.sleep(answerWithinMs, silence.signal).then(
      () => resolve(new RpcError(GRPC_STATUS.DEADLINE_EXCEEDED, `no answer for ${spanText(answerWithinMs)}`)),
      () => {},
    );
    return stateOf(stream, await promise);
  } finally {
    silence.abort(new Error('answered'));
    call?.cancel();
  }
}

function stateOf({ name }: ProbedStream, answer: AppendAnswer | RpcError): StreamState {
  if (!(answer instanceof RpcError) && answer.acknowledged) {
    throw new UnreachableError(
      `${name}: BigQuery took a row at stream offset ${FAR_OFFSET}, far past the end of the stream. Nothing can be written safely ` +
        'where offsets do not count: run `provenonce conformance`, and look for rows with writer_epoch -1',
    );
  }
  const error = answer instanceof RpcError ? answer : answer.error;
  if (error === undefined)
    return { state: 'unclear', code: undefined, said: 'neither an error nor an acknowledgement' };
  const { kind } = readAppendFailure(error);
  if (kind === 'finalized') return { state: 'finalized' };
  if (kind === 'out_of_range') return { state: 'live' };
  return { state: 'unclear', code: error.code, said: `code ${error.code}, ${error.message}` };
}

/** One valid row of the table. */
function probeRows<T extends AppendTable>(table: T, { encoder, runtime }: StreamProbeOptions): unknown {
  const nowMs = runtime.nowMs();
  const stamp = { partition: 0, writerEpoch: NOBODYS_EPOCH, processedAtMs: nowMs };
  return encoder.encode(table, batchOf(table, [sampleRows(nowMs)[table]]), stamp).payload;
}

function sampleRows(nowMs: number): { readonly [T in AppendTable]: AppendRows[T] } {
  const nobody = 'provenonce-probe';
  const accepted: AppendRows['payment_transactions_fraud'] = {
    kafkaOffset: 0,
    payment: {
      transactionId: nobody,
      senderAccountId: nobody,
      receiverAccountId: nobody,
      amount: 1n,
      currency: 'XXX',
      deviceId: nobody,
      ipAddress: nobody,
      eventTimeMs: nowMs,
      region: nobody,
      paymentMethod: nobody,
    },
    fraud: {
      riskAmount: 'LOW',
      txnCount5Min: 0,
      uniqueDevicesSender: 0,
      geographicRisk: 0,
      fraudScore: 0,
      isHighRisk: false,
    },
  };
  return {
    payment_transactions: accepted,
    payment_transactions_fraud: accepted,
    payment_metrics_partials: {
      kafkaOffset: 0,
      windowStartMs: nowMs,
      windowEndMs: nowMs,
      region: nobody,
      currency: 'XXX',
      transactionCount: 0,
      totalAmount: 0n,
      minAmount: 0n,
      maxAmount: 0n,
    },
    payment_exceptions: {
      kafkaOffset: 0,
      disposition: 'rejected',
      reason: null,
      transactionId: nobody,
      eventTimeMs: null,
      recordTimeMs: nowMs,
      firstKafkaOffset: null,
      conflict: false,
      payload: null,
      payloadHash: null,
    },
    checkpoint_log: {
      topic: nobody,
      partition: 0,
      owner: nobody,
      writerEpoch: NOBODYS_EPOCH,
      nextOffset: 0,
      watermarkMs: nowMs,
      counters: { consumed: 0, accepted: 0, duplicates: 0, late: 0, rejected: 0 },
      streamOffsets: {
        payment_transactions: 0,
        payment_transactions_fraud: 0,
        payment_metrics_partials: 0,
        payment_exceptions: 0,
      },
      stateDigest: nobody,
      recordFingerprint: null,
    },
  };
}
