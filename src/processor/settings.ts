/** The settings of one processor. It reads everything else from the log and the sink. */
import type { LoadedRules } from '../payments/rules/rules.ts';
import type { DecisionSettings, FixedSettings } from '../payments/types.ts';
import type { ProcessorLimits } from './limits.ts';

/** Where a partition begins. It takes effect when the partition is seeded, and never later. */
export type StartAt =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'timestamp'; readonly timestampMs: number }
  /** An offset for every partition: the next record to be processed. `file`: where they come from. */
  | { readonly kind: 'offsets'; readonly file: string; readonly offsets: ReadonlyMap<number, number> }
  /** What another group has committed. */
  | { readonly kind: 'group'; readonly groupId: string };

/** What is stored when a partition is seeded; the minimum event time is counted back from that moment. */
export interface SeedSettings extends Omit<FixedSettings, 'minEventTimeMs'> {
  readonly minEventAgeMs: number;
}

/** What a new entry of a settings history says. */
export interface WantedSettings {
  /** Of the rules, or SETTINGS_REVISION without them. Raised with every change. Default: 0. */
  readonly revision?: number;
  /** With rules, `fraud` is theirs. */
  readonly decision: DecisionSettings;
  readonly rules?: LoadedRules;
  /** The name of the file with the rules, for messages. */
  readonly rulesFile?: string;
}

export interface ProcessorSettings extends WantedSettings {
  readonly topic: string;
  /** Names this process in ownership rows, checkpoints and logs. */
  readonly owner: string;
  readonly seed: SeedSettings;
  readonly startAt: StartAt;
  /** End with 0 once everything that the topic held at start is below a checkpoint of any process. */
  readonly untilCaughtUp: boolean;
  /** Run although one fast clock can make good payments late (clock-rule.ts). */
  readonly acceptClockRisk: boolean;
  /** Begin a new dataset although none of the topic's first records is a payment (first-look.ts). */
  readonly acceptNothing: boolean;
  readonly limits: ProcessorLimits;
}
