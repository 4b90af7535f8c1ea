/**
 * Families of cases: each draws the input and the faults that a kind of bug needs to show, from a seed, as plain data. The
 * control runs the same cases as the mutants. `swarm` is what `lab explore` draws.
 */

import type { SimFault } from '../fault.ts';
import type { CasePlan } from '../sim/case/case-plan.ts';
import { drawCase } from '../sim/case/draw-case.ts';

import { CALM } from '../sim/case/noise.ts';
import { DRAWN_DISK_EFFECTS } from '../sim/case/swarm.ts';
import { DEFAULT_DIALS, drawWorkload } from '../sim/case/workload.ts';
import { Rng } from '../sim/world/rng.ts';
import { answersCase } from './families/answers.ts';
import { APPEND_POINTS, base, LONG_SPAN_MS, many, RECORDS, SPAN_MS, takeoverFault } from './families/base.ts';
import { cutLogCase, madeAnewCase } from './families/cut-logs.ts';
import {
  deltaCleanupCase,
  deltaForgottenCase,
  deltaMadeAnewCase,
  deltaSettingsCase,
  deltaTakeoversCase,
} from './families/delta.ts';
import { firstLookCase } from './families/first-looks.ts';
import { knownElsewhereCase } from './families/known-elsewhere.ts';
import { lateClaimsCase } from './families/late-claims.ts';
import { lostStreamsCase } from './families/lost-streams.ts';
import { lostTableCase } from './families/lost-tables.ts';
import { mappedCase } from './families/mapped.ts';
import { drawPayments } from './families/payments-workload.ts';
import { rescaledCase } from './families/rescaled.ts';
import { schemasCase } from './families/schemas.ts';
import { settingsCase } from './families/settings.ts';
import { supersededCase } from './families/superseded.ts';
import type { Family } from './mutant.ts';

/** The case of a seed; the same seed gives the same case. */
export function drawFamilyCase(family: Family, seed: number): CasePlan {
  return DRAW[family](new Rng(seed, `family ${family}`), seed);
}

