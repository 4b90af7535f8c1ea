/**
 * The finished datasets that changes are made to: simulated cases, chosen so that every table has rows of every kind, with
 * several owners, checkpoints, settings and ranges given up. Each is made once; a change is made to a copy.
 */
import { createHash } from 'node:crypto';
import { DEFAULT_DECISION_SETTINGS } from '../../payments/settings.ts';
import type { DecisionSettings } from '../../payments/types.ts';
import type { ProcessorLimits } from '../../processor/limits.ts';
import type { SimFault } from '../fault.ts';
import { CALM } from '../sim/case/noise.ts';
import { settingsByLife } from '../sim/case/settings-by-life.ts';
import { DEFAULT_DIALS, drawWorkload, send, type WorkloadDials, type WorkloadRecord } from '../sim/case/workload.ts';
import { simRegistry } from '../sim/registry/sim-registry.ts';
import { createWorld } from '../sim/world/create-world.ts';
import { processorMain } from '../sim/world/processor-main.ts';
import type { World } from '../sim/world/world.ts';
import { backfilled } from './backfilled-rows.ts';
import { type BaseDataset, datasetOf } from './dataset.ts';
import { AVRO_SCHEMAS, type EventForm, inForm, rulesOfForm } from './mapped/event-forms.ts';

export interface BaseCase {
  readonly name: string;
  /** Whether its topic has every offset from 0 on, so that a real topic can hold it. */
  readonly isWhole: boolean;
  readonly partitions: number;
  readonly dials: Partial<WorkloadDials>;
  readonly faults: readonly SimFault[];
  readonly decisions?: Readonly<Record<string, Partial<DecisionSettings>>>;
  /** Of its events; default: built-in. */
  readonly form?: EventForm;
  /** Rules of the form, of these revisions, by life; lives that are not named have revision 1. */
  readonly revisions?: Readonly<Record<string, number>>;
  readonly limits?: Partial<ProcessorLimits>;
  /** Each process is in a consumer group of its own: they take the partitions from each other. */
  readonly separateGroups?: boolean;
  /** What was sent is sent again then, to the partition that follows, and as new payments a quarter of an hour later. */
  readonly after?: { readonly atMs: number; readonly partitions: number };
  /** Everybody is killed then; drained otherwise. */
  readonly killAtMs?: number;
  /** Late payments were put in. */
  readonly isBackfilled?: boolean;
}

/** Each time one of the two dies, the other has all of it a second later. */
const crashes = (...timesMs: readonly number[]): SimFault[] =>
  timesMs.map((atMs, i) => ({ what: 'crash', process: 'ab'[i % 2]!, restartAfterMs: 300, when: { atMs } }));
const rebalances = (...timesMs: readonly number[]): SimFault[] =>
  timesMs.map((atMs) => ({ what: 'rebalance', when: { atMs } }));

const RICH: Partial<WorkloadDials> = {
  duplicateChance: 0.15,
  lateChance: 0.08,
  malformedChance: 0.06,
  spelledChance: 0.15,
  edgeChance: 0.1,
  transactionChance: 0,
};
/** A watermark far enough behind for copies of ten minutes ago to be known. */
const PATIENT: DecisionSettings = { ...DEFAULT_DECISION_SETTINGS, watermarkDelayMs: 600_000 };

export const BASE_CASES: readonly BaseCase[] = [
  {
    name: 'two-owners',
    isWhole: true,
    partitions: 2,
    dials: { ...RICH, seed: 11, records: 90 },
    separateGroups: true,
    faults: [
      ...crashes(4_000, 14_000, 17_000),
      { what: 'crash', process: 'a', restartAfterMs: 2_000, when: { atMs: 8_000 } },
      { what: 'crash', process: 'b', restartAfterMs: 2_300, when: { atMs: 8_000 } },
      { what: 'skip', partition: 0, ahead: 1, records: 2, when: { atMs: 9_300 } },
      { what: 'skip', partition: 1, ahead: 0, records: 4, when: { atMs: 9_300 } },
    ],
    decisions: {
      'a.2': { watermarkDelayMs: 20_000, maxAmount: '5000' },
      'b.2': { watermarkDelayMs: 120_000 },
      'a.3': { maxAmount: '7000' },
      'b.3': { watermarkDelayMs: 30_000 },
    },
    isBackfilled: true,
  },
  {
    name: 'past-a-checkpoint',
    isWhole: true,
    partitions: 2,
    dials: { ...RICH, seed: 12, records: 90 },
    separateGroups: true,
    faults: crashes(3_000, 6_000, 9_500, 13_000, 16_500),
    limits: { checkpointIntervalMs: 2_500 },
    killAtMs: 18_700,
  },
  {
    name: 'with-transactions',
    isWhole: false,
    partitions: 3,
    dials: { ...RICH, seed: 13, records: 90, transactionChance: 0.12 },
    faults: [...rebalances(3_000, 8_000), ...crashes(5_000, 12_000)],
    decisions: { 'b.2': { maxAmount: '5000' } },
  },
  {
    name: 'cut-by-retention',
    isWhole: false,
    partitions: 1,
    dials: { ...RICH, seed: 14, records: 70 },
    separateGroups: true,
    faults: [...crashes(6_000, 11_000), { what: 'expiry', partition: 0, keep: 10, when: { atMs: 12_000 } }],
  },
  {
    name: 'rescaled',
    isWhole: false,
    partitions: 2,
    dials: { ...RICH, seed: 15, records: 60 },
    decisions: Object.fromEntries(['a.1', 'a.2', 'a.3', 'b.1', 'b.2', 'b.3'].map((life) => [life, PATIENT])),
    faults: [
      ...crashes(6_000),
      { what: 'rescale', partitions: 3, when: { atMs: 35_000 } },
      { what: 'crash', process: 'a', restartAfterMs: 1_000, when: { atMs: 70_000 } },
      { what: 'crash', process: 'b', restartAfterMs: 1_000, when: { atMs: 70_000 } },
    ],
    after: { atMs: 75_000, partitions: 3 },
  },
  {
    name: 'with-rules',
    isWhole: false,
    partitions: 2,
    dials: { ...RICH, seed: 16, records: 80 },
    separateGroups: true,
    form: 'mapped',
    faults: crashes(4_000, 8_000, 12_000, 16_000, 20_000, 24_000),
    revisions: { 'b.1': 2, 'a.2': 3, 'b.2': 4, 'a.3': 5, 'b.3': 6, 'a.4': 7, 'b.4': 8 },
  },
  {
    name: 'with-columns',
    isWhole: false,
    partitions: 2,
    dials: { ...RICH, seed: 17, records: 90 },
    separateGroups: true,
    form: 'columns',
    faults: crashes(5_000, 10_000, 15_000),
    revisions: { 'a.2': 2, 'b.2': 3 },
  },
  {
    name: 'in-avro',
    isWhole: false,
    partitions: 2,
    dials: { ...RICH, seed: 18, records: 90, spelledChance: 0 },
    separateGroups: true,
    form: 'avro',
    faults: crashes(5_000, 10_000, 15_000),
    revisions: { 'a.2': 2, 'b.2': 3 },
  },
];

