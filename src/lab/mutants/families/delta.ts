/** Families of cases on Delta Lake: owners that take partitions from each other, commits whose outcome is unknown, logs that are cleaned up. */
import type { SimFault } from '../../fault.ts';
import type { CasePlan } from '../../sim/case/case-plan.ts';
import { toDelta } from '../../sim/case/draw-delta.ts';
import { CALM, type Noise } from '../../sim/case/noise.ts';
import type { Rng } from '../../sim/world/rng.ts';
import { base, many, SPAN_MS } from './base.ts';
import { madeAnewCase } from './cut-logs.ts';

const PROCESSES = ['a', 'b', 'c'];
const POINTS = [
  'ownership.claim.before',
  'ownership.claim.after',
  'table.fence.before',
  'table.fence.after',
  'put_ownership:applied',
  'put_data',
  'put_data:applied',
  'put_checkpoint',
  'append.payment_transactions.before',
  'append.payment_transactions.after',
  'append.payment_metrics_partials.after',
  'append.checkpoint_log.before',
] as const;
const PUTS = ['put_ownership', 'put_data', 'put_data', 'put_data', 'put_checkpoint'] as const;

/** Several owners at once, slow ones and dead ones, with puts that are lost, late and slow. */
export function deltaTakeoversCase(rng: Rng, seed: number): CasePlan {
  return {
    ...base(rng, seed, { processes: PROCESSES, partitions: rng.pick([1, 3]) }),
    sink: 'delta',
    separateGroups: rng.chance(0.7),
    noise: { ...CALM, latencyMsMax: rng.pick([5, 50, 150]), ...slowPuts(rng) },
    limits: {
      checkpointIntervalMs: rng.pick([300, 1_000, 4_000]),
      maxAppendRows: rng.pick([1, 8]),
      fencedRetryMinMs: 50,
      fencedRetryMaxMs: 2_000,
    },
    deltaLimits: { commitIntervalMs: rng.pick([0, 50, 400]) },
    faults: many(rng, [4, 8], (r) => deltaFault(r, PROCESSES)),
  };
}

/** Every life brings its own settings, and the puts of owners before land late. */
export function deltaSettingsCase(rng: Rng, seed: number): CasePlan {
  // Or one process alone differs from those that seed the topic.
  const processes = rng.chance(0.5) ? PROCESSES : ['a'];
  const lives = processes.flatMap((process) => [1, 2, 3].map((life) => `${process}.${life}`));
  return {
    ...deltaTakeoversCase(rng, seed),
    separateGroups: true,
    limits: { fencedRetryMinMs: 50, fencedRetryMaxMs: 400, checkpointIntervalMs: 500 },
    decisions: Object.fromEntries(
      lives.map((life, index) => [
        life,
        { watermarkDelayMs: [60_000, 200_000, 20_000][index % 3]!, maxAmount: index % 2 === 0 ? '5000' : '1000000' },
      ]),
    ),
  };
}

/** Log checkpoints and clean-up after every few commits, beside owners that are paused with a put in their hands. */
export function deltaCleanupCase(rng: Rng, seed: number): CasePlan {
  const tables = ['payment_transactions', 'payment_exceptions', 'checkpoint_log', 'partition_ownership'] as const;
  const cleanups = many(rng, [3, 8], (r) => ({
    what: 'log_cleanup',
    table: r.pick(tables),
    when: { atMs: r.between(1_000, SPAN_MS + 6_000) },
  }));
  return {
    ...deltaTakeoversCase(rng, seed),
    deltaLimits: {
      commitIntervalMs: 0,
      checkpointEveryCommits: rng.pick([2, 5]),
      logRetentionMs: 0,
      keptCommits: 1,
      cleanUpEveryMs: 0,
    },
    faults: [...many(rng, [3, 7], (r) => deltaFault(r, PROCESSES)), ...cleanups],
  };
}

/** The topic is made anew, and nothing but the rows tells what it was. */
export function deltaMadeAnewCase(rng: Rng, seed: number): CasePlan {
  return toDelta(madeAnewCase(rng, seed), rng);
}

/** A log checkpoint of another engine leaves out how far the writers are, while they start again. */
export function deltaForgottenCase(rng: Rng, seed: number): CasePlan {
  const table = rng.pick(['payment_transactions', 'payment_exceptions', 'payment_metrics_partials'] as const);
  const times = [4_000, 8_000].map((atMs) => atMs + rng.between(0, 3_000));
  return {
    ...base(rng, seed, { processes: ['a'] }),
    sink: 'delta',
    faults: times.flatMap((atMs): SimFault[] => [
      { what: 'crash', process: 'a', restartAfterMs: 300, when: { atMs } },
      { what: 'log_cleanup', table, txns: false, when: { atMs: atMs + 100 } },
    ]),
  };
}

function slowPuts(rng: Rng): Pick<Noise, 'effects' | 'slowChance' | 'slowMsMax'> {
  const chances = { lost_after: rng.pick([0, 0.1]), lost_late: rng.pick([0, 0.05]), late: rng.pick([0, 0.1, 0.3]) };
  return {
    slowChance: rng.pick([0, 0.05]),
    slowMsMax: 3_000,
    effects: { put_data: chances, put_ownership: chances, put_checkpoint: chances },
  };
}

function deltaFault(rng: Rng, processes: readonly string[]): SimFault {
  const when = { point: rng.pick(POINTS), hit: rng.between(1, 15) };
  const kinds: (() => SimFault)[] = [
    () => ({ what: 'crash', restartAfterMs: rng.pick([1, 500, 4_000]), when }),
    () => ({ what: 'pause', forMs: rng.between(500, 12_000), when }),
    () => ({ what: 'pause', forMs: rng.between(500, 12_000), when }),
    () => ({ what: 'session_expiry', process: rng.pick(processes), when: { atMs: rng.between(1, SPAN_MS) } }),
    () => ({
      what: 'answer',
      effect: rng.pick(['late', 'lost_after', 'lost_before', 'lost_late']),
      delayMs: rng.between(100, 9_000),
      when: { point: rng.pick(PUTS), hit: rng.between(1, 20) },
    }),
    () => ({
      what: 'answer',
      effect: rng.pick(['late', 'lost_late']),
      delayMs: rng.between(1_000, 12_000),
      when: { point: 'put_data', hit: rng.between(1, 60) },
    }),
  ];
  return rng.pick(kinds)();
}
