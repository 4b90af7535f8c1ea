/**
 * Swarm configuration: each run draws which faults are on and how often, because faults that are always all on hide what
 * a few of them do together. Everything drawn is plain data (plan.ts). Only faults that the guarantee covers without a
 * stop are drawn: a log that was cut ends in a named error, and has tests of its own.
 */
import type { DiskEffect } from '../../../../chaos/fault.ts';
import { CRASH_POINTS } from '../../../processor/crash-points.ts';
import type { SimFault, SimFaultKind, SimWhen } from '../../fault.ts';
import { Rng } from '../world/rng.ts';
import { type AnswerEffect, EFFECTS_OF, type Operation, PLANNED_ONLY } from './answers.ts';
import type { Noise } from './noise.ts';

export interface Swarm {
  readonly noise: Noise;
  readonly faults: readonly SimFault[];
}

export interface SwarmDials {
  readonly seed: number;
  readonly processes: readonly string[];
  readonly partitions: number;
  readonly records: number;
  /** Virtual time within which faults strike. */
  readonly spanMs: number;
  /** How many faults are planned: from, to. */
  readonly faults: readonly [number, number];
}

/** Damages to the local state that are drawn. */
export const DRAWN_DISK_EFFECTS = ['lost', 'stale', 'foreign', 'corrupted'] as const satisfies readonly DiskEffect[];
const HIT_MAX = 12;
const PAUSE_MS_MAX = 25_000;
/** Drawn elsewhere: the family `answers` of the mutants, and the properties. */
const NOT_DRAWN: readonly AnswerEffect[] = [...PLANNED_ONLY, 'invalid', 'invalid_after', 'empty'];
const NOISY: readonly Operation[] = [
  'append',
  'finalize',
  'create_stream',
  'claim',
  'commit',
  'save',
  'load',
  'rows_from',
];

export function drawSwarm(dials: SwarmDials): Swarm {
  const rng = new Rng(dials.seed, 'swarm');
  const noise = drawNoise(rng);
  const count = rng.between(...dials.faults);
  return { noise, faults: Array.from({ length: count }, () => drawFault(rng, dials)) };
}

function drawNoise(rng: Rng): Noise {
  const effects: Partial<Record<Operation, Partial<Record<AnswerEffect, number>>>> = {};
  for (const operation of NOISY) {
    const drawn: Partial<Record<AnswerEffect, number>> = {};
    for (const effect of EFFECTS_OF[operation]) {
      if (!NOT_DRAWN.includes(effect) && rng.chance(0.2)) drawn[effect] = rng.pick([0.01, 0.03, 0.1]);
    }
    effects[operation] = drawn;
  }
  return {
    latencyMsMax: rng.pick([3, 20, 100]),
    slowChance: rng.pick([0, 0.01, 0.05]),
    slowMsMax: rng.pick([500, 3_000, 12_000]),
    effects,
    visibilityLagChance: rng.pick([0, 0, 0.2]),
    visibilityLagMsMax: 2_000,
    fetchRecordsMax: rng.pick([3, 10, 40]),
    emptyFetchChance: rng.pick([0, 0.1]),
    redeliveryChance: rng.pick([0, 0, 0.1]),
    rejoinFromCommittedChance: rng.pick([0, 0.5, 1]),
  };
}

function drawFault(rng: Rng, dials: SwarmDials): SimFault {
  const process = rng.pick(dials.processes);
  const kinds: (() => SimFault)[] = [
    () => ({ what: 'crash', process, restartAfterMs: restartMs(rng), when: drawWhen(rng, dials) }),
    () => ({ what: 'crash', restartAfterMs: restartMs(rng), when: drawPoint(rng) }),
    () => ({ what: 'crash', restartAfterMs: restartMs(rng), when: drawPoint(rng) }),
    () => ({ what: 'pause', forMs: rng.between(100, PAUSE_MS_MAX), when: drawPoint(rng) }),
    () => ({ what: 'stop', process, restartAfterMs: restartMs(rng), when: drawWhen(rng, dials) }),
    () => ({ ...drawAnswer(rng) }),
    () => ({ ...drawAnswer(rng) }),
    () => ({ ...drawSurrounding(rng, dials, process), when: drawWhen(rng, dials) }),
    () => ({ ...drawSurrounding(rng, dials, process), when: drawWhen(rng, dials) }),
  ];
  return rng.pick(kinds)();
}

function drawSurrounding(rng: Rng, dials: SwarmDials, process: string): SimFaultKind {
  const partition = rng.between(0, dials.partitions - 1);
  const kinds: SimFaultKind[] = [
    { what: 'clock_jump', process, byMs: rng.pick([-3_600_000, -500, 500, 7_200_000]) },
    { what: 'disk', process, effect: rng.pick(DRAWN_DISK_EFFECTS) },
    { what: 'rebalance' },
    { what: 'session_expiry', process },
    { what: 'reset_offsets', to: rng.pick(['earliest', 'latest']) },
    { what: 'leader_loss', forMs: rng.between(100, 8_000) },
    { what: 'streams_lost', partition },
    { what: 'streams_lost' },
    { what: 'streams_finalized', partition },
    { what: 'bigquery_down', forMs: rng.between(100, 20_000) },
  ];
  return rng.pick(kinds);
}

function drawAnswer(rng: Rng): SimFault {
  const point = rng.pick(NOISY);
  const effect = rng.pick(EFFECTS_OF[point].filter((known) => !NOT_DRAWN.includes(known)));
  return { what: 'answer', effect, delayMs: rng.between(50, 20_000), when: { point, hit: rng.between(1, HIT_MAX) } };
}

function drawPoint(rng: Rng): SimWhen {
  const points: readonly string[] = rng.chance(0.7)
    ? CRASH_POINTS
    : ['append', 'claim', 'claim:applied', 'finalize', 'rows_from'];
  return { point: rng.pick(points), hit: rng.between(1, HIT_MAX) };
}

function drawWhen(rng: Rng, dials: SwarmDials): SimWhen {
  return rng.chance(0.5) ? { atMs: rng.between(1, dials.spanMs) } : { records: rng.between(1, dials.records) };
}

function restartMs(rng: Rng): number {
  return rng.pick([1, 200, 1_000, 15_000]);
}
