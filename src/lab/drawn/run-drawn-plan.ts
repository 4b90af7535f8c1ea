/**
 * Runs a drawn plan on real parts to its verdict: load and strikes, with checks by SQL after each; then heal, drain, stop, the
 * checks by SQL once more, and `verify`. Leaves the artifacts of any run (src/lab/artifacts.ts) in its folder.
 *
 * FAIL: a guarantee is broken, or a processor gave up (every fault drawn is one to live through). UNKNOWN: a fault did not
 * fire, met no work, was not healed, or nothing came after it; the story broke off; nothing drained.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { systemRuntime } from '../../base/system-runtime.ts';
import { PrefixCheck, PrefixMismatch } from '../../checks/by-sql/prefix-check.ts';
import { GUARANTEES, type Guarantee } from '../../checks/findings.ts';
import type { Verdict, VerifyReport } from '../../checks/verify.ts';
import type { ProcessorEvent } from '../../processor/events.ts';
import type { FaultRecord } from '../artifacts.ts';
import { faultProblems } from '../real/fault-account.ts';
import { RealWorld, type RealWorldOptions } from '../real/real-world.ts';
import { writeRun } from '../real/write-run.ts';
import type { RunWatch } from '../run-progress.ts';
import { defineScenario } from '../scenario.ts';
import { type DrawnPlan, kindOf, LANES, laneOf } from './drawn-plan.ts';
import { dialsOf } from './drawn-workload.ts';
import { doStrike, type Pipeline } from './strike.ts';

export interface RunDrawnOptions {
  readonly infra: RealWorldOptions['infra'];
  /** For logs, checkpoints and artifacts; kept. */
  readonly folder: string;
  /** With this bug in the processors (src/lab/mutants). */
  readonly mutant?: string;
  readonly watch?: RunWatch;
  /** What runs it again, for its artifacts. */
  readonly command?: string;
}

export interface DrawnFailure {
  /** Null: a processor gave up. */
  readonly guarantee: Guarantee | null;
  readonly kind: string;
  readonly message: string;
}

export interface DrawnOutcome {
  readonly verdict: Verdict;
  readonly failures: readonly DrawnFailure[];
  /** Reasons for UNKNOWN. */
  readonly unknown: readonly string[];
  /** Planned ones, with their accounts. */
  readonly faults: readonly FaultRecord[];
  /** Records in the topic. */
  readonly records: number;
  /** How often the tables were compared with the topic by SQL, and how many records below checkpoints the last time. */
  readonly sqlChecks: number;
  readonly recordsCompared: number;
  /** What processors went through, by event. */
  readonly reactions: Readonly<Record<string, number>>;
  readonly tookMs: number;
}

const SESSION_TIMEOUT = '2s';
const RUNS_WITHIN_MS = 90_000;
const DRAIN_TIMEOUT_MS = 90_000;
const QUESTIONS_MAX = 3;
const ASK_AGAIN_MS = 500;
export const PLAN_FILE = 'plan.json';

export async function runDrawnPlan(plan: DrawnPlan, options: RunDrawnOptions): Promise<DrawnOutcome> {
  const { infra, folder, mutant, watch } = options;
  const stops: DrawnFailure[] = [];
  const gaveUp = Promise.withResolvers<never>();
  gaveUp.promise.catch(() => {}); // raced
  await using world = await RealWorld.create({
    name: 'drawn',
    infra,
    partitions: plan.partitions,
    folder,
    proxied: true,
    seed: plan.workload.seed,
    settings: settingsOf(plan),
    ...(mutant === undefined ? {} : { mutant }),
    onNews: (text) => watch?.news(text),
    onEvent: (event) => {
      if (event.type !== 'partition.stopped') return;
      stops.push({ guarantee: null, kind: `stopped:${event.code}`, message: event.error });
      gaveUp.reject(new Error(`partition ${event.partition} stopped: ${event.code}`));
    },
  });
  await writeFile(path.join(folder, PLAN_FILE), `${JSON.stringify(plan, null, 2)}\n`);
  watch?.follow(() => ({
    sent: world.recorder.acknowledgedRecords,
    checkpointed: world.recorder.checkpointedRecords,
    broken: world.faults.active,
  }));
  return await new DrawnRun(plan, options, world, stops, gaveUp.promise).run();
}

