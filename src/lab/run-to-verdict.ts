/**
 * The one way to a verdict on real parts, for scenarios, drawn plans and replayed cases alike: the story, then heal and drain,
 * then the checks. FAIL when a guarantee is broken, regardless of what else happened. UNKNOWN when a fault did not count, the story broke
 * off or nothing drained.
 */

import { orAborted } from '../base/abort.ts';
import { systemRuntime } from '../base/system-runtime.ts';
import { assertSumsMatch, assertUnique, CheckFailed, type SumsByCurrency } from '../checks/by-sql/assertions.ts';
import { PrefixMismatch } from '../checks/by-sql/prefix-check.ts';
import { counted, GUARANTEES, type Guarantee } from '../checks/findings.ts';
import type { Verdict, VerifyReport } from '../checks/verify.ts';
import { billionthsOf, decimalOf } from '../simulator/summary.ts';
import type { FaultRecord, RunPhase } from './artifacts.ts';
import { askedAgain } from './ask-again.ts';
import { detailsOf, LabError, sentenceOf } from './lab-error.ts';
import { faultProblems } from './real/fault-account.ts';
import type { RealWorld } from './real/real-world.ts';
import type { Broken, ProblemDetails, Scenario, ScenarioReport, ScenarioWorld } from './scenario.ts';
import { usableUntil, within } from './time-limit.ts';

/** One finding against a run. */
export interface RunFailure {
  /** Null: a processor gave up where it had to continue. */
  readonly guarantee: Guarantee | null;
  /** Of a finding; `story`: what the story says must hold; `stopped:<code>`, `ended:<exit code>`. */
  readonly kind: string;
  readonly message: string;
}

export interface RunOutcome {
  readonly report: ScenarioReport;
  /** Null where verify could not run. */
  readonly verified: VerifyReport | null;
  readonly failures: readonly RunFailure[];
  /** Reasons for UNKNOWN. */
  readonly unknown: readonly string[];
  /** Planned ones, with their accounts. */
  readonly faults: readonly FaultRecord[];
}

