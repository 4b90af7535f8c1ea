/** What the calls to the simulated write service have in common: its state, and how injected faults show as errors. */
import { GRPC_STATUS, RpcError } from '../../../sinks/bigquery/write/write-rpc.ts';
import type { AnswerEffect } from '../case/answers.ts';
import type { SimContext } from '../world/context.ts';
import type { SimTables } from './sim-tables.ts';

/** What every connection to the service shares. */
export interface SimWriteService {
  readonly tables: SimTables;
  /** How a finalized stream is named in answers: the service and the emulator differ. */
  readonly dialect: 'service' | 'emulator';
  /** Virtual time until which no request is answered. */
  downUntilMs: number;
}

const REFUSALS: Partial<Record<AnswerEffect, number>> = {
  unavailable: GRPC_STATUS.UNAVAILABLE,
  aborted: GRPC_STATUS.ABORTED,
  internal: GRPC_STATUS.INTERNAL,
  internal_after: GRPC_STATUS.INTERNAL,
  resource_exhausted: GRPC_STATUS.RESOURCE_EXHAUSTED,
  append_refused: GRPC_STATUS.INVALID_ARGUMENT,
  invalid: GRPC_STATUS.INVALID_ARGUMENT,
  invalid_after: GRPC_STATUS.INVALID_ARGUMENT,
  not_found: GRPC_STATUS.NOT_FOUND,
  lost_before: GRPC_STATUS.UNAVAILABLE,
  lost_after: GRPC_STATUS.DEADLINE_EXCEEDED,
};

/** The error that an injected refusal shows as; undefined for effects that are no refusal. */
export function refusal(effect: AnswerEffect | undefined): RpcError | undefined {
  const code = effect === undefined ? undefined : REFUSALS[effect];
  return code === undefined ? undefined : new RpcError(code, `injected: ${effect}`);
}

/** The error that a request meets while the service is down. */
export function serviceDown(context: SimContext, service: SimWriteService): RpcError | undefined {
  if (context.scheduler.nowMs >= service.downUntilMs) return undefined;
  return new RpcError(GRPC_STATUS.UNAVAILABLE, 'the service is down');
}

/** `payment_transactions/s7`. */
export function shortName(streamName: string): string {
  return streamName.split('/').slice(-3).join('/').replace('/streams/', '/');
}
