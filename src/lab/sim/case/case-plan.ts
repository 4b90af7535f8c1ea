/**
 * A case as plain data: what is sent, who runs, what goes wrong, from which seed. It can be drawn, shrunk, saved as JSON and
 * replayed; the same plan gives the same run. Files are checked here, at the edge.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { DISK_EFFECTS } from '../../../../chaos/fault.ts';
import { ConfigurationError } from '../../../base/errors.ts';
import type { CompactionLimits } from '../../../local-state/compaction.ts';
import { APPEND_TABLES, type AppendTable, type DecisionSettings } from '../../../payments/types.ts';
import type { SimFault } from '../../fault.ts';
import type { Dialect } from '../bigquery/sim-bigquery.ts';
import type { SimDeltaLimits } from '../delta/sim-delta-limits.ts';
import type { CaseRegistry, CaseSchema } from '../registry/sim-registry.ts';
import type { SimLimits } from '../world/processor-main.ts';
import type { KnownElsewhere } from '../world/seed-known.ts';
import { ANSWER_EFFECTS, EFFECTS_OF, OPERATIONS, STORE_OPERATIONS } from './answers.ts';
import type { Noise } from './noise.ts';
import type { WorkloadRecord } from './workload.ts';

/** Canonical texts of rules, oldest first, and which of them a life has: the first, if it is not named. */
export interface CaseRules {
  readonly files: readonly string[];
  readonly byLife: Readonly<Record<string, number>>;
}

export interface CasePlan {
  readonly seed: number;
  /** Default: `bigquery`. */
  readonly sink?: 'bigquery' | 'delta';
  readonly partitions: number;
  /** Names; each is started when the world begins. */
  readonly processes: readonly string[];
  /** Each process is in a consumer group of its own: several owners of everything. */
  readonly separateGroups?: boolean;
  readonly workload: readonly WorkloadRecord[];
  readonly faults: readonly SimFault[];
  readonly noise: Noise;
  /** Default: `service`. */
  readonly dialect?: Dialect;
  /** Virtual time at which everything is healed. */
  readonly healAtMs: number;
  /** Whether the sink is declared to be an emulator: NOT_FOUND counts as gone. Default: true. */
  readonly isEmulator?: boolean;
  /** Decision settings that differ from the defaults, by the name of the life (`a.1`): a restart may bring others. */
  readonly decisions?: Readonly<Record<string, Partial<DecisionSettings>>>;
  /** Rules files, and which of them each life has. Not beside `decisions`: a file has the revision of all settings. */
  readonly rules?: CaseRules;
  /** Processes look at the topic before its dataset is seeded, and may refuse it with `nothing_accepted`. */
  readonly looksFirst?: boolean;
  /** What the schema registry has, for rules whose records name schemas. */
  readonly schemas?: readonly CaseSchema[];
  /** What the schema registry does besides. */
  readonly registry?: CaseRegistry;
  readonly limits?: Partial<SimLimits>;
  /** Of the sink on Delta Lake. */
  readonly deltaLimits?: Partial<SimDeltaLimits>;
  /** Payments that another pipeline had written when the topic was seeded. Default: the processors seed it themselves. */
  readonly known?: KnownElsewhere;
  /** When local state is written anew. Default: as in production, which needs a megabyte of it. */
  readonly compaction?: CompactionLimits;
  /** From healing on this process is alone: all others are gone for good, and it must be able to finish. */
  readonly survivor?: string;
  /** Delta Lake: files are Parquet. Default: a plain form, which is packed faster. */
  readonly parquet?: boolean;
  /** Every planned fault must fire, or the verdict is UNKNOWN. Default: false, as suits drawn plans. */
  readonly mustFire?: boolean;
}

const count = z.number().int().nonnegative();
const positive = z.number().int().positive();
const chance = z.number().min(0).max(1);
const name = z.string().regex(/^[a-z][a-z0-9-]*$/, 'a process name: small letters, digits and dashes');

const table = z.enum(APPEND_TABLES as [AppendTable, ...AppendTable[]]);

const storedTable = z.enum([...APPEND_TABLES, 'partition_ownership']);

const diskEffect = z.enum(DISK_EFFECTS);

const whenSchema = z.union([
  z.strictObject({ atMs: count }),
  z.strictObject({ records: count }),
  z.strictObject({ point: z.string().min(1), hit: positive, process: name.optional() }),
]);

const what = <K extends string, S extends z.ZodRawShape>(kind: K, shape: S) =>
  z.strictObject({ what: z.literal(kind), when: whenSchema, ...shape });

const faultSchema = z.discriminatedUnion('what', [
  what('answer', { effect: z.enum(ANSWER_EFFECTS), delayMs: count.optional() }),
  what('crash', { process: name.optional(), disk: diskEffect.optional(), restartAfterMs: count.optional() }),
  what('stop', { process: name, disk: diskEffect.optional(), restartAfterMs: count.optional() }),
  what('pause', { process: name.optional(), forMs: count }),
  what('clock_jump', { process: name, byMs: z.number().int() }),
  what('disk', { process: name, effect: diskEffect, partition: count.optional() }),
  what('rebalance', {}),
  what('session_expiry', { process: name }),
  what('reset_offsets', { to: z.enum(['earliest', 'latest']) }),
  what('leader_loss', { partition: count.optional(), forMs: count }),
  what('retention', { partition: count, records: count }),
  what('expiry', { partition: count, keep: count }),
  what('truncation', { partition: count, records: count }),
  what('damage', { partition: count, offset: count, records: positive, once: z.boolean().optional() }),
  what('recreate', {}),
  what('skip', { partition: count, ahead: count, records: positive }),
  what('rescale', { partitions: positive, untilDone: z.boolean().optional() }),
  what('partitions_added', { count: positive }),
  what('streams_lost', { partition: count.optional() }),
  what('streams_finalized', { partition: count }),
  what('table_replaced', { table }),
  what('table_restored', { table }),
  what('bigquery_down', { forMs: count }),
  what('store_down', { forMs: count }),
  what('compaction', { table }),
  what('log_cleanup', { table: storedTable, txns: z.boolean().optional() }),
  what('foreign_rows', { table }),
]);

