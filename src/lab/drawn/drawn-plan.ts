/**
 * A drawn plan for real parts, as plain data: what is sent, who runs, and which faults strike in which order. It can be drawn,
 * shrunk, saved as JSON and run again. Files are checked here, at the edge; those of the older form are read too.
 *
 * Faults of one lane strike one after the other, lanes side by side: faults meet, and none keeps another from striking (a kill
 * of a processor that is down; two faults of one network, where healing the first heals both).
 */
import { z } from 'zod';
import { DISK_EFFECTS } from '../../../chaos/fault.ts';
import { GARBAGE } from '../../../chaos/proxies/http-garbage.ts';
import { ConfigurationError } from '../../base/errors.ts';
import { CRASH_POINTS } from '../../processor/crash-points.ts';
import type { Fault } from '../fault.ts';
import { ofTodaysForm } from './older-form.ts';

/** `takeover`: faults without a time. They are armed before anything runs, and the first takeover meets them. */
export const LANES = ['processors', 'kafka', 'storage', 'takeover'] as const;
export type Lane = (typeof LANES)[number];

/** Alpha starts first. */
export const PROCESSORS = ['alpha', 'beta'] as const;
export type ProcessorName = (typeof PROCESSORS)[number];

const FOR_MS_MAX = 15_000;
const count = z.number().int().nonnegative();
const positive = z.number().int().positive();
const forMs = positive.max(FOR_MS_MAX);
const process = z.enum(PROCESSORS);
const nth = positive;
const disk = z.enum(DISK_EFFECTS).exclude(['stale']).optional();

const appendAnswer = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('lose-answer'), code: positive }),
  z.strictObject({ kind: z.literal('refuse'), code: positive, message: z.string() }),
  z.strictObject({ kind: z.literal('refuse-in-band'), code: positive, message: z.string() }),
  z.strictObject({ kind: z.literal('hold-answer'), delayMs: forMs }),
  z.strictObject({
    kind: z.literal('reset'),
    at: z.enum(['asked', 'answered']),
    what: z.union([count, z.literal('connection')]),
  }),
]);
const restAnswer = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('lose-answer') }),
  z.strictObject({ kind: z.literal('answer'), status: positive, reason: z.string() }),
  z.strictObject({ kind: z.literal('hold-answer'), delayMs: forMs }),
  z.strictObject({ kind: z.literal('garbage'), what: z.enum(GARBAGE) }),
]);
const network = z.enum(['kafka', 'storage']);

/** Records acknowledged since the fault before it in its lane was over and the pipeline ran. */
const afterRecords = z.strictObject({ afterRecords: count });
/** The same; then the process is stopped, and its next life kills itself the n-th time that it passes the point. */
const atPoint = z.strictObject({ afterRecords: count, point: z.enum(CRASH_POINTS), hit: positive });

/** Faults of the lab's language (src/lab/fault.ts) that a plan can have, with what a plan needs of them. */
const faultSchema = z.discriminatedUnion('what', [
  z.strictObject({
    what: z.literal('crash'),
    process,
    disk,
    restartAfterMs: count,
    when: z.union([afterRecords, atPoint]),
  }),
  z.strictObject({ what: z.literal('stop'), process, disk, restartAfterMs: count, when: afterRecords }),
  z.strictObject({ what: z.literal('pause'), process, forMs, when: afterRecords }),
  z.strictObject({
    what: z.literal('out_of_files'),
    process,
    cut: z.array(network),
    forMs,
    when: afterRecords,
  }),
  /** All processors are stopped, the group's offsets are reset, all are started. */
  z.strictObject({ what: z.literal('reset_offsets'), to: z.enum(['earliest', 'latest']), when: afterRecords }),
  z.strictObject({ what: z.literal('second_owner'), forMs, when: afterRecords }),
  z.strictObject({
    what: z.literal('network_cut'),
    on: network,
    refuse: z.boolean().optional(),
    forMs: forMs.optional(),
    when: afterRecords,
  }),
  z.strictObject({ what: z.literal('network_delay'), on: network, delayMs: forMs, forMs, when: afterRecords }),
  z.strictObject({ what: z.literal('network_black_hole'), on: network, forMs, when: afterRecords }),
  z.strictObject({ what: z.literal('network_half_open'), on: network, forMs, when: afterRecords }),
  z.strictObject({
    what: z.literal('kafka_answer'),
    request: z.enum(['produce', 'fetch', 'offset-commit', 'heartbeat']),
    nth,
    when: afterRecords,
  }),
  z.strictObject({
    what: z.literal('storage_answer'),
    method: z.enum(['AppendRows', 'CreateWriteStream', 'FinalizeWriteStream']),
    nth,
    answer: appendAnswer,
    when: afterRecords.optional(),
  }),
  z.strictObject({
    what: z.literal('rest_answer'),
    match: z.strictObject({ method: z.literal('POST'), path: z.string(), body: z.string().optional() }),
    nth,
    answer: restAnswer,
    when: afterRecords.optional(),
  }),
  z.strictObject({ what: z.literal('streams_finalized'), partition: count, when: afterRecords }),
]);
export type DrawnFault = z.infer<typeof faultSchema>;

/** Dials of the generator (src/simulator/plan.ts). Times are fixed, so that the records are the same on any day. */
const workloadSchema = z.strictObject({
  seed: count,
  /** The load ends when the last fault is over, or after this number of records. */
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
    processors: z.array(process).min(1),
    checkpointIntervalMs: positive,
    watermarkDelayMs: positive,
    workload: workloadSchema,
    faults: z.array(faultSchema).min(1),
  })
  .check(({ value: plan, issues }) => {
    plan.faults.forEach((fault, at) => {
      const complain = (message: string): void => {
        issues.push({ code: 'custom', message, path: ['faults', at], input: plan });
      };
      if ('process' in fault && !plan.processors.includes(fault.process)) complain(`no processor ${fault.process}`);
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
  const parsed = planSchema.safeParse(ofTodaysForm(innerOf(document)));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${where}: ${path.join('.') || 'plan'}: ${message}`);
  throw new ConfigurationError(problems.slice(0, 10));
}

export function laneOf(fault: DrawnFault): Lane {
  if (fault.when === undefined) return 'takeover';
  if ('on' in fault) return fault.on;
  if (fault.what === 'kafka_answer') return 'kafka';
  return ['storage_answer', 'rest_answer', 'streams_finalized'].includes(fault.what) ? 'storage' : 'processors';
}

/** The fault in the lab's language, without its time in the plan. */
export function faultOf<Drawn extends DrawnFault>({ when: _, ...fault }: Drawn): Fault & { readonly forMs?: number } {
  // Optional members that are absent, and nothing else, tell the two types apart.
  return fault as Fault;
}

/** For people, and for counting: what kind of thing is done. */
export function kindOf(fault: DrawnFault): string {
  if ('on' in fault) return `${fault.what} ${fault.on}`;
  if (fault.what === 'kafka_answer') return `${fault.what} ${fault.request}`;
  if ('answer' in fault) return `${fault.what} ${fault.answer.kind}`;
  if (fault.what === 'crash' && 'point' in fault.when) return 'crash at a point';
  return 'disk' in fault && fault.disk !== undefined ? `${fault.what} + disk ${fault.disk}` : fault.what;
}

function innerOf(document: unknown): unknown {
  return typeof document === 'object' && document !== null && 'plan' in document ? document.plan : document;
}
