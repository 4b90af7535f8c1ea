/**
 * Runs one scenario in one world to its verdict: the story, then heal and drain, then the checks. FAIL when a guarantee is
 * broken, whatever else happened; UNKNOWN when the fault did not bite, the story broke off or nothing drained.
 */

import { orAborted } from '../base/abort.ts';
import { systemRuntime } from '../base/system-runtime.ts';
import { assertSumsMatch, assertUnique, CheckFailed, type SumsByCurrency } from '../checks/by-sql/assertions.ts';
import { counted, GUARANTEES } from '../checks/findings.ts';
import type { Verdict, VerifyReport } from '../checks/verify.ts';
import { billionthsOf, decimalOf } from '../simulator/summary.ts';
import type { RunPhase } from './artifacts.ts';
import { detailsOf, LabError, sentenceOf } from './lab-error.ts';
import { faultProblems } from './real/fault-account.ts';
import type { RealWorld } from './real/real-world.ts';
import type { Broken, ProblemDetails, Scenario, ScenarioReport, ScenarioWorld } from './scenario.ts';
import { usableUntil, within } from './time-limit.ts';

export interface ScenarioOutcome {
  readonly report: ScenarioReport;
  /** Null where verify could not run. */
  readonly verified: VerifyReport | null;
}

/** Reasons against PASS, by what they mean. */
interface Problems {
  readonly broken: string[];
  readonly unknown: string[];
  readonly details: ProblemDetails[];
}

export interface StoryLimits {
  /** The story as a whole; what it waits for has limits of its own, well below. */
  readonly storyMs: number;
  readonly healMs: number;
  /** verify, and sums over the tables. */
  readonly checkMs: number;
}

const LIMITS: StoryLimits = { storyMs: 240_000, healMs: 90_000, checkMs: 120_000 };

/** Where `interrupted` is aborted, nothing more is done to the world, and what is known so far is UNKNOWN. */
export async function runScenario(
  scenario: Scenario,
  world: RealWorld,
  limits: StoryLimits = LIMITS,
  interrupted: AbortSignal = new AbortController().signal,
): Promise<ScenarioOutcome> {
  const startedMs = systemRuntime.nowMs();
  const running = runToVerdict(scenario, world, limits, interrupted);
  try {
    return await orAborted(running, interrupted);
  } catch (error) {
    if (!interrupted.aborted) throw error;
    world.stopSending();
    const problem = `interrupted in ${world.recorder.phaseNow}: ${sentenceOf(interrupted.reason)}`;
    const tookMs = systemRuntime.nowMs() - startedMs;
    return { report: interruptedReport(scenario.name, problem, world, tookMs), verified: null };
  }
}

/** A run that did not come to its checks. */
export function interruptedReport(
  name: string,
  problem: string,
  { bits, seed }: Pick<ScenarioReport, 'bits' | 'seed'>,
  tookMs: number,
): ScenarioReport {
  return { name, verdict: 'UNKNOWN', problems: [problem], bits, broke: [], stops: [], seed, tookMs };
}

async function runToVerdict(
  scenario: Scenario,
  world: RealWorld,
  limits: StoryLimits,
  interrupted: AbortSignal,
): Promise<ScenarioOutcome> {
  const startedMs = systemRuntime.nowMs();
  const problems: Problems = { broken: [], unknown: [], details: [] };
  const attempt = async (what: string, act: () => Promise<void>): Promise<void> => {
    // A world that is being taken down: to drain it would start a processor.
    interrupted.throwIfAborted();
    try {
      await act();
    } catch (error) {
      const list = error instanceof CheckFailed ? problems.broken : problems.unknown;
      const problem = `${what}: ${sentenceOf(error)}`;
      list.push(problem);
      const text = detailsOf(error);
      if (text !== undefined) problems.details.push({ problem, text });
    }
  };
  const enter = (phase: RunPhase['name']): void => {
    interrupted.throwIfAborted();
    world.phase(phase);
  };
  const ending = scenario.ending ?? 'drained';
  const drains = ending === 'drained';
  let verified: VerifyReport | null = null;

  enter('story');
  await attempt('the story broke off', () =>
    tellStory(scenario, world, scenario.storyMs ?? limits.storyMs, interrupted),
  );
  enter('heal');
  await attempt('not healed', () => limited(limits.healMs, world.heal(), 'all is healed'));
  enter('drain');
  if (drains) await attempt('not drained', () => world.drain());
  await attempt('not stopped', async () => {
    for (const { name, code } of await world.stopAll()) {
      if (code !== 0) problems.unknown.push(`processor ${name} ended with ${code} when it was asked to stop`);
    }
  });
  enter('check');
  const checked = <T>(check: Promise<T>, what: string): Promise<T> => limited(limits.checkMs, check, what);
  await attempt('G2', async () => void (await checked(assertUnique(world.sink), 'ids are counted')));
  // Where not all was sent or processed, sums prove nothing.
  if (problems.unknown.length === 0) await attempt('the sums', () => checked(checkSums(world), 'sums are known'));
  await attempt('not verified', async () => {
    verified = await checked(world.verify(), 'verify ends');
    if (scenario.replacesLog)
      world.bit('verify finds that the log is not what was processed', verified.verdict === 'FAIL');
    else takeReport(verified, drains, scenario.verifyFinds ?? [], problems);
  });
  checkBits(world, problems);
  const faults = world.faults.plannedRecords(world.recorder.history);
  for (const fault of faults) problems.unknown.push(...faultProblems(fault, ending));

  const { broken, unknown } = problems;
  const verdict: Verdict = broken.length > 0 ? 'FAIL' : unknown.length > 0 ? 'UNKNOWN' : 'PASS';
  const report = {
    name: scenario.name,
    verdict,
    problems: [...broken, ...unknown],
    details: problems.details,
    bits: world.bits,
    broke: brokenKinds(world, scenario.replacesLog ? null : verified, scenario.verifyFinds ?? []),
    stops: [...new Set(world.allEventsOf('partition.stopped').map(({ code }) => code))],
    seed: world.seed,
    tookMs: systemRuntime.nowMs() - startedMs,
  };
  return { report, verified };
}

