/**
 * The verdict over a finished run. FAIL: the independent oracle found a guarantee broken, or a processor stopped or broke
 * where nothing that was done to it excuses that. UNKNOWN: not everything was checkable: nothing drained, or a fault that
 * was demanded did not fire. The oracle is src/checks/verify.ts, which shares no code with the fold.
 */

import { ContradictionError, UnreachableError } from '../../../base/errors.ts';
import { GUARANTEES, type Guarantee, type GuaranteeResult } from '../../../checks/findings.ts';
import { type VerifyReport, verify } from '../../../checks/verify.ts';
import type { ExitReport } from '../../../processor/processor.ts';
import type { SimFault } from '../../fault.ts';
import { type GenerationOf, simInputs } from '../sim-inputs.ts';
import type { World } from '../world/world.ts';
import type { AnswerEffect } from './answers.ts';
import type { CasePlan } from './case-plan.ts';

export type CaseVerdict = 'PASS' | 'FAIL' | 'UNKNOWN';

/** One reason for FAIL. */
export interface CaseFailure {
  /** The guarantee that is broken; null where a processor stopped or broke without a cause. */
  readonly guarantee: Guarantee | null;
  /** Stable name: a finding's kind, or `stopped:<code>`, `exited:<code>`, `bug`. */
  readonly kind: string;
  readonly message: string;
}

export interface CaseJudgement {
  readonly verdict: CaseVerdict;
  readonly guarantees: Readonly<Record<Guarantee, GuaranteeResult>>;
  readonly failures: readonly CaseFailure[];
  /** Reasons for UNKNOWN. */
  readonly unknown: readonly string[];
}

/** A partition that stopped for good, as its process said. */
export interface StoppedPartition {
  readonly process: string;
  readonly partition: number;
  readonly code: string;
  readonly error: string;
}

/** Stops that a fault excuses: the log or the sink then does contradict the guarantee. */
const EXCUSED_STOPS: Readonly<Partial<Record<SimFault['what'], readonly string[]>>> = {
  retention: ['retention_gap'],
  // Another record at an offset that was folded may name another schema.
  truncation: ['log_truncated', 'log_changed', 'rows_differ', 'retention_gap', 'schema_missing'],
  recreate: ['log_truncated', 'log_changed', 'rows_differ', 'schema_missing'],
  partitions_added: ['partition_count_changed'],
  rescale: ['partition_count_changed'],
  table_replaced: ['table_replaced', 'rows_lost'],
  foreign_rows: ['table_changed', 'rows_lost'],
};

const STOPS_BY_ITS_NAME: readonly AnswerEffect[] = ['rows_refused', 'append_refused', 'unreachable'];
/** Findings that a fault causes in a topic by itself: partitions that nobody reads yet. */
const EXCUSED_FINDINGS: Readonly<Partial<Record<SimFault['what'], readonly string[]>>> = {
  partitions_added: ['partition_unread'],
  rescale: ['partition_unread'],
};

/** Codes of stops that what was done so far excuses, or what the registry never knows; `unreachable` stands for a service that stayed away. */
export function excusedStops(
  fired: readonly SimFault[],
  { registry, looksFirst }: Pick<CasePlan, 'registry' | 'looksFirst'>,
): ReadonlySet<string> {
  const codes = new Set(fired.flatMap((fault) => EXCUSED_STOPS[fault.what] ?? []));
  if ((registry?.unknownIds ?? []).length > 0) codes.add('schema_unknown');
  if (looksFirst === true) codes.add('nothing_accepted');
  const hasFired = (what: SimFault['what']): boolean => fired.some((fault) => fault.what === what);
  // After a clean-up the log no longer says whose rows they are; the digest of the state does.
  if (hasFired('foreign_rows') && hasFired('log_cleanup')) codes.add('digest_differs');
  for (const fault of fired) {
    if (fault.what === 'log_cleanup' && fault.txns === false) codes.add('rows_lost');
    if (fault.what === 'damage' && fault.once !== true) codes.add('batch_damaged');
    if (fault.what !== 'answer') continue;
    if (STOPS_BY_ITS_NAME.includes(fault.effect)) codes.add(fault.effect);
  }
  return codes;
}

