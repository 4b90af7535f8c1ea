/**
 * A drawn plan for real parts, as plain data: what is sent, who runs, and what is broken in which order. It can be drawn,
 * shrunk, saved as JSON and run again. Files are checked here, at the edge.
 *
 * Strikes of one lane come one after the other, lanes side by side: faults meet, and never so that one keeps another from
 * happening (a kill of a processor that is down; two faults of one network, where healing the first heals both).
 */
import { z } from 'zod';
import type { FaultPlan } from '../../../chaos/fault.ts';
import { GARBAGE } from '../../../chaos/http-garbage.ts';
import { ConfigurationError } from '../../base/errors.ts';
import { CRASH_POINTS } from '../../processor/crash-points.ts';

/** `takeover`: answers that only a takeover asks for. */
export const LANES = ['processors', 'kafka', 'storage', 'takeover'] as const;
export type Lane = (typeof LANES)[number];

/** Alpha starts first. */
export const PROCESSORS = ['alpha', 'beta'] as const;
export type ProcessorName = (typeof PROCESSORS)[number];

/** Of the local state, while its processor is down. */
export const DAMAGES = ['delete', 'truncate', 'flip-bit', 'swap'] as const;
export type Damage = (typeof DAMAGES)[number];

const LASTS_MS_MAX = 15_000;
const count = z.number().int().nonnegative();
const positive = z.number().int().positive();
const lastsMs = positive.max(LASTS_MS_MAX);
const processor = z.enum(PROCESSORS);
const nth = positive;

const appendAnswer = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('lose-answer'), code: positive }),
  z.strictObject({ kind: z.literal('refuse'), code: positive, message: z.string() }),
  z.strictObject({ kind: z.literal('refuse-in-band'), code: positive, message: z.string() }),
  z.strictObject({ kind: z.literal('hold-answer'), delayMs: lastsMs }),
  z.strictObject({
    kind: z.literal('reset'),
    at: z.enum(['asked', 'answered']),
    what: z.union([count, z.literal('connection')]),
  }),
]);
const restAnswer = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('lose-answer') }),
  z.strictObject({ kind: z.literal('answer'), status: positive, reason: z.string() }),
  z.strictObject({ kind: z.literal('hold-answer'), delayMs: lastsMs }),
  z.strictObject({ kind: z.literal('garbage'), what: z.enum(GARBAGE) }),
]);
const network = z.enum(['kafka', 'storage']);

/** Faults of the library (chaos/fault.ts) that are drawn as they are. */
const faultSchema = z.discriminatedUnion('fault', [
  z.strictObject({
    fault: z.literal('network.cut'),
    on: network,
    refuse: z.boolean().optional(),
    lastsMs: lastsMs.optional(),
  }),
  z.strictObject({ fault: z.literal('network.delay'), on: network, delayMs: lastsMs, lastsMs }),
  z.strictObject({ fault: z.literal('network.black-hole'), on: network, lastsMs }),
  z.strictObject({ fault: z.literal('network.half-open'), on: network, lastsMs }),
  z.strictObject({
    fault: z.literal('kafka.answer'),
    request: z.enum(['produce', 'fetch', 'offset-commit', 'heartbeat']),
    nth,
  }),
  z.strictObject({
    fault: z.literal('storage.answer'),
    method: z.enum(['AppendRows', 'CreateWriteStream', 'FinalizeWriteStream']),
    nth,
    answer: appendAnswer,
  }),
  z.strictObject({
    fault: z.literal('rest.answer'),
    match: z.strictObject({ method: z.literal('POST'), path: z.string(), body: z.string().optional() }),
    nth,
    answer: restAnswer,
  }),
  z.strictObject({ fault: z.literal('sink.finalize-streams'), partition: count }),
]);

const strike = <K extends string, S extends z.ZodRawShape>(what: K, shape: S) =>
  z.strictObject({
    what: z.literal(what),
    /** So many records acknowledged since its lane was free and the pipeline ran. */
    afterRecords: count,
    ...shape,
  });