const noiseSchema = z.strictObject({
  latencyMsMax: positive,
  slowChance: chance,
  slowMsMax: count,
  effects: z.partialRecord(
    z.enum([...OPERATIONS, ...STORE_OPERATIONS]),
    z.partialRecord(z.enum(ANSWER_EFFECTS), chance),
  ),
  visibilityLagChance: chance,
  visibilityLagMsMax: count,
  fetchRecordsMax: positive,
  emptyFetchChance: chance,
  redeliveryChance: chance,
  rejoinFromCommittedChance: chance,
});

const recordSchema = z.strictObject({
  atMs: count,
  partition: count,
  key: z.string().nullable(),
  value: z.string().nullable(),
  isBase64: z.boolean().optional(),
  timestampMs: z.number().int().optional(),
  afterRescale: z.boolean().optional(),
  transaction: z.strictObject({ outcome: z.enum(['commit', 'abort']), openForMs: count }).optional(),
});

const schemaSchema = z.strictObject({
  id: count,
  kind: z.enum(['avro', 'protobuf']).optional(),
  text: z.string(),
  references: z.array(z.strictObject({ name: z.string(), text: z.string() })).optional(),
  later: z.string().optional(),
  knownAtMs: count.optional(),
});

const registrySchema = z.strictObject({
  away: z.array(z.strictObject({ fromMs: count, toMs: count })).optional(),
  goesOnceStored: z.boolean().optional(),
  unknownIds: z.array(count).optional(),
});

const planSchema = z
  .strictObject({
    seed: z.number().int(),
    sink: z.enum(['bigquery', 'delta']).optional(),
    partitions: positive,
    processes: z.array(name).min(1),
    separateGroups: z.boolean().optional(),
    workload: z.array(recordSchema),
    faults: z.array(faultSchema),
    noise: noiseSchema,
    dialect: z.enum(['service', 'emulator']).optional(),
    healAtMs: positive,
    isEmulator: z.boolean().optional(),
    decisions: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
    schemas: z.array(schemaSchema).optional(),
    registry: registrySchema.optional(),
    looksFirst: z.boolean().optional(),
    rules: z.strictObject({ files: z.array(z.string().min(1)).min(1), byLife: z.record(z.string(), count) }).optional(),
    limits: z.record(z.string(), positive).optional(),
    deltaLimits: z.record(z.string(), count).optional(),
    known: z
      .strictObject({
        payments: z.array(z.strictObject({ transactionId: z.string().min(1), eventTimeMs: z.int() })),
        floorMs: z.int(),
      })
      .optional(),
    compaction: z.strictObject({ leastDeadBytes: count, bytesPerSave: positive, partBytes: positive }).optional(),
    survivor: name.optional(),
    parquet: z.boolean().optional(),
    mustFire: z.boolean().optional(),
  })
  .check(({ value: plan, issues }) => {
    const complain = (message: string, path: (string | number)[]): void => {
      issues.push({ code: 'custom', message, path, input: plan });
    };
    const rescaled = Math.max(0, ...plan.faults.map((fault) => (fault.what === 'rescale' ? fault.partitions : 0)));
    plan.workload.forEach(({ partition, afterRescale }, at) => {
      if (partition >= (afterRescale === true ? rescaled : plan.partitions))
        complain(`there is no partition ${partition}`, ['workload', at, 'partition']);
    });
    plan.faults.forEach((fault, at) => {
      if ('partition' in fault && fault.partition !== undefined && fault.partition >= plan.partitions)
        complain(`there is no partition ${fault.partition}`, ['faults', at, 'partition']);
      const named = 'process' in fault ? fault.process : undefined;
      if (named !== undefined && !plan.processes.includes(named))
        complain(`there is no process ${named}`, ['faults', at, 'process']);
      if (fault.what !== 'answer') return;
      const point = 'point' in fault.when ? fault.when.point : '';
      const known = Object.hasOwn(EFFECTS_OF, point) ? EFFECTS_OF[point as keyof typeof EFFECTS_OF] : [];
      if (!known.includes(fault.effect)) complain(`${fault.effect} cannot happen at "${point}"`, ['faults', at]);
    });
  });

/** Checks a plan from outside; `where` names it in the error. Throws ConfigurationError that lists what is wrong. */
export function parseCasePlan(document: unknown, where: string): CasePlan {
  const parsed = planSchema.safeParse(document);
  // The document itself, not zod's copy: that has its members in another order, and a trace quotes faults as they stand.
  if (parsed.success) return document as CasePlan;
  const problems = parsed.error.issues.map(({ path, message }) => `${where}: ${path.join('.') || 'plan'}: ${message}`);
  throw new ConfigurationError(problems.slice(0, 10));
}

/** Reads a plan, or a report of `lab explore` that holds one as `plan`. Throws ConfigurationError. */
export async function loadCasePlan(file: string): Promise<CasePlan> {
  let document: unknown;
  try {
    document = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new ConfigurationError([`${file}: no plan can be read: ${(error as Error).message}`]);
  }
  const inner = typeof document === 'object' && document !== null && 'plan' in document ? document.plan : document;
  return parseCasePlan(inner, file);
}
