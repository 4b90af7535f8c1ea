/**
 * How a story does one fault of a plan to real parts: the fault at its moment, a check of the tables once it has struck, and
 * what must follow (a new life, healing). Every wait has a limit. What did not happen in time shows in the account of the
 * fault (fault-account.ts), not here.
 */
import type { DiskEffect, RealFault, RealWhen } from '../../../chaos/fault.ts';
import { systemRuntime } from '../../base/system-runtime.ts';
import type { SecondOwner } from '../fault.ts';
import type { InjectedFault, RunningProcessor, ScenarioWorld, StartOptions, StoryCrashPoint } from '../scenario.ts';
import { within } from '../time-limit.ts';

/** A fault of a plan with its moment. */
export type StoryFault = (RealFault | SecondOwner) & { readonly when?: RealWhen; readonly forMs?: number };

type Of<What extends StoryFault['what']> = Extract<StoryFault, { readonly what: What }>;

export interface PipelineOptions {
  /** By name, in the order of their starts. */
  readonly processes: readonly string[];
  /** Of every life of a process. */
  readonly startOptions?: (name: string) => StartOptions;
  /** The tables against the topic, after each fault. Default: none. */
  readonly check?: () => Promise<void>;
  /** After a restart the new life has to get a partition before the fault is over. Default: false. */
  readonly awaitsTakeover?: boolean;
}

/** A session, a rebalance and a takeover take seconds, on a busy machine more. */
const LIMIT_MS = 60_000;
/** As in the simulated world. */
const RESTART_AFTER_MS = 500;
const SECOND_OWNER = 'gamma';

/** The processes of a plan: the latest life of each, by name. */
export class Pipeline {
  readonly world: ScenarioWorld;
  readonly #options: PipelineOptions;
  readonly #lives = new Map<string, RunningProcessor>();

  constructor(world: ScenarioWorld, options: PipelineOptions) {
    this.world = world;
    this.#options = options;
  }

  get processes(): readonly string[] {
    return this.#options.processes;
  }

  /** A new life. */
  start(name: string, options: StartOptions = {}): RunningProcessor {
    const life = this.world.start(name, { ...this.#options.startOptions?.(name), ...options });
    this.#lives.set(name, life);
    return life;
  }

  /** The same, after a fault. A life that gets no partition in time is no failure: the drain tells whether anybody works. */
  async startAgain(name: string): Promise<void> {
    const life = this.start(name);
    if (this.#options.awaitsTakeover === true) await settled(life.waitFor('takeover.running', LIMIT_MS));
  }

  /** SIGTERM, and its end; nothing where it does not run. */
  async stop(name: string): Promise<void> {
    const life = this.#lives.get(name);
    if (life?.running === true) await life.stop();
  }

  async check(): Promise<void> {
    await this.#options.check?.();
  }
}

/** Resolves when it is over and the pipeline runs again. */
export async function doFault(fault: StoryFault, pipeline: Pipeline): Promise<void> {
  switch (fault.what) {
    case 'crash':
    case 'stop':
      return restarted(fault, pipeline);
    case 'reset_offsets':
      return offsetsReset(fault, pipeline);
    case 'second_owner':
      return secondOwner(fault, pipeline);
    default:
      return endured(fault, pipeline);
  }
}

export interface CrashAtPoint {
  readonly process: string;
  readonly point: StoryCrashPoint;
  readonly hit: number;
  readonly disk?: DiskEffect | undefined;
  readonly restartAfterMs?: number | undefined;
}

/** Starts a life of the process that kills itself at the point, and the one after it. It must not run. */
export async function doomedLife(
  { process, point, hit, disk, restartAfterMs = RESTART_AFTER_MS }: CrashAtPoint,
  pipeline: Pipeline,
): Promise<void> {
  const { world } = pipeline;
  const text = `${process} kills itself at ${point}, hit ${hit}`;
  const fault = world.planByHand('crash', text, { process, point, hit }, process);
  const doomed = pipeline.start(process, { settings: { PROVENONCE_CRASH_AT: `${point}:${hit}` } });
  await settled(doomed.waitForExit(LIMIT_MS));
  if (doomed.running) await doomed.kill();
  else if ((await doomed.waitForExit(LIMIT_MS)).signal === 'SIGKILL') {
    fault.fired();
    await pipeline.check();
  }
  await damaged(process, disk, pipeline);
  await world.sleep(restartAfterMs);
  const again = pipeline.startAgain(process);
  fault.healed();
  await again;
}

/** Injects, waits until it has struck, checks, waits until it is healed. */
async function endured(fault: Exclude<StoryFault, Of<'second_owner'>>, pipeline: Pipeline): Promise<void> {
  const injected = pipeline.world.inject(fault);
  if (!(await struck(injected, pipeline))) return;
  await settled(injected.healed);
  await pipeline.check();
}

/** Whether it struck in time; then the tables have been checked. Otherwise it is taken away, and strikes nobody later. */
async function struck(fault: InjectedFault, pipeline: Pipeline): Promise<boolean> {
  if (!(await settled(fault.fired))) {
    await fault.heal();
    return false;
  }
  await pipeline.check();
  return true;
}

async function restarted(fault: Of<'crash' | 'stop'>, pipeline: Pipeline): Promise<void> {
  const { what, process, disk, restartAfterMs = RESTART_AFTER_MS, when } = fault;
  const { world } = pipeline;
  if (process === undefined) throw new Error(`${what}: on real parts a fault names its process`);
  if (!(await struck(world.inject({ what, process, ...(when === undefined ? {} : { when }) }), pipeline))) return;
  await damaged(process, disk, pipeline);
  await world.sleep(restartAfterMs);
  await pipeline.startAgain(process);
}

async function damaged(process: string, effect: DiskEffect | undefined, pipeline: Pipeline): Promise<void> {
  if (effect !== undefined) await struck(pipeline.world.inject({ what: 'disk', process, effect }), pipeline);
}

/** The group must be empty: all are stopped, its offsets are reset, all are started. */
async function offsetsReset({ to, when }: Of<'reset_offsets'>, pipeline: Pipeline): Promise<void> {
  await reached(when, pipeline);
  await Promise.all(pipeline.processes.map((name) => pipeline.stop(name)));
  await struck(pipeline.world.inject({ what: 'reset_offsets', to }), pipeline);
  await Promise.all(pipeline.processes.map((name) => pipeline.startAgain(name)));
}

async function secondOwner({ forMs = 0, when }: Of<'second_owner'>, pipeline: Pipeline): Promise<void> {
  const { world } = pipeline;
  const text = `${SECOND_OWNER} owns everything as well, in a group of its own, for ${forMs} ms`;
  const fault = world.planByHand('second_owner', text, { forMs, when }, SECOND_OWNER);
  await reached(when, pipeline);
  const second = world.start(SECOND_OWNER, { groupId: `${world.topic}-second` });
  const claimed = second.waitFor('takeover.running', LIMIT_MS).then(() => fault.fired());
  if (await settled(claimed)) await pipeline.check();
  await world.sleep(forMs);
  await second.stop();
  fault.healed();
  await pipeline.check();
}

async function reached(when: RealWhen | undefined, { world }: Pipeline): Promise<void> {
  if (when !== undefined)
    await within(systemRuntime, LIMIT_MS, world.moment(when), () => `the moment ${JSON.stringify(when)}`);
}

/** Whether it was fulfilled in time. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  return within(systemRuntime, LIMIT_MS, promise, () => 'settled').then(
    () => true,
    () => false,
  );
}