function settingsOf(plan: DrawnPlan): Record<string, string> {
  return {
    WATERMARK_DELAY: `${plan.watermarkDelayMs}ms`,
    // Short delays, so that much is late.
    ACCEPT_CLOCK_RISK: 'true',
    CHECKPOINT_INTERVAL: `${plan.checkpointIntervalMs}ms`,
    KAFKA_SESSION_TIMEOUT: SESSION_TIMEOUT,
  };
}

class DrawnRun {
  readonly #plan: DrawnPlan;
  readonly #options: RunDrawnOptions;
  readonly #world: RealWorld;
  readonly #stops: readonly DrawnFailure[];
  readonly #gaveUp: Promise<never>;
  readonly #prefix: PrefixCheck;
  readonly #failures: DrawnFailure[] = [];
  readonly #unknown: string[] = [];
  readonly #over = new AbortController();
  #verified: VerifyReport | null = null;
  #sqlChecks = 0;
  #recordsCompared = 0;

  constructor(
    plan: DrawnPlan,
    options: RunDrawnOptions,
    world: RealWorld,
    stops: readonly DrawnFailure[],
    gaveUp: Promise<never>,
  ) {
    this.#plan = plan;
    this.#options = options;
    this.#world = world;
    this.#stops = stops;
    this.#gaveUp = gaveUp;
    this.#prefix = new PrefixCheck(world.inputs, world.sink);
  }

  async run(): Promise<DrawnOutcome> {
    const world = this.#world;
    const startedMs = world.nowMs();
    world.phase('story');
    await this.#attempt('the story broke off', () => this.#story());
    this.#over.abort();
    world.phase('heal');
    await this.#attempt('not healed', () => world.heal());
    world.phase('drain');
    await this.#attempt('not drained', () => Promise.race([world.drain(DRAIN_TIMEOUT_MS), this.#gaveUp]));
    await this.#attempt('not stopped', () => this.#stopAll());
    world.phase('check');
    await this.#attempt('not compared', () => this.#check());
    await this.#attempt('not verified', () => this.#verify());
    const outcome = this.#outcome(world.nowMs() - startedMs);
    await this.#write(outcome);
    return outcome;
  }

