/** The passes that make a case smaller (src/lab/delta-debugging.ts). */

import { fewerOf, firstFailing, type Pass } from '../delta-debugging.ts';
import type { SimFault, SimWhen } from '../fault.ts';
import type { CasePlan } from '../sim/case/case-plan.ts';
import { CALM, type Noise } from '../sim/case/noise.ts';
import type { WorkloadRecord } from '../sim/case/workload.ts';

type CasePass = Pass<CasePlan>;

/** Other seeds that are tried with a large change: what fails on a knife's edge may fail there again. */
const OTHER_SEEDS = 3;
/** Small enough to be read. */
const FEW_RECORDS = 10;

/** What the noise did to answers, as planned faults; the rest of the noise stays. */
export function withoutNoise(plan: CasePlan, drawn: readonly SimFault[]): CasePlan {
  return { ...plan, faults: [...plan.faults, ...drawn], noise: { ...plan.noise, effects: {} } };
}

const calmer: CasePass = async (plan, stillFails) => {
  if (isCalm(plan.noise)) return plan;
  const calm = await firstFailing(withOtherSeeds({ ...plan, noise: CALM }), stillFails);
  if (calm !== undefined) return calm;
  let smallest = plan;
  for (const name of Object.keys(CALM) as (keyof Noise)[]) {
    if (JSON.stringify(smallest.noise[name]) === JSON.stringify(CALM[name])) continue;
    const candidate = { ...smallest, noise: { ...smallest.noise, [name]: CALM[name] } };
    if (await stillFails(candidate)) smallest = candidate;
  }
  return smallest;
};

/** With the change go the records that wait for it, which nobody would send. */
const notRescaled: CasePass = async (plan, stillFails) => {
  const faults = plan.faults.filter(({ what }) => what !== 'rescale');
  const workload = plan.workload.filter(({ afterRescale }) => afterRescale !== true);
  if (workload.length === plan.workload.length) return plan;
  const candidate = { ...plan, faults, workload };
  return (await stillFails(candidate)) ? candidate : plan;
};

const fewerRecords: CasePass = fewerOf(
  ({ workload }) => workload,
  (plan, workload) => ({ ...plan, workload }),
);

/** Where several requests are needed, few rows a request make them from few records. */
const smallerAppends: CasePass = async (plan, stillFails) => {
  if (plan.limits !== undefined || plan.workload.length <= FEW_RECORDS) return plan;
  for (const maxAppendRows of [1, 2, 4]) {
    const small = { ...plan, limits: { maxAppendRows } };
    if (!(await stillFails(small))) continue;
    const smallest = await fewerRecords(small, stillFails);
    if (smallest.workload.length < plan.workload.length) return smallest;
  }
  return plan;
};

const fewerFaults: CasePass = fewerOf(
  ({ faults }) => faults,
  (plan, faults) => ({ ...plan, faults }),
);

const fewerProcesses: CasePass = async (plan, stillFails) => {
  let smallest = plan;
  for (const gone of plan.processes.toReversed()) {
    if (smallest.processes.length === 1) break;
    const isNamed = (fault: SimFault): boolean =>
      ('process' in fault && fault.process === gone) || ('process' in fault.when && fault.when.process === gone);
    const candidate = {
      ...smallest,
      processes: smallest.processes.filter((name) => name !== gone),
      faults: smallest.faults.filter((fault) => !isNamed(fault)),
    };
    smallest = (await firstFailing(withOtherSeeds(candidate), stillFails)) ?? smallest;
  }
  return smallest;
};

/** Takes the records of the last partition away, or moves them all to the first. */
const fewerPartitions: CasePass = async (plan, stillFails) => {
  let smallest = plan;
  while (smallest.partitions > 1) {
    const partitions = smallest.partitions - 1;
    const faults = smallest.faults.filter((fault) => !('partition' in fault) || (fault.partition ?? 0) < partitions);
    const below = smallest.workload.filter(({ partition }) => partition < partitions);
    const moved = smallest.workload.map((record) => ({ ...record, partition: 0 }));
    const shifted = smallest.workload
      .filter(({ partition }) => partition > 0)
      .map((record) => ({ ...record, partition: record.partition - 1 }));
    const candidates = [below, shifted, moved]
      .filter((workload) => workload.length > 0)
      .flatMap((workload) => withOtherSeeds({ ...smallest, partitions, faults, workload }));
    const found = await firstFailing(candidates, stillFails);
    if (found === undefined) break;
    smallest = found;
  }
  return smallest;
};

