/**
 * A drawn plan as a case of the simulated world, where a failure is shrunk in seconds and replayed to the byte. Faults of both
 * worlds are taken as they are; some others have a counterpart that does the same to a processor; the rest is left out, and
 * listed. It has the first of the same records, and times where real parts count records.
 */
import { generatePayments } from '../../simulator/generate.ts';
import { resolvePlan } from '../../simulator/plan.ts';
import type { SimFault } from '../fault.ts';
import type { CasePlan } from '../sim/case/case-plan.ts';
import { CALM } from '../sim/case/noise.ts';
import type { WorkloadRecord } from '../sim/case/workload.ts';
import { EPOCH_MS } from '../sim/world/context.ts';
import { type DrawnFault, type DrawnPlan, kindOf, laneOf } from './drawn-plan.ts';
import { dialsOf } from './drawn-workload.ts';

export interface SimCounterpart {
  /** Undefined where no fault of the plan exists there. */
  readonly plan: CasePlan | undefined;
  /** Kinds of faults that it leaves out. */
  readonly leftOut: readonly string[];
}

/** Records are sent this much longer than the last fault lasts. */
const AFTER_MS = 3_000;
/** The first takeovers have ended by then. */
const BEGIN_MS = 1_500;
/** Fewer than on real parts: a run is to take a fraction of a second, and a plan must fit into a command line. */
const RECORDS_MAX = 160;
const HEAL_AFTER_MS = 15_000;
const SECOND_OWNER = 'gamma';

export function simCounterpart(plan: DrawnPlan, seed: number): SimCounterpart {
  const faults: SimFault[] = [];
  const leftOut: string[] = [];
  let atMs = BEGIN_MS;
  for (const drawn of plan.faults) {
    atMs += Math.round(((drawn.when?.afterRecords ?? 0) / plan.workload.ratePerSecond) * 1_000);
    const found = faultsOf(drawn, atMs, plan);
    if (found.length === 0) leftOut.push(kindOf(drawn));
    faults.push(...found);
    // A restart and a takeover come between.
    if (laneOf(drawn) === 'processors') atMs += AFTER_MS;
  }
  if (faults.length === 0) return { plan: undefined, leftOut };
  const isShared = plan.faults.some(({ what }) => what === 'second_owner');
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

/** Values are text there: bytes that are not UTF-8 come with replacement characters. */
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

function faultsOf(drawn: DrawnFault, atMs: number, { processors }: DrawnPlan): SimFault[] {
  const when = { atMs };
  switch (drawn.what) {
    case 'crash': {
      const { when: at, ...crash } = drawn;
      if (!('point' in at)) return [{ ...crash, when }];
      const { process, ...anyProcess } = crash;
      return [{ ...anyProcess, when: { point: at.point, hit: at.hit, process } }];
    }
    case 'stop':
    case 'pause':
    case 'streams_finalized':
      return [{ ...drawn, when }];
    case 'reset_offsets':
      return [{ ...drawn, when }, ...processors.map((process): SimFault => ({ what: 'stop', process, when }))];
    case 'second_owner':
      return [{ what: 'crash', process: SECOND_OWNER, restartAfterMs: 1, when }];
    case 'network_cut':
    case 'network_black_hole': {
      const { forMs = 1 } = drawn;
      return [drawn.on === 'kafka' ? { what: 'leader_loss', forMs, when } : { what: 'bigquery_down', forMs, when }];
    }
    case 'storage_answer':
      return [ofAppendAnswer(drawn)];
    case 'rest_answer':
      return ofRestAnswer(drawn);
    case 'kafka_answer':
      return drawn.request === 'offset-commit'
        ? [{ what: 'answer', effect: 'lost_after', when: { point: 'commit', hit: drawn.nth } }]
        : [];
    case 'network_delay':
    case 'network_half_open':
    case 'out_of_files': // no process opens anything there
      return [];
    default:
      return drawn satisfies never;
  }
}

type Of<What extends DrawnFault['what']> = Extract<DrawnFault, { what: What }>;

function ofAppendAnswer({ method, nth, answer }: Of<'storage_answer'>): SimFault {
  const point = { AppendRows: 'append', CreateWriteStream: 'create_stream', FinalizeWriteStream: 'finalize' }[method];
  const when = { point, hit: nth };
  if (answer.kind === 'hold-answer') return { what: 'answer', effect: 'late', delayMs: answer.delayMs, when };
  if (answer.kind === 'lose-answer' || answer.kind === 'reset') return { what: 'answer', effect: 'lost_after', when };
  const effect = ({ 8: 'resource_exhausted', 10: 'aborted', 13: 'internal' } as const)[answer.code as 8 | 10 | 13];
  return { what: 'answer', effect: effect ?? 'unavailable', when };
}

function ofRestAnswer({ match, nth, answer }: Of<'rest_answer'>): SimFault[] {
  if (match.body === undefined) return [];
  const when = { point: 'claim', hit: nth };
  if (answer.kind === 'hold-answer') return [{ what: 'answer', effect: 'late', delayMs: answer.delayMs, when }];
  const isLost = answer.kind === 'lose-answer' || answer.kind === 'garbage';
  return isLost ? [{ what: 'answer', effect: 'lost_after', when }] : [];
}
