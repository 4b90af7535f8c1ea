/** A whole case from one seed: workload, processes, settings, noise and faults (swarm.ts). */
import type { DecisionSettings } from '../../../payments/types.ts';
import type { SimFault } from '../../fault.ts';
import { Rng } from '../world/rng.ts';
import type { CasePlan } from './case-plan.ts';
import { withRescale } from './draw-rescale.ts';
import { withRules } from './draw-rules.ts';
import { drawSwarm } from './swarm.ts';
import { DEFAULT_DIALS, drawWorkload } from './workload.ts';

export interface CaseDials {
  /** Default: 200. */
  readonly records?: number;
  /** How many faults are planned: from, to. Default: 4 to 9. */
  readonly faults?: readonly [number, number];
  /** Share of cases in which the log itself is damaged, so that a stop with a named error is right. Default: 0.04. */
  readonly damageChance?: number;
  /** Whether operators give up offsets and add partitions beside processors. Default: true. */
  readonly operators?: boolean;
}

const NAMES = ['a', 'b', 'c'];
const SPAN_MS = 20_000;
const HEAL_AT_MS = 30_000;
const FAULTS: readonly [number, number] = [4, 9];
const DAMAGE_CHANCE = 0.04;
const EDGE_CHANCE = 0.1;
const SPELLED_CHANCE = 0.05;
const RULES_CHANCE = 0.3;
const SETTINGS_CHANCE = 0.2;
const SKIP_CHANCE = 0.1;
const EXPIRY_CHANCE = 0.3;
const RESCALE_CHANCE = 0.1;
const SURVIVOR_CHANCE = 0.2;
const COMPACTION_CHANCE = 0.5;

export function drawCase(seed: number, dials: CaseDials = {}): CasePlan {
  const rng = new Rng(seed, 'case');
  const {
    records = DEFAULT_DIALS.records,
    damageChance = DAMAGE_CHANCE,
    faults: faultCount = FAULTS,
    operators = true,
  } = dials;
  const partitions = rng.pick([1, 2, 2, 3]);
  const processes = NAMES.slice(0, rng.pick([2, 2, 3]));
  const swarm = drawSwarm({ seed, processes, partitions, records, spanMs: SPAN_MS + 5_000, faults: faultCount });
  const isDamaged = rng.chance(damageChance);
  const operator = new Rng(seed, 'operator');
  const skips = operators && operator.chance(SKIP_CHANCE) ? [drawSkip(operator, partitions)] : [];
  const drawn = isDamaged ? [...swarm.faults, ...drawDamage(rng, partitions)] : swarm.faults;
  // Not where the log is damaged: retention may take the one record that tells it (docs/guarantees.md, Not covered).
  const expiries = isDamaged ? [] : drawExpiries(new Rng(seed, 'expiry'), partitions);
  const faults = [...drawn, ...skips, ...expiries];
  const decisions = rng.chance(SETTINGS_CHANCE) ? drawDecisions(rng, processes) : undefined;
  const drawnCase: CasePlan = {
    seed,
    partitions,
    processes,
    separateGroups: rng.chance(0.2),
    workload: drawWorkload({
      ...DEFAULT_DIALS,
      ...{ seed, records, partitions, spanMs: SPAN_MS, edgeChance: EDGE_CHANCE, spelledChance: SPELLED_CHANCE },
    }),
    faults,
    noise: swarm.noise,
    dialect: rng.chance(0.5) ? 'emulator' : 'service',
    healAtMs: HEAL_AT_MS,
    // Only where streams can be lost may NOT_FOUND be taken for the truth.
    isEmulator: faults.some(({ what }) => what === 'streams_lost'),
    ...(decisions === undefined ? {} : { decisions }),
    ...drawEnvironment(new Rng(seed, 'environment'), processes),
  };
  const rescale = new Rng(seed, 'rescale');
  const rescaled =
    operators && !isDamaged && rescale.chance(RESCALE_CHANCE) ? withRescale(drawnCase, rescale) : drawnCase;
  const rules = new Rng(seed, 'rules');
  return rules.chance(RULES_CHANCE) ? withRules(rescaled, rules) : rescaled;
}

/** Local state that is written anew every few checkpoints; and who is left when all is over. */
function drawEnvironment(rng: Rng, processes: readonly string[]): Pick<CasePlan, 'compaction' | 'survivor'> {
  const leastDeadBytes = rng.pick([256, 2_048]);
  const compaction = {
    leastDeadBytes,
    bytesPerSave: rng.pick([64, 1_024, 16_384]),
    partBytes: rng.pick([128, 65_536]),
  };
  const survivor = rng.pick(processes);
  return {
    ...(rng.chance(COMPACTION_CHANCE) ? { compaction } : {}),
    ...(rng.chance(SURVIVOR_CHANCE) ? { survivor } : {}),
  };
}

/** What a log should never do. For retention to overtake anybody the sink must be away for a while. */
function drawDamage(rng: Rng, partitions: number): SimFault[] {
  const partition = rng.between(0, partitions - 1);
  const atMs = rng.between(6_000, 18_000);
  const kinds: (() => SimFault[])[] = [
    () => [
      { what: 'bigquery_down', forMs: 15_000, when: { atMs: 2_000 } },
      { what: 'crash', process: 'a', when: { atMs: 2_500 } },
      { what: 'crash', process: 'b', when: { atMs: 2_500 } },
      { what: 'retention', partition, records: rng.between(5, 90), when: { atMs } },
    ],
    () => [{ what: 'truncation', partition, records: rng.between(1, 90), when: { atMs } }],
    () => [{ what: 'recreate', when: { atMs } }],
  ];
  return rng.pick(kinds)();
}

/** Retention that nobody may notice: all that it takes is checkpointed. */
function drawExpiries(rng: Rng, partitions: number): SimFault[] {
  if (!rng.chance(EXPIRY_CHANCE)) return [];
  return Array.from({ length: rng.between(1, 3) }, () => ({
    what: 'expiry',
    partition: rng.between(0, partitions - 1),
    keep: rng.pick([0, 0, 1, 10]),
    when: { atMs: rng.between(3_000, SPAN_MS + 5_000) },
  }));
}

/** Offsets given up beside processors that run, mostly where they are about to be. */
function drawSkip(rng: Rng, partitions: number): SimFault {
  return {
    what: 'skip',
    partition: rng.between(0, partitions - 1),
    ahead: rng.pick([0, 0, 2, 10]),
    records: rng.between(1, 20),
    when: { atMs: rng.between(2_000, 20_000) },
  };
}

/** Settings that some lives bring: the history of each partition then gets entries. */
function drawDecisions(rng: Rng, processes: readonly string[]): Record<string, Partial<DecisionSettings>> {
  const decisions: Record<string, Partial<DecisionSettings>> = {};
  for (const process of processes) {
    for (let life = 1; life <= 4; life++) {
      if (!rng.chance(0.4)) continue;
      decisions[`${process}.${life}`] = {
        watermarkDelayMs: rng.pick([60_000, 20_000, 300_000]),
        maxAmount: rng.pick(['1000000000000000', '5000']),
      };
    }
  }
  return decisions;
}