/** Reasons against PASS, by what they mean. */
interface Problems {
  readonly failures: RunFailure[];
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
export async function runToVerdict(
  scenario: Scenario,
  world: RealWorld,
  limits: StoryLimits = LIMITS,
  interrupted: AbortSignal = new AbortController().signal,
): Promise<RunOutcome> {
  const startedMs = systemRuntime.nowMs();
  const running = new Run(scenario, world, limits, interrupted).toVerdict(startedMs);
  try {
    return await orAborted(running, interrupted);
  } catch (error) {
    if (!interrupted.aborted) throw error;
    world.stopSending();
    const problem = `interrupted in ${world.recorder.phaseNow}: ${sentenceOf(interrupted.reason)}`;
    const report = interruptedReport(scenario.name, problem, world, systemRuntime.nowMs() - startedMs);
    return { report, verified: null, failures: [], unknown: [problem], faults: [] };
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

class Run {
  readonly #scenario: Scenario;
  readonly #world: RealWorld;
  readonly #limits: StoryLimits;
  readonly #interrupted: AbortSignal;
  readonly #problems: Problems = { failures: [], broken: [], unknown: [], details: [] };
  #verified: VerifyReport | null = null;

  constructor(scenario: Scenario, world: RealWorld, limits: StoryLimits, interrupted: AbortSignal) {
    this.#scenario = scenario;
    this.#world = world;
    this.#limits = limits;
    this.#interrupted = interrupted;
  }

  async toVerdict(startedMs: number): Promise<RunOutcome> {
    const scenario = this.#scenario;
    const world = this.#world;
    const drains = scenario.ending !== 'stopped';
    this.#enter('story');
    await this.#attempt('the story broke off', () => this.#tellStory(scenario.storyMs ?? this.#limits.storyMs));
    this.#enter('heal');
    await this.#attempt('not healed', () => limited(this.#limits.healMs, world.heal(), 'all is healed'));
    this.#enter('drain');
    if (drains) await this.#attempt('not drained', () => this.#orGivenUp(world.drain()));
    await this.#attempt('not stopped', async () => {
      for (const { name, code } of await world.stopAll()) {
        if (code !== 0) this.#problems.unknown.push(`processor ${name} ended with ${code} when it was asked to stop`);
      }
    });
    this.#enter('check');
    await this.#check(drains);
    const faults = world.faults.plannedRecords(world.recorder.history);
    for (const fault of faults) this.#problems.unknown.push(...faultProblems(fault, scenario));
    return this.#outcome(faults, systemRuntime.nowMs() - startedMs);
  }

  async #check(drains: boolean): Promise<void> {
    const world = this.#world;
    const { knowsSums = true, check, replacesLog, verifyFinds = [] } = this.#scenario;
    await this.#attempt('G2', async () => {
      await this.#checked(() => assertUnique(world.tables.sql), 'ids are counted');
    });
    // Where not all was sent or processed, sums prove nothing.
    if (knowsSums && this.#problems.unknown.length === 0)
      await this.#attempt('the sums', () => this.#checked(() => checkSums(world), 'sums are known'));
    if (check !== undefined) await this.#attempt('not compared', () => check(world));
    await this.#attempt('not verified', async () => {
      const verified = await this.#checked(() => world.verify(), 'verify ends');
      this.#verified = verified;
      if (replacesLog) world.bit('verify finds that the log is not what was processed', verified.verdict === 'FAIL');
      else takeReport(verified, drains, verifyFinds, this.#problems);
    });
    checkBits(world, this.#problems);
    if (this.#scenario.mustLive === true) this.#takeDeaths();
  }

  /** Processors that gave up: partitions that stopped, and processes that ended by themselves with an error. */
  #takeDeaths(): void {
    const stops = this.#world
      .allEventsOf('partition.stopped')
      .map(({ code, error }) => ({ kind: `stopped:${code}`, message: error }));
    const ends = this.#world.recorder.processors().flatMap(({ name, lives }) =>
      lives
        .filter(({ exitCode }) => exitCode !== null && exitCode !== 0)
        .map(({ life, exitCode }) => ({
          kind: `ended:${exitCode}`,
          message: `life ${life} of ${name} ended with ${exitCode}`,
        })),
    );
    for (const each of [...stops, ...ends]) {
      this.#problems.failures.push({ guarantee: null, ...each });
      this.#problems.broken.push(`stop ${each.kind}: ${each.message}`);
    }
  }

  #outcome(faults: readonly FaultRecord[], tookMs: number): RunOutcome {
    const world = this.#world;
    const { broken, unknown, details, failures } = this.#problems;
    const verdict: Verdict = broken.length > 0 ? 'FAIL' : unknown.length > 0 ? 'UNKNOWN' : 'PASS';
    const report = {
      name: this.#scenario.name,
      verdict,
      problems: [...broken, ...unknown],
      details,
      bits: world.bits,
      broke: brokenKinds(failures),
      stops: [...new Set(world.allEventsOf('partition.stopped').map(({ code }) => code))],
      seed: world.seed,
      tookMs,
    };
    return { report, verified: this.#verified, failures, unknown, faults };
  }

  /** What fails is written down, and the run continues. */
  async #attempt(what: string, act: () => Promise<void>): Promise<void> {
    // An interrupted world is being taken down: to drain it would start a processor.
    this.#interrupted.throwIfAborted();
    const { broken, unknown, details, failures } = this.#problems;
    try {
      await act();
    } catch (error) {
      const problem = `${what}: ${sentenceOf(error)}`;
      (error instanceof CheckFailed ? broken : unknown).push(problem);
      if (error instanceof PrefixMismatch) {
        const { guarantee, kind, message } = error;
        failures.push({ guarantee, kind, message: `${what}: ${message}` });
      }
      const text = detailsOf(error);
      if (text !== undefined) details.push({ problem, text });
    }
  }

  #enter(phase: RunPhase['name']): void {
    this.#interrupted.throwIfAborted();
    this.#world.phase(phase);
  }

  #checked<T>(check: () => Promise<T>, what: string): Promise<T> {
    return limited(this.#limits.checkMs, askedAgain(systemRuntime, check), what);
  }

  /** Rejects as soon as a partition stops, where the story says that every fault is one to live through. */
  #orGivenUp<T>(act: Promise<T>): Promise<T> {
    return this.#scenario.mustLive === true ? Promise.race([act, this.#world.gaveUp]) : act;
  }

  /** Past its limit, or interrupted, the story is given up: it can do nothing more to the world, and what it sends ends. */
  async #tellStory(limitMs: number): Promise<void> {
    const world = this.#world;
    const interrupted = this.#interrupted;
    const over = new AbortController();
    const giveUp = (): void => over.abort(interrupted.reason);
    interrupted.addEventListener('abort', giveUp, { once: true });
    try {
      const story = this.#scenario.run(usableUntil<ScenarioWorld>(world, over.signal));
      await within(systemRuntime, limitMs, this.#orGivenUp(story), () => 'the end of the story');
    } catch (error) {
      world.stopSending();
      throw error instanceof CheckFailed ? error : new LabError(sentenceOf(error), detailsOf(error) ?? world.tails);
    } finally {
      interrupted.removeEventListener('abort', giveUp);
      over.abort(new Error('the story is over'));
    }
  }
}