const PLAIN_WITHOUT = [
  'decisions',
  'separateGroups',
  'dialect',
  'isEmulator',
  'limits',
  'deltaLimits',
  'compaction',
  'survivor',
  'parquet',
] as const;

/** Settings and ways of running that are not the ordinary ones. */
const plainer: CasePass = async (plan, stillFails) => {
  let smallest = plan;
  for (const name of PLAIN_WITHOUT) {
    if (smallest[name] === undefined) continue;
    const { [name]: _, ...candidate } = smallest;
    if (await stillFails(candidate)) smallest = candidate;
  }
  for (const life of Object.keys(smallest.decisions ?? {})) {
    const { [life]: _, ...decisions } = smallest.decisions ?? {};
    const candidate = { ...smallest, decisions };
    if (await stillFails(candidate)) smallest = candidate;
  }
  return smallest;
};

const simplerRecords: CasePass = async (plan, stillFails) => {
  let smallest = plan;
  const attempt = async (change: (record: WorkloadRecord, index: number) => WorkloadRecord): Promise<boolean> => {
    const workload = smallest.workload.map(change);
    if (JSON.stringify(workload) === JSON.stringify(smallest.workload)) return true;
    const candidate = { ...smallest, workload };
    if (!(await stillFails(candidate))) return false;
    smallest = candidate;
    return true;
  };
  const plain = ({ transaction: _, ...record }: WorkloadRecord): WorkloadRecord => record;
  if (!(await attempt(plain))) {
    for (let at = 0; at < smallest.workload.length; at++) {
      await attempt((record, index) => (index === at ? plain(record) : record));
    }
  }
  if (!(await attempt((record) => ({ ...record, atMs: 0 })))) {
    await attempt((record) => ({ ...record, atMs: Math.floor(record.atMs / 1_000) * 1_000 }));
  }
  return smallest;
};

const rounderFaults: CasePass = async (plan, stillFails) => {
  let smallest = plan;
  for (let at = 0; at < plan.faults.length; at++) {
    for (const simplify of SIMPLIFICATIONS) {
      const simpler = simplify(smallest.faults[at] as SimFault);
      if (simpler === undefined) continue;
      const candidate = { ...smallest, faults: smallest.faults.with(at, simpler) };
      if (await stillFails(candidate)) smallest = candidate;
    }
  }
  return smallest;
};

/** In this order: what takes most away comes first. */
export const PASSES: readonly CasePass[] = [
  notRescaled,
  fewerFaults,
  calmer,
  fewerRecords,
  fewerProcesses,
  fewerPartitions,
  plainer,
  fewerFaults,
  fewerRecords,
  smallerAppends,
  simplerRecords,
  rounderFaults,
];

/** The plan, and the same with other seeds. */
export function withOtherSeeds(plan: CasePlan): CasePlan[] {
  return [plan, ...Array.from({ length: OTHER_SEEDS }, (_, i) => ({ ...plan, seed: i + 1 }))];
}

function isCalm(noise: Noise): boolean {
  return JSON.stringify(noise) === JSON.stringify(CALM);
}

/** The same fault with one number rounder, or left to its default; undefined where that is nothing new. */
const SIMPLIFICATIONS: readonly ((fault: SimFault) => SimFault | undefined)[] = [
  (fault) => (fault.what === 'answer' && fault.effect !== 'late' ? without(fault, 'delayMs') : undefined),
  (fault) => without(fault, 'restartAfterMs'),
  (fault) => ('point' in fault.when && fault.what !== 'stop' ? without(fault, 'process') : undefined),
  (fault) => withWhen(fault, roundTime(fault.when)),
  (fault) => ('records' in fault.when && fault.when.records > 1 ? withWhen(fault, { records: 1 }) : undefined),
  (fault) => ('point' in fault.when && fault.when.hit > 1 ? withWhen(fault, { ...fault.when, hit: 1 }) : undefined),
  (fault) =>
    'point' in fault.when && fault.when.hit > 3
      ? withWhen(fault, { ...fault.when, hit: Math.floor(fault.when.hit / 2) })
      : undefined,
];

function without(fault: SimFault, name: string): SimFault | undefined {
  if (!(name in fault)) return undefined;
  return Object.fromEntries(Object.entries(fault).filter(([key]) => key !== name)) as unknown as SimFault;
}

function withWhen(fault: SimFault, when: SimWhen | undefined): SimFault | undefined {
  return when === undefined ? undefined : { ...fault, when };
}

function roundTime(when: SimWhen): SimWhen | undefined {
  return 'atMs' in when && when.atMs % 1_000 !== 0 ? { atMs: Math.round(when.atMs / 1_000) * 1_000 } : undefined;
}