/** Past its limit, or interrupted, the story is given up: it can do nothing more to the world, and what it sends ends. */
async function tellStory(
  scenario: Scenario,
  world: RealWorld,
  limitMs: number,
  interrupted: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const giveUp = (): void => over.abort(interrupted.reason);
  interrupted.addEventListener('abort', giveUp, { once: true });
  try {
    const story = scenario.run(usableUntil<ScenarioWorld>(world, over.signal));
    await within(systemRuntime, limitMs, story, () => 'the end of the story');
  } catch (error) {
    world.stopSending();
    throw error instanceof CheckFailed ? error : new LabError(sentenceOf(error), detailsOf(error) ?? world.tails);
  } finally {
    interrupted.removeEventListener('abort', giveUp);
    over.abort(new Error('the story is over'));
  }
}

function limited<T>(limitMs: number, act: Promise<T>, what: string): Promise<T> {
  return within(systemRuntime, limitMs, act, () => what);
}

async function checkSums({ sink, expectedSums }: RealWorld): Promise<void> {
  if (expectedSums.length === 0) throw new Error('the story does not say what the payments add up to');
  await assertSumsMatch(addedUp(expectedSums), sink);
}

/** Exact: sums per currency, over all parts. */
function addedUp(parts: readonly SumsByCurrency[]): SumsByCurrency {
  const totals = new Map<string, { count: number; billionths: bigint }>();
  for (const [currency, { count, amount }] of parts.flatMap((part) => Object.entries(part))) {
    const total = totals.get(currency) ?? { count: 0, billionths: 0n };
    totals.set(currency, { count: total.count + count, billionths: total.billionths + billionthsOf(amount) });
  }
  return Object.fromEntries(
    [...totals].map(([currency, { count, billionths }]) => [currency, { count, amount: decimalOf(billionths) }]),
  );
}

/** A log that retention cut leaves something unknown; only a pipeline that refused to go on may end so. */
function takeReport(
  report: VerifyReport,
  drained: boolean,
  wanted: readonly string[],
  { broken, unknown }: Problems,
): void {
  for (const guarantee of GUARANTEES) {
    const { count: all, findings: kept } = report.guarantees[guarantee];
    const findings = kept.filter(({ kind }) => !wanted.includes(kind));
    const count = all - (kept.length - findings.length);
    if (findings.length > 0)
      broken.push(`${guarantee}: ${counted(count, 'finding')}, the first: ${findings[0]?.message}`);
  }
  const kinds = GUARANTEES.flatMap((guarantee) => report.guarantees[guarantee].findings.map(({ kind }) => kind));
  for (const kind of wanted) if (!kinds.includes(kind)) broken.push(`G1: verify does not find ${kind}`);
  if (!drained) return;
  if (report.verdict === 'UNKNOWN') unknown.push(`verify could not check all: ${report.unknown.join('; ')}`);
  if (report.verdict === 'NODATA') unknown.push('verify found nothing to check');
}

function checkBits({ bits }: RealWorld, { broken, unknown }: Problems): void {
  for (const { what, happened, guarantee } of bits) {
    if (happened) continue;
    if (guarantee === undefined) unknown.push(`did not happen: ${what}`);
    else broken.push(`${guarantee}: does not hold: ${what}`);
  }
  if (bits.every(({ guarantee }) => guarantee !== undefined)) {
    unknown.push('the story names nothing that must have happened');
  }
}

/** Each kind once; of another log in the topic's place, only what the story says. */
function brokenKinds({ bits }: RealWorld, verified: VerifyReport | null, wanted: readonly string[]): Broken[] {
  const found = GUARANTEES.flatMap((guarantee) => {
    const kinds = new Set(verified?.guarantees[guarantee].findings.map(({ kind }) => kind));
    return [...kinds].filter((kind) => !wanted.includes(kind)).map((kind) => ({ guarantee, kind }));
  });
  const said = new Set(bits.flatMap(({ guarantee, happened }) => (happened ? [] : (guarantee ?? []))));
  return [...found, ...[...said].map((guarantee) => ({ guarantee, kind: 'story' }))];
}