function limited<T>(limitMs: number, act: Promise<T>, what: string): Promise<T> {
  return within(systemRuntime, limitMs, act, () => what);
}

async function checkSums({ tables, expectedSums }: RealWorld): Promise<void> {
  if (expectedSums.length === 0) throw new Error('the story does not say what the payments add up to');
  await assertSumsMatch(addedUp(expectedSums), tables.sql);
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

/** A log that retention cut leaves something unknown; only a pipeline that stopped may end so. */
function takeReport(
  report: VerifyReport,
  drained: boolean,
  wanted: readonly string[],
  { failures, broken, unknown }: Problems,
): void {
  for (const guarantee of GUARANTEES) {
    const { count: all, findings: kept } = report.guarantees[guarantee];
    const findings = kept.filter(({ kind }) => !wanted.includes(kind));
    const count = all - (kept.length - findings.length);
    for (const { kind, message } of findings) failures.push({ guarantee, kind, message });
    if (findings.length > 0)
      broken.push(`${guarantee}: ${counted(count, 'finding')}, the first: ${findings[0]?.message}`);
  }
  const kinds = GUARANTEES.flatMap((guarantee) => report.guarantees[guarantee].findings.map(({ kind }) => kind));
  for (const kind of wanted) if (!kinds.includes(kind)) broken.push(`G1: verify does not find ${kind}`);
  if (!drained) return;
  if (report.verdict === 'UNKNOWN') unknown.push(`verify could not check all: ${report.unknown.join('; ')}`);
  if (report.verdict === 'NODATA') unknown.push('verify found nothing to check');
}

function checkBits({ bits }: RealWorld, { failures, broken, unknown }: Problems): void {
  for (const { what, happened, guarantee } of bits) {
    if (happened) continue;
    if (guarantee === undefined) unknown.push(`did not happen: ${what}`);
    else {
      broken.push(`${guarantee}: does not hold: ${what}`);
      failures.push({ guarantee, kind: 'story', message: what });
    }
  }
  if (bits.every(({ guarantee }) => guarantee !== undefined))
    unknown.push('no fault was confirmed, so this run proves nothing');
}

/** Each kind once. */
function brokenKinds(failures: readonly RunFailure[]): Broken[] {
  const kinds = new Map<string, Broken>();
  for (const { guarantee, kind } of failures)
    if (guarantee !== null) kinds.set(`${guarantee} ${kind}`, { guarantee, kind });
  return [...kinds.values()];
}
