/**
 * The faults, as plain JSON: what is broken and how. Each family has a module that knows how to do it, how to undo it, and
 * how to count what it did. When it happens, and how long it lasts, is the plan's (FaultPlan), and the lab's to keep.
 */
import type { BigQueryFault } from './bigquery-faults.ts';
import type { CheckpointFault } from './checkpoint-faults.ts';
import type { HostFault } from './host-faults.ts';
import type { KafkaFault } from './kafka-faults.ts';
import type { NetworkFault } from './network-faults.ts';
import type { ProcessFault } from './process-faults.ts';

export type Fault = NetworkFault | KafkaFault | BigQueryFault | ProcessFault | HostFault | CheckpointFault;
export type FaultName = Fault['fault'];

/** Default: at once. */
export type FaultWhen =
  /** The n-th (default first) event of that type that any processor, or the named one, emits from now on. */
  | { readonly event: string; readonly nth?: number; readonly processor?: string }
  /** Kafka has acknowledged so many records since the world began. */
  | { readonly acknowledged: number }
  /** ms from now. */
  | { readonly afterMs: number };

/** A fault with its time. Without lastsMs it lasts until it is healed by hand, or by the end of the story. */
export type FaultPlan = Fault & { readonly when?: FaultWhen; readonly lastsMs?: number };

/** A fault that was done. */
export interface AppliedFault {
  /** When it has really hurt: at once for most, at the n-th answer for those that wait for one. Never rejects. */
  readonly hit: Promise<void>;
  /** Nothing lasts once it has hit: it counts as healed then. */
  readonly isOver: boolean;
  /** Undoes it; nothing to do for what is over by itself. */
  heal(): Promise<void>;
  /** What it did so far, by name. */
  counts(): Readonly<Record<string, number>>;
}

/** Nothing lasts: it is done, and was healed in the same moment. */
export function doneAtOnce(counts: Readonly<Record<string, number>> = {}): AppliedFault {
  return { hit: Promise.resolve(), isOver: true, heal: async () => {}, counts: () => counts };
}

/** It lasts until it is undone. */
export function lasting(
  heal: () => Promise<void> | void,
  counts: () => Readonly<Record<string, number>> = () => ({}),
): AppliedFault {
  return { hit: Promise.resolve(), isOver: false, heal: async () => heal(), counts };
}

/** For people: the name, and what the plan says besides its time. */
export function faultText(plan: FaultPlan): string {
  const { fault, when: _when, lastsMs, ...details } = plan;
  const said = Object.entries(details).map(([name, value]) => `${name} ${textOf(value)}`);
  const time = lastsMs === undefined ? [] : [`for ${lastsMs} ms`];
  return [fault, ...said, ...time].join(', ');
}

function textOf(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