export async function judge(
  plan: CasePlan,
  world: World,
  stopped: readonly StoppedPartition[],
  undrained: readonly string[],
): Promise<CaseJudgement> {
  const report = await verifyWorld(world);
  const excused = new Set(world.fired.flatMap((fault) => EXCUSED_FINDINGS[fault.what] ?? []));
  const findingsOf = (guarantee: Guarantee) =>
    report.guarantees[guarantee].findings.filter(({ kind }) => !excused.has(kind));
  const failures: CaseFailure[] = GUARANTEES.flatMap((guarantee) =>
    findingsOf(guarantee).map(({ kind, partition, offsets, message }) => ({
      guarantee,
      kind,
      message: `${partition === null ? '' : `p${partition} `}${offsets.length > 0 ? `at ${offsets.join(', ')}: ` : ''}${message}`,
    })),
  );
  failures.push(...uncalledFor(plan, world, stopped), ...undrainedStops(world, stopped), ...wrongStates(world));
  const unknown = [...report.unknown, ...undrained];
  const isNothingExcused = undrained.length === 0 && excusedStops(world.fired, plan).size > 0;
  if (report.verdict === 'NODATA' && !isNothingExcused) unknown.push('there is nothing below a checkpoint to check');
  if (plan.mustFire === true) {
    for (const fault of plan.faults) {
      if (!world.fired.includes(fault)) unknown.push(`did not fire: ${JSON.stringify(fault)}`);
    }
  }
  const verdict = failures.length > 0 ? 'FAIL' : unknown.length > 0 ? 'UNKNOWN' : 'PASS';
  return { verdict, guarantees: report.guarantees, failures, unknown };
}

/** Ends and stops that no fault excuses. */
function uncalledFor(plan: CasePlan, world: World, stopped: readonly StoppedPartition[]): CaseFailure[] {
  const excused = excusedStops(world.fired, plan);
  const failures: CaseFailure[] = stopped
    .filter(({ code }) => !excused.has(code))
    .map(({ process, partition, code, error }) => ({
      guarantee: null,
      kind: `stopped:${code}`,
      message: `${process} stopped partition ${partition}: ${error}`,
    }));
  for (const process of world.processes.values()) {
    for (const { life, value, error } of process.exits) {
      const who = `${process.name}.${life}`;
      if (error !== undefined) {
        failures.push({ guarantee: null, kind: 'bug', message: `${who} ended with ${error}` });
        continue;
      }
      const exit = value as ExitReport;
      // A partition that stopped is listed above, by name.
      const isTold = stopped.some((stop) => stop.process === who) && exit.exitCode === 65;
      if (exit.exitCode === 0 || isTold || excused.has(codeOf(exit))) continue;
      failures.push({
        guarantee: null,
        kind: exit.exitCode === 70 ? 'bug' : `exited:${codeOf(exit)}`,
        message: `${who} exited with ${exit.exitCode}: ${exit.why}`,
      });
    }
  }
  return failures;
}

/** A cache that nothing has touched is not given up for what it holds. */
function wrongStates({ processes }: World): CaseFailure[] {
  return [...processes.values()].flatMap(({ name, disk }) =>
    disk.wrong.map(({ partition, why }) => ({
      guarantee: null,
      kind: 'state_wrong',
      message: `${name} gave up its local state of partition ${partition}: ${why}`,
    })),
  );
}

/** What was folded before a batch that cannot be read is written before the partition stops. */
function undrainedStops({ kafka, stored }: World, stopped: readonly StoppedPartition[]): CaseFailure[] {
  const skipped = new Map(stored.ownership(kafka.topic).map((row) => [row.partition, row.skipped.length]));
  return stopped.flatMap(({ process, partition, code }): CaseFailure[] => {
    const { damagedFrom } = kafka.partition(partition);
    if (code !== 'batch_damaged' || damagedFrom === undefined || skipped.get(partition) !== 0) return [];
    const checkpoint = stored.checkpointed(partition);
    if (checkpoint >= damagedFrom) return [];
    const message = `${process} stopped partition ${partition} at offset ${damagedFrom} and left it checkpointed at ${checkpoint}`;
    return [{ guarantee: null, kind: 'stopped_undrained', message }];
  });
}

function codeOf({ error, exitCode }: ExitReport): string {
  if (error instanceof ContradictionError) return error.code;
  return error instanceof UnreachableError ? 'unreachable' : String(exitCode);
}

/**
 * Verifies against the log as it is; where a partition's log was cut or made anew, against the log before that if the rows
 * are of that one: a processor that has written may not continue with another log, and one that has not may.
 */
async function verifyWorld(world: World): Promise<VerifyReport> {
  const report = await verify(simInputs(world));
  const damaged = world.kafka.partitions.flatMap((log, partition) => {
    const { length } = log.generations();
    return length > 1 ? [{ partition, length }] : [];
  });
  if (report.verdict === 'PASS' || damaged.length === 0) return report;
  const chosen = new Map<number, number>();
  for (const { partition, length } of damaged) {
    for (let generation = length - 1; generation >= 0; generation--) {
      const inputs = simInputs(world, { generationOf: (of, all) => (of === partition ? generation : all.length - 1) });
      const alone = await verify(inputs, { onlyPartitions: new Set([partition]) });
      if (alone.verdict === 'FAIL') continue;
      chosen.set(partition, generation);
      break;
    }
  }
  const generationOf: GenerationOf = (partition, generations) => chosen.get(partition) ?? generations.length - 1;
  return verify(simInputs(world, { generationOf }));
}