const DRAW: Readonly<Record<Family, (rng: Rng, seed: number) => CasePlan>> = {
  swarm: (_, seed) => drawCase(seed, { damageChance: 0, records: 150 }),

  /** Records in Avro, with a registry that changes its mind. */
  schemas: schemasCase,

  /** Several owners, slow ones and dead ones, at the steps of a takeover. */
  takeovers: (rng, seed) => ({
    ...base(rng, seed, { processes: ['a', 'b', 'c'] }),
    separateGroups: rng.chance(0.6),
    noise: {
      ...CALM,
      latencyMsMax: rng.pick([5, 50, 200]),
      slowChance: rng.pick([0, 0.05, 0.15]),
      slowMsMax: 3_000,
      visibilityLagChance: rng.pick([0, 0.3]),
      visibilityLagMsMax: 1_500,
      fetchRecordsMax: rng.pick([5, 30]),
    },
    faults: many(rng, [4, 8], (r) => takeoverFault(r, ['a', 'b', 'c'])),
  }),

  /** Answers of the append service that are lost, late, or refusals; and crashes after them. */
  appends: (rng, seed) => ({
    ...base(rng, seed, { processes: ['a', 'b'] }),
    noise: {
      ...CALM,
      latencyMsMax: rng.pick([5, 100]),
      effects: {
        append: {
          lost_before: rng.pick([0, 0.15]),
          lost_after: rng.pick([0, 0.08]),
          internal_after: rng.pick([0, 0.08]),
          resource_exhausted: rng.pick([0, 0.08]),
        },
      },
    },
    limits: { maxAppendRows: 2, maxBatchRecords: 8 },
    faults: many(rng, [2, 6], appendFault),
  }),

  /** One process mostly, killed, stopped and started again, with its disk and its group's offsets tampered with. */
  restarts: (rng, seed) => ({
    ...base(rng, seed, { processes: rng.pick([['a'], ['a', 'b']]), spanMs: LONG_SPAN_MS }),
    noise: {
      ...CALM,
      latencyMsMax: rng.pick([20, 150]),
      fetchRecordsMax: rng.pick([4, 15]),
      effects: { append: { late: rng.pick([0, 0.1, 0.3]) } },
    },
    faults: many(rng, [3, 7], restartFault),
  }),

  /** Its local state is tampered with, and then it has to start from it. */
  disks: (rng, seed) => {
    const times = Array.from({ length: 4 }, (_, i) => 8_000 * (i + 1) + rng.between(0, 6_000));
    const workload = drawPayments(rng, { count: 160, spanMs: LONG_SPAN_MS, copyChance: 0.75 });
    return {
      ...base(rng, seed, { processes: ['a'], workload, spanMs: LONG_SPAN_MS }),
      faults: times.flatMap((atMs): SimFault[] => [
        { what: 'crash', process: 'a', restartAfterMs: 200, when: { atMs } },
        {
          what: 'disk',
          process: 'a',
          effect: rng.pick(['corrupted', ...DRAWN_DISK_EFFECTS]),
          when: { atMs: atMs + 1 },
        },
      ]),
    };
  },

  /** Nothing goes wrong; the payments are what the rules were made for. */
  payments: (rng, seed) => ({
    ...base(rng, seed, {
      processes: ['a'],
      workload: drawPayments(rng, { count: 160, spanMs: SPAN_MS, copyChance: 0.2 }),
    }),
    faults: [],
  }),

  /** Nothing goes wrong; events are spelled as producers seldom do. */
  spellings: (rng, seed) => {
    const dials = { ...DEFAULT_DIALS, seed, records: RECORDS, partitions: 1, spanMs: SPAN_MS, spelledChance: 0.5 };
    return base(rng, seed, { processes: ['a'], workload: drawWorkload(dials) });
  },

  /** Every life brings its own settings. */
  settings: (rng, seed) => settingsCase(rng, seed),

  /** Owners that wait in a takeover while another takes over, with other settings. */
  superseded: (rng, seed) => supersededCase(rng, seed),

  /** Retention overtakes the processor, or the topic is made anew and filled again. */
  'cut-logs': (rng, seed) => cutLogCase(rng, seed),
  /** The topic is made anew beside a processor, or where nothing but its rows tells what it was. */
  'made-anew': (rng, seed) => madeAnewCase(rng, seed),
  /** Claims that take effect late, and one process that is alone in the end. */
  'late-claims': (rng, seed) => lateClaimsCase(rng, seed),

  /** Retention takes what is checkpointed, and nothing else, just when somebody looks at it again. */
  expiries: (rng, seed) => {
    const drawn = base(rng, seed, { processes: rng.pick([['a'], ['a', 'b']]), spanMs: LONG_SPAN_MS });
    const times = Array.from({ length: 6 }, (_, i) => 6_500 * (i + 1) + rng.between(0, 3_000));
    const expiry = (partition: number, atMs: number): SimFault => ({
      what: 'expiry',
      partition,
      keep: rng.pick([0, 0, 1]),
      when: { atMs: atMs + rng.between(500, 4_500) },
    });
    return {
      ...drawn,
      noise: { ...CALM, latencyMsMax: rng.pick([150, 400, 800]), fetchRecordsMax: 4 },
      faults: times.flatMap((atMs) => [
        ...rng.pick(TAKEN_AGAIN)(atMs),
        ...Array.from({ length: drawn.partitions }, (_, partition) => expiry(partition, atMs)).filter(() =>
          rng.chance(0.4),
        ),
      ]),
    };
  },

  /** Batches that cannot be read, ahead of a processor or below its checkpoint, for good or on their way only. */
  'damaged-logs': (rng, seed) => {
    const drawn = base(rng, seed, { processes: rng.pick([['a'], ['a', 'b']]), spanMs: LONG_SPAN_MS });
    const offset = rng.between(5, RECORDS / drawn.partitions - 10);
    const damage: SimFault = {
      what: 'damage',
      partition: 0,
      offset,
      records: rng.between(1, 8),
      ...(rng.chance(0.3) ? { once: true } : {}),
      when: rng.chance(0.7) ? { atMs: 1 } : { atMs: rng.between(10_000, 30_000) },
    };
    return {
      ...drawn,
      noise: { ...CALM, latencyMsMax: rng.pick([20, 150]), fetchRecordsMax: rng.pick([4, 15]) },
      faults: [damage, ...many(rng, [0, 3], restartFault)],
    };
  },

  /** Operators give up offsets beside processors that run and die. */
  operators: (rng, seed) => ({
    ...base(rng, seed, { processes: ['a', 'b'] }),
    separateGroups: rng.chance(0.3),
    noise: { ...CALM, latencyMsMax: rng.pick([20, 150]), fetchRecordsMax: rng.pick([4, 15]) },
    faults: many(rng, [2, 4], operatorFault),
  }),

  /** The topic gets more partitions, and copies come in others than their originals. */
  rescaled: (rng, seed) => rescaledCase(rng, seed),

  /** Another pipeline had written part of what the log holds. */
  'known-elsewhere': (rng, seed) => knownElsewhereCase(rng, seed),

  /** A rules file says where a record has its payment, and lives bring others. */
  mapped: (rng, seed) => mappedCase(rng, seed),

  /** The first rules file is wrong, and a later life brings the right one. */
  'first-looks': (rng, seed) => firstLookCase(rng, seed),

  /** Answers that are empty, and refusals that say nothing. */
  answers: (rng, seed) => answersCase(rng, seed),
  /** Streams are forgotten while rows are in flight. */
  'lost-streams': (rng, seed) => lostStreamsCase(rng, seed),
  /** A table is dropped and made again, and restored later. */
  'lost-tables': (rng, seed) => lostTableCase(rng, seed),

  /** On Delta Lake: several owners, slow ones and dead ones, and puts that are lost or late. */
  'delta-takeovers': deltaTakeoversCase,
  /** On Delta Lake: the same, and every life brings its own settings. */
  'delta-settings': deltaSettingsCase,
  /** On Delta Lake: logs are cleaned up behind owners that are slow. */
  'delta-cleanup': deltaCleanupCase,
  /** On Delta Lake: the topic is made anew. */
  'delta-made-anew': deltaMadeAnewCase,
  /** On Delta Lake: a log checkpoint of another engine forgets positions. */
  'delta-forgotten': deltaForgottenCase,

  /** Only what `lab replay --world real` can do as well, at named points, so that it happens there just so. */
  portable: (rng, seed) => ({
    ...base(rng, seed, { processes: ['a'], workload: drawPayments(rng, { count: 60, spanMs: 1, copyChance: 0.3 }) }),
    isEmulator: true,
    dialect: 'emulator',
    faults: [
      {
        what: 'crash',
        process: 'a',
        restartAfterMs: 500,
        when: { point: rng.pick(APPEND_POINTS), hit: rng.between(1, 2), process: 'a' },
      },
    ],
  }),
};

