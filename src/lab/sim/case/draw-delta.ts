/**
 * A case on Delta Lake from one seed: the workload, processes, settings and surroundings of drawCase, with what goes wrong at an
 * object store in place of what goes wrong at BigQuery.
 */
import { APPEND_TABLES, DATA_TABLES } from '../../../payments/types.ts';
import type { SimFault, SimWhen } from '../../fault.ts';
import { Rng } from '../world/rng.ts';
import { type AnswerEffect, EFFECTS_OF, type Operation, PLANNED_ONLY, STORE_OPERATIONS } from './answers.ts';
import type { CasePlan } from './case-plan.ts';
import { type CaseDials, drawCase } from './draw-case.ts';
import type { Noise } from './noise.ts';

const PUTS = ['put_ownership', 'put_data', 'put_checkpoint', 'upload'] as const;
const NOISY: readonly Operation[] = STORE_OPERATIONS;
/** Effects of other requests that stay: those of Kafka and of the local disk. */
const KEPT_NOISE: readonly Operation[] = ['commit', 'save', 'load'];
const HIT_MAX = 20;
const ENGINE_CHANCE = 0.5;
const CLEANUP_CHANCE = 0.5;
const FOREIGN_CHANCE = 0.02;
const FORGOTTEN_CHANCE = 0.01;
const PARQUET_CHANCE = 0.02;
const SPAN_MS = 25_000;

export function drawDeltaCase(seed: number, dials: CaseDials = {}): CasePlan {
  const rng = new Rng(seed, 'delta');
  const plan = toDelta(drawCase(seed, { ...dials, operators: false }), rng);
  return {
    ...plan,
    faults: [...plan.faults, ...drawEngine(rng)],
    noise: onStore(plan.noise, rng),
    deltaLimits: drawLimits(rng),
    ...(rng.chance(PARQUET_CHANCE) ? { parquet: true } : {}),
  };
}

/** The same case on Delta Lake: what only BigQuery has is something of an object store instead. */
export function toDelta({ dialect: _dialect, isEmulator: _emulator, ...plan }: CasePlan, rng: Rng): CasePlan {
  const effects = Object.fromEntries(KEPT_NOISE.map((operation) => [operation, plan.noise.effects[operation] ?? {}]));
  return {
    ...plan,
    sink: 'delta',
    faults: plan.faults.map((fault) => onDelta(fault, rng)),
    noise: { ...plan.noise, effects },
  };
}

/** The fault, or another one where only BigQuery has it. */
function onDelta(fault: SimFault, rng: Rng): SimFault {
  switch (fault.what) {
    case 'bigquery_down':
      return { ...fault, what: 'store_down' };
    case 'streams_lost':
      return { what: 'compaction', table: rng.pick(APPEND_TABLES), when: fault.when };
    case 'streams_finalized':
      return { what: 'log_cleanup', table: drawTable(rng), when: fault.when };
    case 'answer':
      return KEPT_NOISE.includes(pointOf(fault.when) as Operation) ? fault : drawAnswer(rng);
    default:
      return { ...fault, when: onStorePoint(fault.when, rng) };
  }
}

function pointOf(when: SimWhen): string {
  return 'point' in when ? when.point : '';
}

const POINT_OF: Readonly<Record<string, readonly string[]>> = {
  append: ['put_data', 'put_data:applied', 'upload'],
  claim: ['put_ownership'],
  'claim:applied': ['put_ownership:applied'],
  finalize: ['put_data', 'put_checkpoint', 'put_checkpoint:applied'],
  rows_from: ['get', 'list'],
};

function onStorePoint(when: SimWhen, rng: Rng): SimWhen {
  if (!('point' in when)) return when;
  const points = POINT_OF[when.point];
  return points === undefined ? when : { ...when, point: rng.pick(points), hit: rng.between(1, HIT_MAX) };
}

/** An answer to a commit, mostly. */
function drawAnswer(rng: Rng): SimFault {
  const point = rng.chance(0.8) ? rng.pick(PUTS) : rng.pick(STORE_OPERATIONS);
  const effect = rng.pick(drawable(point));
  return { what: 'answer', effect, delayMs: lateMs(rng), when: { point, hit: rng.between(1, HIT_MAX) } };
}

/** Seconds, or minutes: until others have gone on, and until the run is over. */
function lateMs(rng: Rng): number {
  return rng.pick([rng.between(50, 2_000), rng.between(2_000, 20_000), rng.between(60_000, 240_000)]);
}

function drawable(operation: Operation): AnswerEffect[] {
  return EFFECTS_OF[operation].filter((effect) => !PLANNED_ONLY.includes(effect));
}

function onStore(noise: Noise, rng: Rng): Noise {
  const effects: Partial<Record<Operation, Partial<Record<AnswerEffect, number>>>> = { ...noise.effects };
  for (const operation of NOISY) {
    const drawn: Partial<Record<AnswerEffect, number>> = {};
    for (const effect of drawable(operation)) if (rng.chance(0.2)) drawn[effect] = rng.pick([0.01, 0.03, 0.1]);
    effects[operation] = drawn;
  }
  return { ...noise, effects };
}

function drawLimits(rng: Rng): NonNullable<CasePlan['deltaLimits']> {
  return {
    commitIntervalMs: rng.pick([0, 50, 200, 1_000]),
    commitRows: rng.pick([8, 60, 1_000]),
    fileRows: rng.pick([5, 25, 1_000]),
    checkpointEveryCommits: rng.pick([2, 10, 100]),
    logRetentionMs: rng.pick([0, 3_000, 3_600_000]),
    keptCommits: rng.pick([1, 4, 20]),
    cleanUpEveryMs: rng.pick([0, 2_000, 10_000]),
    reuploadAfterMs: rng.pick([2_000, 600_000]),
  };
}

/** Another engine beside the processors. */
function drawEngine(rng: Rng): SimFault[] {
  const faults: SimFault[] = [];
  const some = (most: number, draw: () => SimFault): void => {
    for (let count = rng.between(1, most); count > 0; count--) faults.push(draw());
  };
  const when = (): SimWhen => ({ atMs: rng.between(1_000, SPAN_MS) });
  if (rng.chance(ENGINE_CHANCE)) some(4, () => ({ what: 'compaction', table: rng.pick(APPEND_TABLES), when: when() }));
  if (rng.chance(CLEANUP_CHANCE)) some(4, () => ({ what: 'log_cleanup', table: drawTable(rng), when: when() }));
  if (rng.chance(FOREIGN_CHANCE)) faults.push({ what: 'foreign_rows', table: rng.pick(DATA_TABLES), when: when() });
  if (rng.chance(FORGOTTEN_CHANCE))
    faults.push({ what: 'log_cleanup', table: rng.pick(DATA_TABLES), txns: false, when: when() });
  return faults;
}

function drawTable(rng: Rng): (typeof APPEND_TABLES)[number] | 'partition_ownership' {
  return rng.pick([...APPEND_TABLES, 'partition_ownership' as const]);
}
