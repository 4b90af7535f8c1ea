/**
 * What of a case can be done on real parts, and how: a plan becomes steps, or reasons why not. Pure. The simulated world
 * decides the answer to every request; real parts are killed, stopped, paused and lose their local state.
 */
import type { SharedFault } from '../../../chaos/fault.ts';
import { CRASH_POINTS } from '../../processor/crash-points.ts';
import { existsIn, type SimFault, type SimWhen } from '../fault.ts';
import type { CasePlan } from '../sim/case/case-plan.ts';
import type { CrashAtPoint } from './do-fault.ts';

/** A fault of both worlds, at a time of the run or after a number of folded records. */
export type TimedFault = SharedFault & { readonly when: Exclude<SimWhen, { point: string }>; readonly forMs?: number };

export interface RealSteps {
  /** By process: where its first life kills itself, and when it is started again. */
  readonly crashPoints: ReadonlyMap<string, CrashAtPoint>;
  readonly timed: readonly TimedFault[];
  /** Why the plan cannot be done as it stands; empty where it can. */
  readonly cannot: readonly string[];
}

/** After these a processor may have to stop, and a replay has no excuse for that. */
const MAY_STOP: readonly string[] = ['recreate', 'partitions_added'];

export function realSteps(plan: CasePlan): RealSteps {
  const crashPoints = new Map<string, CrashAtPoint>();
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
      else if (isOtherDamage(fault)) refuse('on real parts a damage shows in a checksum');
      else {
        const { disk, restartAfterMs } = fault;
        crashPoints.set(process, { process, point, hit: fault.when.hit, disk, restartAfterMs });
      }
    } else if ('point' in fault.when) refuse('only a crash can be had at a named point');
    else if (!isShared(fault)) refuse('no counterpart on real parts');
    else if (isOtherDamage(fault)) refuse('on real parts a damage shows in a checksum');
    else timed.push(fault);
  }
  if (plan.workload.some(({ transaction }) => transaction !== undefined)) {
    cannot.push('records in transactions: nothing sends them to a real broker yet');
  }
  if (plan.decisions !== undefined) cannot.push('settings by life: not on real parts yet');
  if (plan.rules !== undefined) cannot.push('a rules file, and records in its form: not on real parts yet');
  if (plan.survivor !== undefined) cannot.push('one process alone in the end: real processes all come back');
  if (plan.compaction !== undefined)
    cannot.push('local state that is compacted early: real journals have their own limits');
  return { crashPoints, timed, cannot };
}

function isShared(fault: SimFault): fault is TimedFault {
  return existsIn(fault, 'real') && !MAY_STOP.includes(fault.what);
}

/** The simulated world changes values under a right checksum; real parts change bits of files. */
function isOtherDamage(fault: SimFault): boolean {
  const effect = fault.what === 'disk' ? fault.effect : 'disk' in fault ? fault.disk : undefined;
  return effect !== undefined && effect !== 'lost';
}
