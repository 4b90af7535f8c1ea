/**
 * What the sinks say of themselves: the events and crash points that are theirs. The names are stable (log lines, alert rules, saved
 * fault plans), and they are the sinks' words. This is the one file of the processor that knows them.
 */
import { APPEND_TABLES } from '../payments/types.ts';

/** BigQuery: steps of a fence. */
export type SinkEvent =
  | {
      readonly type: 'takeover.finalized';
      readonly partition: number;
      readonly epoch: number;
      readonly table: string;
      /** `gone`: it takes no rows and says no count. */
      readonly outcome: { readonly state: 'finalized'; readonly rowCount: number } | { readonly state: 'gone' };
    }
  | {
      readonly type: 'takeover.counts_differ';
      readonly partition: number;
      readonly table: string;
      readonly promised: number;
      readonly found: number;
      readonly waitedMs: number;
      /** After that it is a contradiction. */
      readonly limitMs: number;
    };

/** BigQuery: its external effects, in the order of a takeover. */
export const SINK_EFFECTS = [
  'stream.create',
  'ownership.seed',
  'ownership.claim',
  'ownership.settings',
  'stream.finalize',
  ...APPEND_TABLES.map((table) => `append.${table}` as const),
] as const;
export type SinkEffect = (typeof SINK_EFFECTS)[number];

/** Delta Lake: its commits, in the order of a takeover. */
export const DELTA_EFFECTS = [
  'ownership.seed',
  'ownership.claim',
  'table.fence',
  'ownership.settings',
  ...APPEND_TABLES.map((table) => `append.${table}` as const),
] as const;
export type DeltaEffect = (typeof DELTA_EFFECTS)[number];
export type DeltaCrashPoint = `${DeltaEffect}.before` | `${DeltaEffect}.after`;

/** Of the command `rescale`, in their order (operations/rescale-points.ts). */
export const RESCALE_EFFECTS = [
  'rescale.claim',
  'rescale.finalize',
  'rescale.partitions',
  'rescale.generation',
  'rescale.seed',
] as const;