const strikeSchema = z.discriminatedUnion('what', [
  /** kill -9, perhaps damage to its local state, and a new life. */
  strike('kill', { processor, damage: z.enum(DAMAGES).optional(), restartAfterMs: count }),
  /** The same with SIGTERM. */
  strike('stop', { processor, damage: z.enum(DAMAGES).optional(), restartAfterMs: count }),
  /** SIGTERM; the next life kills itself at the n-th time that it comes by the point; then a third one. */
  strike('crash-point', { processor, point: z.enum(CRASH_POINTS), hit: positive, restartAfterMs: count }),
  strike('pause', { processor, lastsMs }),
  /** It can open nothing, and its connections to the sink are cut. */
  strike('out-of-files', { processor, lastsMs }),
  /** All are stopped, the group's offsets are reset, all are started. */
  strike('reset-group', { to: z.enum(['earliest', 'latest']) }),
  /** For so long one more processor runs, in a group of its own: every partition has two owners. */
  strike('second-group', { lastsMs }),
  strike('fault', {
    lane: z.enum(['kafka', 'storage', 'takeover']),
    /** In the lane `takeover`: it is armed before anything runs, and the first takeover meets it. */
    fault: faultSchema,
  }),
]);
export type Strike = z.infer<typeof strikeSchema>;
export type FaultStrike = Extract<Strike, { what: 'fault' }>;

/** Dials of the generator (src/simulator/plan.ts). Times are fixed, so that the records are the same on any day. */
const workloadSchema = z.strictObject({
  seed: count,
  /** No more than this; the load ends when the last strike is over. */
  countMax: positive.max(50_000),
  ratePerSecond: positive.max(5_000),
  /** Event time that countMax records would cover. */
  spanMs: positive,
  duplicateShare: z.number().min(0).max(0.5),
  lateShare: z.number().min(0).max(0.2),
  malformedShare: z.number().min(0).max(0.2),
  hotShare: z.number().min(0).max(1),
});
export type DrawnWorkload = z.infer<typeof workloadSchema>;

const planSchema = z
  .strictObject({
    world: z.literal('real'),
    partitions: positive.max(8),
    processors: z.array(processor).min(1),
    checkpointIntervalMs: positive,
    watermarkDelayMs: positive,
    workload: workloadSchema,
    strikes: z.array(strikeSchema).min(1),
  })
  .check(({ value: plan, issues }) => {
    plan.strikes.forEach((each, at) => {
      const complain = (message: string): void => {
        issues.push({ code: 'custom', message, path: ['strikes', at], input: plan });
      };
      if ('processor' in each && !plan.processors.includes(each.processor)) complain(`no processor ${each.processor}`);
      if (each.what !== 'fault') return;
      const { fault } = each;
      if ('partition' in fault && fault.partition >= plan.partitions) complain(`no partition ${fault.partition}`);
    });
  });
export type DrawnPlan = z.infer<typeof planSchema>;

/** Whether a document claims to be a plan for real parts, or holds one as `plan`. */
export function isDrawnPlan(document: unknown): boolean {
  return (innerOf(document) as { world?: unknown } | null)?.world === 'real';
}

/** Checks a plan from outside; `where` names it in the error. Throws ConfigurationError that lists what is wrong. */
export function parseDrawnPlan(document: unknown, where: string): DrawnPlan {
  const parsed = planSchema.safeParse(innerOf(document));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${where}: ${path.join('.') || 'plan'}: ${message}`);
  throw new ConfigurationError(problems.slice(0, 10));
}

export function laneOf(each: Strike): Lane {
  return each.what === 'fault' ? each.lane : 'processors';
}

/** The fault as the library takes it. */
export function faultPlanOf({ fault }: FaultStrike): FaultPlan {
  // Optional members that are absent, and nothing else, tell the two types apart.
  return fault as FaultPlan;
}

/** For people, and for counting: what kind of thing is done. */
export function kindOf(each: Strike): string {
  if (each.what === 'fault') {
    const { fault } = each;
    if ('on' in fault) return `${fault.fault} ${fault.on}`;
    if (fault.fault === 'kafka.answer') return `${fault.fault} ${fault.request}`;
    return 'answer' in fault ? `${fault.fault} ${fault.answer.kind}` : fault.fault;
  }
  return 'damage' in each && each.damage !== undefined ? `${each.what} + checkpoint.${each.damage}` : each.what;
}

function innerOf(document: unknown): unknown {
  return typeof document === 'object' && document !== null && 'plan' in document ? document.plan : document;
}
