/**
 * What of a case can be done on real parts, and how: a plan becomes steps, or reasons why not. Pure. The simulated world
 * decides the answer to every request; real parts are killed, stopped, paused and deprived of their disk.
 */
import { CRASH_POINTS, type CrashPoint } from '../../processor/crash-points.ts';
import type { CasePlan } from '../sim/case/case-plan.ts';
import type { Fault, When } from '../sim/case/plan.ts';

/** A fault at a time of the run, or once so many records were folded. */
export interface TimedFault {
  readonly fault: Fault & { readonly what: 'crash' | 'stop' | 'pause' | 'disk' | 'reset_offsets' };
  readonly when: Exclude<When, { point: string }>;
}

export interface RealSteps {
  /** By process: where its first life ends itself with SIGKILL, and when it comes back. */
  readonly crashPoints: ReadonlyMap<string, { point: CrashPoint; hit: number; restartAfterMs: number }>;
  readonly timed: readonly TimedFault[];
  /** Why the plan cannot be done as it stands; empty where it can. */
  readonly cannot: readonly string[];
}

/** As in the simulated world (world-faults.ts). */
const RESTART_AFTER_MS = 500;

export function realSteps(plan: CasePlan): RealSteps {
  const crashPoints = new Map<string, { point: CrashPoint; hit: number; restartAfterMs: number }>();
  const timed: TimedFault[] = [];
  const cannot: string[] = [];
  for (const fault of plan.faults) {
    const refuse = (why: string): void => void cannot.push(`${why}: ${JSON.stringify(fault)}`);
    if (fault.what === 'crash' && 'point' in fault.when) {
      const process = fault.when.process ?? (plan.processes.length === 1 ? plan.processes[0] : undefined);
      const point = CRASH_POINTS.find((name) => 'point' in fault.when && name === fault.when.point);
      if (process === undefined) refuse('real processes do not count the points they pass together');
      else if (point === undefined) refuse('a real process has no such crash point');
      else if (crashPoints.has(process)) refuse('one crash point per process');
      else {
        const { restartAfterMs = RESTART_AFTER_MS } = fault;
        crashPoints.set(process, { point, hit: fault.when.hit, restartAfterMs });
      }
    } else if ('point' in fault.when) refuse('only a crash can be had at a named point');
    else if (isTimed(fault)) timed.push({ fault, when: fault.when });
    else refuse('no counterpart on real parts');
  }
  if (plan.workload.some(({ transaction }) => transaction !== undefined)) {
    cannot.push('records in transactions: nothing sends them to a real broker yet');
  }
  if (plan.decisions !== undefined) cannot.push('settings by life: not on real parts yet');
  if (plan.survivor !== undefined) cannot.push('one process alone in the end: real processes all come back');
  if (plan.compaction !== undefined)
    cannot.push('local state that is compacted early: real journals have their own limits');
  return { crashPoints, timed, cannot };
}

function isTimed(fault: Fault): fault is TimedFault['fault'] {
  if (fault.what === 'disk') return fault.effect === 'lost';
  return ['crash', 'stop', 'pause', 'reset_offsets'].includes(fault.what);
}
