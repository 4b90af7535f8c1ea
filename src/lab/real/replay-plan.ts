/**
 * Runs a case of the simulated world on real parts: the same records, the same processes, the faults that have a real
 * counterpart; then drains and verifies. With a mutant, the processors run its patches (src/lab/mutants).
 *
 * FAIL: a guarantee is broken, or a processor stopped. UNKNOWN: the plan cannot be done, a fault did not bite, or nothing
 * drained. Noise is not replayed: real parts have their own.
 */
import { GUARANTEES, type Guarantee } from '../../checks/findings.ts';
import type { Verdict } from '../../checks/verify.ts';
import type { CasePlan } from '../sim/case/case-plan.ts';
import type { WorkloadRecord } from '../sim/case/workload.ts';
import { type RealSteps, realSteps, type TimedFault } from './plan-on-real-parts.ts';
import type { ProcessorChild } from './processor/processor-child.ts';
import { RealWorld, type RealWorldOptions } from './real-world.ts';

export interface ReplayOptions {
  readonly infra: RealWorldOptions['infra'];
  /** For logs and checkpoints; kept. */
  readonly folder: string;
  readonly mutant?: string;
}

export interface ReplayFailure {
  /** Null: a processor stopped. */
  readonly guarantee: Guarantee | null;
  readonly kind: string;
  readonly message: string;
}

export interface ReplayReport {
  readonly verdict: Verdict;
  readonly failures: readonly ReplayFailure[];
  /** Reasons for UNKNOWN. */
  readonly unknown: readonly string[];
}

/** What simulated processors run with (sim/processor-main.ts). */
const SIM_SETTINGS = { WATERMARK_DELAY: '60s', CHECKPOINT_INTERVAL: '1s', ACCEPT_CLOCK_RISK: 'true' };
const FAULT_TIMEOUT_MS = 60_000;
const DRAIN_TIMEOUT_MS = 45_000;

export async function replayOnRealParts(plan: CasePlan, options: ReplayOptions): Promise<ReplayReport> {
  const steps = realSteps(plan);
  if (steps.cannot.length > 0) return { verdict: 'UNKNOWN', failures: [], unknown: steps.cannot };
  const { infra, folder, mutant } = options;
  await using world = await RealWorld.create({
    name: 'replay',
    infra,
    partitions: plan.partitions,
    folder,
    settings: SIM_SETTINGS,
    ...(mutant === undefined ? {} : { mutant }),
  });
  // Awaited here: the world ends with this block.
  return await new Replay(plan, steps, world).run();
}

class Replay {
  readonly #plan: CasePlan;
  readonly #steps: RealSteps;
  readonly #world: RealWorld;
  readonly #unknown: string[] = [];

  constructor(plan: CasePlan, steps: RealSteps, world: RealWorld) {
    this.#plan = plan;
    this.#steps = steps;
    this.#world = world;
  }

  async run(): Promise<ReplayReport> {
    const world = this.#world;
    await this.#attempt('the plan broke off', async () => {
      const startedMs = world.nowMs();
      // What is sent at the start is there when the processes come, as in the simulated world.
      await this.#send(startedMs, (record) => record.atMs <= 1);
      const crashed = this.#plan.processes.map((name) => this.#live(name));
      const timed = this.#steps.timed.map((each) => this.#strike(each, startedMs));
      await Promise.all([this.#send(startedMs, (record) => record.atMs > 1), ...crashed, ...timed]);
    });
    await this.#attempt('not drained', () => world.drain(DRAIN_TIMEOUT_MS));
    await this.#attempt('not stopped', async () => void (await world.stopAll()));
    const failures = this.#stops();
    await this.#attempt('not checked', async () => {
      const { guarantees, verdict } = await world.verify();
      for (const guarantee of GUARANTEES)
        for (const { kind, message } of guarantees[guarantee].findings) failures.push({ guarantee, kind, message });
      if (verdict === 'UNKNOWN' || verdict === 'NODATA') this.#unknown.push(`verify: ${verdict}`);
    });
    const verdict = failures.length > 0 ? 'FAIL' : this.#unknown.length > 0 ? 'UNKNOWN' : 'PASS';
    return { verdict, failures, unknown: this.#unknown };
  }

  /** Starts a process, and again after its crash point, where the plan has one for it. */
  async #live(name: string): Promise<void> {
    const crash = this.#steps.crashPoints.get(name);
    if (crash === undefined) {
      this.#start(name);
      return;
    }
    const { point, hit, restartAfterMs } = crash;
    const { signal } = await this.#start(name, { point, hit }).waitForExit(FAULT_TIMEOUT_MS);
    if (signal !== 'SIGKILL') throw new Error(`${name} ended before it came by ${point} for the ${hit}. time`);
    await this.#world.sleep(restartAfterMs);
    this.#start(name);
  }

  #start(name: string, crashAt?: { point: RealCrash['point']; hit: number }): ProcessorChild {
    const groupId = this.#plan.separateGroups === true ? { groupId: `${this.#world.topic}-${name}` } : {};
    return this.#world.start(name, { ...groupId, ...(crashAt === undefined ? {} : { crashAt }) });
  }

  /** One request per run of records that are due together. */
  async #send(startedMs: number, isWanted: (record: WorkloadRecord) => boolean): Promise<void> {
    const wanted = this.#plan.workload.filter(isWanted).toSorted((a, b) => a.atMs - b.atMs);
    for (let from = 0; from < wanted.length; ) {
      const { atMs } = wanted[from]!;
      let to = from;
      while (to < wanted.length && wanted[to]!.atMs === atMs) to++;
      await this.#untilMs(startedMs + atMs);
      await this.#world.sendRecords(wanted.slice(from, to));
      from = to;
    }
  }

  async #strike({ fault, when }: TimedFault, startedMs: number): Promise<void> {
    const world = this.#world;
    if ('atMs' in when) await this.#untilMs(startedMs + when.atMs);
    else
      await world.until(`${when.records} records folded`, FAULT_TIMEOUT_MS, async () => this.#folded() >= when.records);
    if (fault.what === 'reset_offsets') {
      await world.resetGroup(fault.to);
      return;
    }
    const name = fault.process ?? this.#plan.processes[0]!;
    if (fault.what === 'disk') {
      await world.loseCheckpoint(name);
      return;
    }
    const child = world.children.findLast((each) => each.name === name && each.running);
    if (child === undefined) throw new Error(`${name} did not run when it was to be hit: ${JSON.stringify(fault)}`);
    if (fault.what === 'pause') {
      child.pause();
      await world.sleep(fault.forMs);
      child.resume();
      return;
    }
    if (fault.what === 'crash') await child.kill();
    else await child.stop();
    await world.sleep(fault.restartAfterMs ?? 500);
    this.#start(name);
  }

  #folded(): number {
    return this.#world.allEventsOf('batch.folded').reduce((sum, { records }) => sum + records, 0);
  }

  #stops(): ReplayFailure[] {
    return this.#world
      .allEventsOf('partition.stopped')
      .map(({ code, error }) => ({ guarantee: null, kind: `stopped:${code}`, message: error }));
  }

  async #untilMs(timeMs: number): Promise<void> {
    const leftMs = timeMs - this.#world.nowMs();
    if (leftMs > 0) await this.#world.sleep(leftMs);
  }

  async #attempt(what: string, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.#unknown.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

type RealCrash = RealSteps['crashPoints'] extends ReadonlyMap<string, infer Crash> ? Crash : never;