const DRAINED_BY_MS = 900_000;

/** All of them, in their order. */
export function baseDatasets(cases: readonly BaseCase[] = BASE_CASES): Promise<BaseDataset[]> {
  return Promise.all(cases.map(makeBase));
}

/** Of all that they hold: two machines that draw from one seed draw the same. */
export function digestOf(bases: readonly BaseDataset[]): string {
  const hash = createHash('sha256');
  for (const { tables, log } of bases) hash.update(JSON.stringify([tables, log]));
  return hash.digest('hex').slice(0, 16);
}

async function makeBase(base: BaseCase): Promise<BaseDataset> {
  const { name, partitions, dials, faults, decisions = {}, revisions, limits, killAtMs, separateGroups } = base;
  const { form = 'built-in' } = base;
  const seed = dials.seed ?? 1;
  const world = createWorld({
    seed,
    partitions,
    faults,
    noise: { ...CALM, visibilityLagChance: 0.1, visibilityLagMsMax: 200 },
  });
  const schemaParts = form === 'avro' ? simRegistry(AVRO_SCHEMAS, {}, world) : undefined;
  for (const process of ['a', 'b'])
    world.spawn(
      process,
      processorMain({
        ...settingsByLife(decisions),
        ...(revisions === undefined ? {} : { rules: (owner) => rulesOfForm(form, revisions[owner] ?? 1) }),
        ...(schemaParts === undefined ? {} : { schemaParts }),
        ...(limits === undefined ? {} : { limits }),
      }),
      separateGroups === true ? { groupId: `group-${process}` } : {},
    );
  const later = (delayMs: number, action: () => void): void => world.after(delayMs, action);
  const first = drawWorkload({ ...DEFAULT_DIALS, ...dials, partitions }).map((record) => inForm(form, record));
  for (const record of [...first, ...(base.after === undefined ? [] : sentAfter(first, base.after))])
    world.after(record.atMs, () => send(record, world.kafka.partition(record.partition), world.nowMs, later));
  await runTo(world, Math.max(lastFaultMs(faults), base.after?.atMs ?? 0), killAtMs);
  const dataset = datasetOf(name, form, world);
  return base.isBackfilled === true ? backfilled(dataset) : dataset;
}

function sentAfter(
  first: readonly WorkloadRecord[],
  { atMs, partitions }: NonNullable<BaseCase['after']>,
): WorkloadRecord[] {
  const copies = first.slice(-20).map((record) => ({ ...record, partition: (record.partition + 1) % partitions }));
  const news = first.slice(0, 30).map((record, i) => ({ ...asNew(record), partition: i % partitions }));
  return [...copies, ...news].map((record, i) => ({ ...record, atMs: atMs + 100 * i }));
}

/** Another payment, a quarter of an hour later, where it is one. */
function asNew(record: WorkloadRecord): WorkloadRecord {
  const later = record.value?.replace(/"timestamp":(\d+)/, (_, ms) => `"timestamp":${Number(ms) + 1_500_000}`);
  return later === undefined
    ? record
    : { ...record, value: later.replace('"transaction_id":"t', '"transaction_id":"u') };
}

async function runTo(world: World, faultsUntilMs: number, killAtMs: number | undefined): Promise<void> {
  if (killAtMs !== undefined) await world.run(() => world.nowMs >= killAtMs, { maxMs: killAtMs });
  else {
    const settledMs = Math.max(faultsUntilMs, DEFAULT_DIALS.spanMs) + 20_000;
    await world.run(() => world.nowMs >= settledMs, { maxMs: settledMs });
    world.heal();
    const end = await world.run(() => !world.hasWork, { maxMs: DRAINED_BY_MS });
    if (end !== 'done') throw new Error(`a base dataset did not drain: ${end}`);
  }
  for (const process of world.processes.values()) process.crash();
}

function lastFaultMs(faults: readonly SimFault[]): number {
  return Math.max(0, ...faults.map(({ when }) => ('atMs' in when ? when.atMs : 0)));
}