  /** The load lasts until the last strike is over. */
  async #story(): Promise<void> {
    const world = this.#world;
    const pipeline: Pipeline = {
      world,
      processors: this.#plan.processors,
      start: (...args) => {
        this.#over.signal.throwIfAborted();
        return world.start(...args);
      },
      check: () => this.#check(),
    };
    const first = this.#lane('takeover', pipeline);
    const strikes = this.#started().then(() =>
      Promise.all([first, ...LANES.filter((lane) => lane !== 'takeover').map((lane) => this.#lane(lane, pipeline))]),
    );
    const over = Promise.race([strikes, this.#gaveUp]);
    await Promise.all([world.send(dialsOf(this.#plan), { stopWhen: over }), over]);
  }

  /** The first has every partition to itself for a while: it then holds a state of each. */
  async #started(): Promise<void> {
    const world = this.#world;
    const [first, ...others] = this.#plan.processors.map((name) => () => world.start(name));
    const partitions = Array.from({ length: this.#plan.partitions }, (_, partition) => partition);
    const running = first!();
    await Promise.all(
      partitions.map((each) => running.waitFor('takeover.running', RUNS_WITHIN_MS, (at) => at.partition === each)),
    );
    await Promise.all(others.map((start) => start().waitFor('takeover.running', RUNS_WITHIN_MS)));
    await running.waitFor('checkpoint.written', RUNS_WITHIN_MS);
  }

  async #lane(lane: (typeof LANES)[number], pipeline: Pipeline): Promise<void> {
    for (const strike of this.#plan.strikes) if (laneOf(strike) === lane) await doStrike(strike, pipeline);
  }

  async #check(): Promise<void> {
    const { records } = await asked(() => this.#prefix.check());
    this.#sqlChecks++;
    this.#recordsCompared = records;
  }

  async #stopAll(): Promise<void> {
    for (const { name, code } of await this.#world.stopAll())
      if (code !== 0) this.#unknown.push(`processor ${name} ended with ${code} when it was asked to stop`);
  }

  async #verify(): Promise<void> {
    const report = await asked(() => this.#world.verify());
    this.#verified = report;
    for (const guarantee of GUARANTEES)
      for (const { kind, message } of report.guarantees[guarantee].findings)
        this.#failures.push({ guarantee, kind, message });
    if (report.verdict === 'UNKNOWN') this.#unknown.push(`verify could not check all: ${report.unknown.join('; ')}`);
    if (report.verdict === 'NODATA') this.#unknown.push('verify found nothing to check');
  }

  #outcome(tookMs: number): DrawnOutcome {
    const world = this.#world;
    const faults = world.faults.plannedRecords(world.recorder.history);
    const failures = [...this.#failures, ...this.#stops, ...this.#deaths()];
    const unknown = [...this.#unknown, ...faults.flatMap((fault) => faultProblems(fault, 'drained'))];
    const planned = new Set(this.#plan.strikes.map(kindOf)).size;
    if (faults.length < this.#plan.strikes.length)
      unknown.push(`${faults.length} faults came up of ${this.#plan.strikes.length} strikes (${planned} kinds)`);
    return {
      verdict: failures.length > 0 ? 'FAIL' : unknown.length > 0 ? 'UNKNOWN' : 'PASS',
      failures,
      unknown,
      faults,
      records: world.recorder.acknowledgedRecords,
      sqlChecks: this.#sqlChecks,
      recordsCompared: this.#recordsCompared,
      reactions: reactionsIn(world.children.flatMap(({ events }) => events)),
      tookMs,
    };
  }

  /** Processes that ended by themselves, with an error. */
  #deaths(): DrawnFailure[] {
    return this.#world.recorder.processors().flatMap(({ name, lives }) =>
      lives.flatMap(({ life, exitCode }) =>
        exitCode === null || exitCode === 0
          ? []
          : [
              {
                guarantee: null,
                kind: `ended:${exitCode}`,
                message: `life ${life} of ${name} ended with ${exitCode}`,
              },
            ],
      ),
    );
  }

  async #write({ verdict, failures, unknown, tookMs }: DrawnOutcome): Promise<void> {
    const { partitions, strikes, workload } = this.#plan;
    const scenario = defineScenario({
      name: 'drawn-plan',
      title: strikes.map(kindOf).join(', '),
      whatCouldGoWrong: 'Two faults that meet, in an order that nobody wrote a scenario for.',
      guarantees: GUARANTEES,
      tags: ['drawn'],
      partitions,
      proxied: true,
      settings: settingsOf(this.#plan),
      run: async () => {},
    });
    const problems = [...failures.map(failureText), ...unknown];
    const report = { verdict, problems, bits: [], seed: workload.seed, tookMs };
    await writeRun(scenario, this.#world, report, this.#verified, this.#options.folder, this.#options.command);
  }

  async #attempt(what: string, act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof PrefixMismatch)
        this.#failures.push({ guarantee: error.guarantee, kind: error.kind, message: `${what}: ${message}` });
      else this.#unknown.push(`${what}: ${message}`);
    }
  }
}

/** An emulator with much to do drops a connection now and then: the lab's own questions are asked again. */
async function asked<T>(question: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await question();
    } catch (error) {
      if (error instanceof PrefixMismatch || attempt === QUESTIONS_MAX) throw error;
      await systemRuntime.sleep(ASK_AGAIN_MS);
    }
  }
}

export function failureText({ guarantee, kind, message }: DrawnFailure): string {
  return `${guarantee ?? 'stop'} ${kind}: ${message}`;
}

const REACTIONS: Readonly<Record<string, (event: ProcessorEvent) => boolean>> = {
  'takeover.claimed': () => true,
  'takeover.lost_claim': () => true,
  'takeover.counts_differ': () => true,
  'partition.fenced': () => true,
  'state.discarded': () => true,
  'state.rebuilt': (event) => event.type === 'state.restored' && event.how === 'rebuilt',
  'rows.compared': (event) => event.type === 'replay.finished' && event.rowsSkipped > 0,
  'service.waiting': () => true,
  'log.recheck': () => true,
};
const EVENT_OF: Readonly<Record<string, string>> = {
  'state.rebuilt': 'state.restored',
  'rows.compared': 'replay.finished',
};

function reactionsIn(events: readonly ProcessorEvent[]): Record<string, number> {
  return Object.fromEntries(
    Object.entries(REACTIONS).map(([name, isIt]) => [
      name,
      events.filter((event) => event.type === (EVENT_OF[name] ?? name) && isIt(event)).length,
    ]),
  );
}
