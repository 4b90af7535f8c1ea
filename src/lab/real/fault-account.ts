/**
 * Fault accounting, as a pure function of a run's history: how much work was in flight while a fault lasted, and how far
 * the pipeline got during and after it. A fault that met no work, or after which nothing was processed, proves nothing.
 */
import type { FaultRecord } from '../artifacts.ts';
import type { Scenario } from '../scenario.ts';

/** A count had reached `total` at that time. In lists ascending in both. */
export interface Progress {
  readonly atMs: number;
  readonly total: number;
}

export interface RunHistory {
  /** Records that Kafka had acknowledged, over all partitions. */
  readonly acknowledged: readonly Progress[];
  /** Records below checkpoints, over all partitions. */
  readonly checkpointed: readonly Progress[];
}

export type FaultAccount = Pick<FaultRecord, 'inFlightRecords' | 'progressDuring' | 'progressAfter'>;

/**
 * `healedAtMs` null: it lasts to the end. `ownRecords`: the records that were in flight by the nature of the fault, seen by
 * the history or not.
 */
export function accountOf(
  firedAtMs: number | null,
  healedAtMs: number | null,
  history: RunHistory,
  ownRecords = 0,
): FaultAccount {
  if (firedAtMs === null) return { inFlightRecords: null, progressDuring: 0, progressAfter: 0 };
  const { acknowledged, checkpointed } = history;
  const untilMs = healedAtMs ?? Number.POSITIVE_INFINITY;
  const moments = [firedAtMs, ...[...acknowledged, ...checkpointed].map(({ atMs }) => atMs)];
  const during = moments.filter((atMs) => atMs >= firedAtMs && atMs <= untilMs);
  const inFlight = during.map((atMs) => totalAt(acknowledged, atMs) - totalAt(checkpointed, atMs));
  const [atFiring, atHealing] = [totalAt(checkpointed, firedAtMs), totalAt(checkpointed, untilMs)];
  return {
    inFlightRecords: Math.max(ownRecords, ...inFlight),
    progressDuring: atHealing - atFiring,
    progressAfter: totalAt(checkpointed, Number.POSITIVE_INFINITY) - atHealing,
  };
}

/**
 * The records of a produce request whose answer is lost are in Kafka, and no acknowledgement says so: the history does not
 * know them, and they are what the fault is about. One, at least.
 */
export function ownRecordsOf(fault: string, plan: FaultRecord['plan']): number {
  return fault === 'kafka_answer' && plan.request === 'produce' ? 1 : 0;
}

function totalAt(marks: readonly Progress[], atMs: number): number {
  return marks.findLast((mark) => mark.atMs <= atMs)?.total ?? 0;
}

/** Why a planned fault does not count; empty where it does. A pipeline that stops by design need not move afterwards. */
export function faultProblems(
  record: FaultRecord,
  { ending = 'drained', faultsMeet = 'work' }: Pick<Scenario, 'ending' | 'faultsMeet'>,
): string[] {
  const { id, text, firedAtMs, healedAtMs, inFlightRecords, progressAfter } = record;
  const name = `fault ${id} (${text})`;
  if (firedAtMs === null) return [`${name} did not fire`];
  const problems: string[] = [];
  if (faultsMeet === 'work' && inFlightRecords === 0) problems.push(`${name} met no work in flight`);
  if (healedAtMs === null) problems.push(`${name} was not healed`);
  if (faultsMeet === 'work' && ending === 'drained' && healedAtMs !== null && progressAfter === 0) {
    problems.push(`${name}: nothing was processed after it`);
  }
  return problems;
}
