/** What many runs add up to. Counts of parts can be merged in any order; plain data, so that it passes between threads. */
import type { CasePlan } from '../sim/case/case-plan.ts';
import type { CoverageMark } from '../sim/case/coverage-marks.ts';
import type { CaseOutcome } from '../sim/case/sim-case.ts';

export interface OutcomeCounts {
  runs: number;
  records: number;
  virtualMs: number;
  planned: number;
  fired: number;
  /** Fired while records waited for a checkpoint. */
  overlapping: number;
  /** Runs in which at least three planned faults fired. */
  runsWithThreeFaults: number;
  /** Planned faults that fired, by what they are. */
  readonly faults: Record<string, number>;
  /** Effects on answers, planned ones and noise, as `append:lost_after`. */
  readonly answers: Record<string, number>;
  readonly marks: Partial<Record<CoverageMark, number>>;
}

export function emptyCounts(): OutcomeCounts {
  const counts = { runs: 0, records: 0, virtualMs: 0, planned: 0, fired: 0, overlapping: 0, runsWithThreeFaults: 0 };
  return { ...counts, faults: {}, answers: {}, marks: {} };
}

export function addRun(counts: OutcomeCounts, plan: CasePlan, outcome: CaseOutcome): void {
  counts.runs++;
  counts.records += plan.workload.length;
  counts.virtualMs += outcome.virtualMs;
  counts.planned += plan.faults.length;
  counts.fired += outcome.fired.length;
  counts.overlapping += outcome.overlapping;
  if (outcome.fired.length >= 3) counts.runsWithThreeFaults++;
  for (const { what } of outcome.fired) add(counts.faults, what, 1);
  for (const [effect, count] of outcome.effects) add(counts.answers, effect, count);
  for (const [mark, count] of outcome.marks) add(counts.marks, mark, count);
}

export function merge(into: OutcomeCounts, from: OutcomeCounts): void {
  into.runs += from.runs;
  into.records += from.records;
  into.virtualMs += from.virtualMs;
  into.planned += from.planned;
  into.fired += from.fired;
  into.overlapping += from.overlapping;
  into.runsWithThreeFaults += from.runsWithThreeFaults;
  for (const name of ['faults', 'answers', 'marks'] as const) {
    for (const [key, count] of Object.entries(from[name])) add(into[name] as Record<string, number>, key, count);
  }
}

/** With its keys in order: the same counts give the same document, in any order of counting. */
export function sorted(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function add<K extends string>(counts: Partial<Record<K, number>>, key: K, count: number): void {
  counts[key] = (counts[key] ?? 0) + count;
}
