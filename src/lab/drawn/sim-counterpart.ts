/**
 * A drawn plan as a case of the simulated world, as far as its faults exist there: a failure that shows there too is shrunk
 * in seconds, and replayed to the byte. The first of the same records come in the same time; moments that real parts count
 * in records are times there. What has no counterpart is listed, and left out.
 */
import { generatePayments } from '../../simulator/generate.ts';
import { resolvePlan } from '../../simulator/plan.ts';
import type { CasePlan } from '../sim/case/case-plan.ts';
import { CALM, type Fault } from '../sim/case/plan.ts';
import type { WorkloadRecord } from '../sim/case/workload.ts';
import { EPOCH_MS } from '../sim/world/context.ts';
import { type DrawnPlan, kindOf, type Strike } from './drawn-plan.ts';
import { dialsOf } from './drawn-workload.ts';

export interface SimCounterpart {
  /** Undefined where no fault of the plan exists there. */
  readonly plan: CasePlan | undefined;
  /** Kinds of strikes that it leaves out. */
  readonly leftOut: readonly string[];
}

/** Records are sent this much longer than the last fault lasts. */
const AFTER_MS = 3_000;
/** The first takeovers are over by then. */
const BEGIN_MS = 1_500;
/** Fewer than on real parts: a run is to take a fraction of a second, and a plan must fit into a command line. */
const RECORDS_MAX = 160;
const HEAL_AFTER_MS = 15_000;
const SECOND_OWNER = 'gamma';

export function simCounterpart(plan: DrawnPlan, seed: number): SimCounterpart {
  const faults: Fault[] = [];
  const leftOut: string[] = [];
  let atMs = BEGIN_MS;
  for (const strike of plan.strikes) {
    atMs += Math.round((strike.afterRecords / plan.workload.ratePerSecond) * 1_000);
    const found = faultsOf(strike, atMs, plan);
    if (found.length === 0) leftOut.push(kindOf(strike));
    faults.push(...found);
    // A restart and a takeover come between.
    if (strike.what !== 'fault') atMs += AFTER_MS;
  }
  if (faults.length === 0) return { plan: undefined, leftOut };
  const isShared = plan.strikes.some(({ what }) => what === 'second-group');
  const spanMs = atMs + AFTER_MS;
  const workload = workloadOf(plan, spanMs);
  const lives = [...plan.processors, ...(isShared ? [SECOND_OWNER] : [])];
  const decision = { watermarkDelayMs: plan.watermarkDelayMs };
  return {
    plan: {
      seed,
      partitions: plan.partitions,
      processes: lives,
      separateGroups: isShared,
      workload,
      faults,
      noise: { ...CALM, latencyMsMax: 50 },
      dialect: 'emulator',
      isEmulator: true,
      healAtMs: spanMs + HEAL_AFTER_MS,
      limits: { checkpointIntervalMs: plan.checkpointIntervalMs },
      decisions: Object.fromEntries(
        lives.flatMap((name) => [1, 2, 3, 4, 5, 6].map((life) => [`${name}.${life}`, decision])),
      ),
    },
    leftOut,
  };
}

/** Text is text there: bytes that are no UTF-8 come as what a reader makes of them. */
function workloadOf(plan: DrawnPlan, spanMs: number): WorkloadRecord[] {
  const { ratePerSecond } = plan.workload;
  const count = Math.min(RECORDS_MAX, Math.ceil((spanMs / 1_000) * ratePerSecond));
  const records: WorkloadRecord[] = [];
  for (const { partition, key, value } of generatePayments(resolvePlan(dialsOf(plan), EPOCH_MS))) {
    if (records.length >= count) break;
    const atMs = Math.floor((records.length / count) * spanMs);
    records.push({ atMs, partition, key, value: value === null ? null : value.toString('utf8') });
  }
  return records;
}

function faultsOf(strike: Strike, atMs: number, { processors }: DrawnPlan): Fault[] {
  const when = { atMs };
  switch (strike.what) {
    case 'kill':
    case 'stop': {
      const { processor: process, damage, restartAfterMs } = strike;
      const end: Fault = { what: strike.what === 'kill' ? 'crash' : 'stop', process, restartAfterMs, when };
      if (damage === undefined) return [end];
      const effect = damage === 'delete' ? 'lost' : damage === 'swap' ? 'foreign' : 'corrupted';
      return [end, { what: 'disk', process, effect, when: { atMs: atMs + Math.min(1, restartAfterMs) } }];
    }
    case 'crash-point': {
      const { processor: process, point, hit, restartAfterMs } = strike;
      return [{ what: 'crash', restartAfterMs, when: { point, hit, process } }];
    }
    case 'pause':
      return [{ what: 'pause', process: strike.processor, forMs: strike.lastsMs, when }];
    case 'out-of-files':
      return []; // nobody opens anything there
    case 'reset-group':
      return [
        { what: 'reset_offsets', to: strike.to, when },
        ...processors.map((process): Fault => ({ what: 'stop', process, when })),
      ];
    case 'second-group':
      return [{ what: 'crash', process: SECOND_OWNER, restartAfterMs: 1, when }];
    case 'fault':
      return libraryFault(strike.fault, when);
  }
}

function libraryFault(fault: Extract<Strike, { what: 'fault' }>['fault'], when: { atMs: number }): Fault[] {
  switch (fault.fault) {
    case 'sink.finalize-streams':
      return [{ what: 'streams_finalized', partition: fault.partition, when }];
    case 'network.cut':
    case 'network.black-hole': {
      const forMs = 'lastsMs' in fault && fault.lastsMs !== undefined ? fault.lastsMs : 1;
      return [fault.on === 'kafka' ? { what: 'leader_loss', forMs, when } : { what: 'bigquery_down', forMs, when }];
    }
    case 'storage.answer': {
      const point = { AppendRows: 'append', CreateWriteStream: 'create_stream', FinalizeWriteStream: 'finalize' }[
        fault.method
      ];
      const at = { point, hit: fault.nth };
      const { answer } = fault;
      if (answer.kind === 'hold-answer') return [{ what: 'answer', effect: 'late', delayMs: answer.delayMs, when: at }];
      if (answer.kind === 'lose-answer' || answer.kind === 'reset')
        return [{ what: 'answer', effect: 'lost_after', when: at }];
      const effect = ({ 8: 'resource_exhausted', 10: 'aborted', 13: 'internal' } as const)[answer.code as 8 | 10 | 13];
      return [{ what: 'answer', effect: effect ?? 'unavailable', when: at }];
    }
    case 'rest.answer': {
      if (fault.match.body === undefined) return [];
      const at = { point: 'claim', hit: fault.nth };
      if (fault.answer.kind === 'hold-answer')
        return [{ what: 'answer', effect: 'late', delayMs: fault.answer.delayMs, when: at }];
      return fault.answer.kind === 'lose-answer' || fault.answer.kind === 'garbage'
        ? [{ what: 'answer', effect: 'lost_after', when: at }]
        : [];
    }
    case 'kafka.answer':
      return fault.request === 'offset-commit'
        ? [{ what: 'answer', effect: 'lost_after', when: { point: 'commit', hit: fault.nth } }]
        : [];
    case 'network.delay':
    case 'network.half-open':
      return [];
  }
}