/** What makes a process look again at what it has folded. */
const TAKEN_AGAIN: readonly ((atMs: number) => SimFault[])[] = [
  (atMs) => [{ what: 'rebalance', when: { atMs } }],
  (atMs) => [{ what: 'leader_loss', forMs: 1_000, when: { atMs } }],
  (atMs) => [{ what: 'streams_finalized', partition: 0, when: { atMs } }],
  (atMs) => [
    { what: 'crash', process: 'a', restartAfterMs: 200, when: { atMs } },
    { what: 'disk', process: 'a', effect: 'stale', when: { atMs: atMs + 1 } },
  ],
];

function appendFault(rng: Rng): SimFault {
  const hit = rng.between(1, 30);
  const kinds: (() => SimFault)[] = [
    () => ({ what: 'crash', restartAfterMs: 500, when: { point: rng.pick(APPEND_POINTS), hit: rng.between(1, 10) } }),
    () => ({
      what: 'answer',
      effect: rng.pick(['lost_before', 'lost_after', 'internal_after', 'silent_before', 'silent_after', 'unavailable']),
      when: { point: 'append', hit },
    }),
  ];
  return rng.pick(kinds)();
}

function restartFault(rng: Rng): SimFault {
  const restartAfterMs = rng.pick([1, 200, 1_500]);
  const when = rng.chance(0.5) ? { records: rng.between(1, RECORDS) } : { atMs: rng.between(1, LONG_SPAN_MS) };
  const kinds: (() => SimFault)[] = [
    () => ({ what: 'crash', process: 'a', restartAfterMs, when }),
    () => ({ what: 'crash', restartAfterMs, when: { point: rng.pick(APPEND_POINTS), hit: rng.between(1, 10) } }),
    () => ({
      what: 'crash',
      restartAfterMs,
      when: {
        point: rng.pick(['offset.commit.after', 'state.save.after', 'offset.commit.before']),
        hit: rng.between(1, 6),
      },
    }),
    () => ({ what: 'stop', process: 'a', restartAfterMs, when }),
    () => ({ what: 'stop', process: 'a', restartAfterMs, when: { records: rng.between(5, RECORDS) } }),
    () => ({ what: 'disk', process: 'a', effect: rng.pick(DRAWN_DISK_EFFECTS), when }),
    () => ({ what: 'reset_offsets', to: rng.pick(['earliest', 'latest']), when }),
  ];
  return rng.pick(kinds)();
}

function operatorFault(rng: Rng): SimFault {
  const when = { atMs: rng.between(2_000, SPAN_MS) };
  if (rng.chance(0.3))
    return { what: 'crash', process: rng.pick(['a', 'b']), restartAfterMs: rng.pick([1, 500]), when };
  return { what: 'skip', partition: 0, ahead: rng.pick([0, 0, 1, 5]), records: rng.between(1, 15), when };
}
