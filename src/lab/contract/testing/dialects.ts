/**
 * Where the emulator and the documented service answer differently, and what the contract expects of each. A world says
 * which one it speaks (`World.dialect`); the simulation follows the service unless told otherwise, because that is where the
 * processor runs in the end, and it speaks the emulator's dialect too, because the processor must read both.
 *
 * Same in both, and the whole protocol rests on it: offsets enforced in band, the expected offset named, finalize repeatable
 * with an exact row count, nothing appended after it, NOT_FOUND for a stream that is not known.
 *
 * Different, but out of the simulation's reach: REQUIRED columns (the emulator does not enforce them) and values that a
 * column cannot hold (the service answers with row errors, the emulator ends the call with UNKNOWN). The encoder cannot
 * produce either, so the simulation has row errors as an injected fault (`rows_refused`, as the service) and nothing else;
 * src/sinks/bigquery/write/write.contract.test.ts shows what the client makes of the emulator's way.
 */
import { GRPC_STATUS } from '../../../sinks/bigquery/write/write-rpc.ts';
import type { Dialect } from '../../sim/bigquery/sim-bigquery.ts';

export interface DialectFacts {
  /** In-band answer to an append on a finalized stream. */
  readonly finalized: { readonly code: number; readonly storageErrorCode: string | undefined };
}

export const DIALECTS: Readonly<Record<Dialect, DialectFacts>> = {
  // Java and Go integration tests against the service (bigquery facts, A2).
  service: { finalized: { code: GRPC_STATUS.INVALID_ARGUMENT, storageErrorCode: 'STREAM_FINALIZED' } },
  // bqemulator 1.4.0: a plain gRPC status, "Stream is FINALIZED; ...", without a StorageError.
  emulator: { finalized: { code: GRPC_STATUS.FAILED_PRECONDITION, storageErrorCode: undefined } },
};
