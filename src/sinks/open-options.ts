/** What a sink is opened with, besides its place. Types only. */
import type { Runtime } from '../base/runtime.ts';
import type { RowLayout } from '../payments/row-layout.ts';

/** A service that is waited for; as the events service.waiting and service.recovered have it. */
export interface SinkWaiting {
  readonly service: string;
  readonly what: string;
  readonly waitedMs: number;
  readonly limitMs: number;
  readonly error: string;
}

export interface OpenSinkOptions {
  readonly runtime: Runtime;
  /** What the rows of these rules hold: the tables must have its columns. Default: no rules. */
  readonly layout?: RowLayout | undefined;
  readonly limits?: {
    /** How long a service may be away. */
    readonly unreachableAfterMs?: number;
    readonly maxInFlightBytes?: number;
    readonly appendDeadlineMs?: number;
  };
  readonly onWaiting?: ((waiting: SinkWaiting) => void) | undefined;
  readonly onRecovered?: ((recovered: Pick<SinkWaiting, 'service' | 'what' | 'waitedMs'>) => void) | undefined;
}
