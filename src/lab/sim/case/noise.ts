/** What goes wrong in a simulated world by chance, beside its planned faults. Plain data. */
import type { AnswerEffect, Operation } from './answers.ts';

/** How rough the world is beside its planned faults; all probabilities are per request or answer. */
export interface Noise {
  /** Upper bound of an ordinary one-way delay. */
  readonly latencyMsMax: number;
  readonly slowChance: number;
  readonly slowMsMax: number;
  readonly effects: Partial<Record<Operation, Partial<Record<AnswerEffect, number>>>>;
  /** Landed rows show only after up to this long (at the latest when they are acknowledged). */
  readonly visibilityLagChance: number;
  readonly visibilityLagMsMax: number;
  readonly fetchRecordsMax: number;
  readonly emptyFetchChance: number;
  /** The client delivers again what is below the position, or goes back to it. */
  readonly redeliveryChance: number;
  /** After a rejoin a reader continues from the committed offset, as kafkajs does. */
  readonly rejoinFromCommittedChance: number;
}

/** A world in order: some latency, nothing lost. */
export const CALM: Noise = {
  latencyMsMax: 10,
  slowChance: 0,
  slowMsMax: 0,
  effects: {},
  visibilityLagChance: 0,
  visibilityLagMsMax: 0,
  fetchRecordsMax: 50,
  emptyFetchChance: 0,
  redeliveryChance: 0,
  rejoinFromCommittedChance: 0,
};
