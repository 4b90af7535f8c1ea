/**
 * A real broker, a real emulator and a topic whose payments are processed: the start of the benchmarks of starts and
 * takeovers. Every id stays known (half an hour of event time, an hour of watermark delay), so the state is as large as
 * the topic.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemRuntime } from '../../src/base/system-runtime.ts';
import { startInfra } from '../../src/infra/start-infra.ts';
import type { InfraChoice, StartedInfra } from '../../src/infra/types.ts';
import type { ProcessorChild } from '../../src/lab/real/processor/processor-child.ts';
import { RealWorld } from '../../src/lab/real/real-world.ts';
import type { ProcessorEvent, ProcessorEventType } from '../../src/processor/events.ts';
import { runSimulator } from '../../src/simulator/run-simulator.ts';

/** When a process reached the stages on its way to its first row, in ms since its clock was started. */
export type Timeline = Readonly<Record<string, number>>;

export const FIRST_ROW = 'first new row';

const STAGES: Partial<Record<ProcessorEventType, string>> = {
  'processor.started': 'topic and dataset checked',
  'assignment.changed': 'partitions assigned',
  'takeover.claimed': 'claimed',
  'takeover.positioned': 'position found',
  'state.restored': 'state restored',
  'takeover.running': 'running',
  'append.acknowledged': FIRST_ROW,
};
const SPAN_MS = 30 * 60_000;
/** The default of `process`: waiting for a killed member becomes visible. */
const SESSION_TIMEOUT = '30s';
const LIMIT_MS = 240_000;
const LOOK_EVERY_MS = 2;

type Listener = (event: ProcessorEvent, child: ProcessorChild) => void;

export interface FilledWorldOptions {
  readonly partitions: number;
  readonly accounts: number;
  readonly say: (text: string) => void;
}

export class FilledWorld implements AsyncDisposable {
  readonly world: RealWorld;
  readonly #infra: StartedInfra;
  readonly #folder: string;
  readonly #options: FilledWorldOptions;
  readonly #listeners: Set<Listener>;
  #sends = 0;
  #starts = 0;

  private constructor(
    world: RealWorld,
    infra: StartedInfra,
    folder: string,
    options: FilledWorldOptions,
    listeners: Set<Listener>,
  ) {
    this.world = world;
    this.#infra = infra;
    this.#folder = folder;
    this.#options = options;
    this.#listeners = listeners;
  }

  static async create(options: FilledWorldOptions): Promise<FilledWorld> {
    const infra = await startInfra({ way: (process.env.PROVENONCE_INFRA as InfraChoice | undefined) ?? 'auto' });
    const folder = await mkdtemp(path.join(tmpdir(), 'provenonce-bench-'));
    const listeners = new Set<Listener>();
    try {
      const world = await RealWorld.create({
        name: 'bench',
        infra,
        partitions: options.partitions,
        folder,
        settings: { KAFKA_SESSION_TIMEOUT: SESSION_TIMEOUT },
        onEvent: (event, child) => {
          for (const listener of listeners) listener(event, child);
        },
      });
      return new FilledWorld(world, infra, folder, options, listeners);
    } catch (error) {
      await infra.stop();
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** New payments, none late, rejected or a copy. `ratePerSecond` 0: as fast as possible. */
  async send(count: number, ratePerSecond = 0, signal?: AbortSignal): Promise<void> {
    const { partitions, accounts } = this.#options;
    this.#sends += 1;
    const clean = { duplicateShare: 0, lateShare: 0, futureShare: 0, malformedShare: 0, missingKeyShare: 0 };
    const { connection, topic } = this.world;
    await runSimulator(
      {
        dials: { count, ratePerSecond, seed: this.#sends, partitions, accounts, spanMs: SPAN_MS, ...clean },
        kafka: { connection, topic, compression: 'none', patienceMs: LIMIT_MS },
        ...(signal === undefined ? {} : { signal }),
      },
      systemRuntime,
    );
  }

  /** Sends, and processes all of it with the local state of that name; then the process is stopped. */
  async fill(count: number, checkpointOf: string): Promise<void> {
    await this.send(count);
    this.#options.say(`${count} payments sent`);
    const child = this.start(checkpointOf);
    await this.drain();
    await child.stop();
    this.#options.say(`${count} payments processed`);
  }

  start(checkpointOf: string): ProcessorChild {
    this.#starts += 1;
    return this.world.start(`${checkpointOf}-${this.#starts}`, { checkpointOf });
  }

  /** Receives every event of every process until the result is called. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Starts a process; its times count from `fromMs` (performance.now()) until its first new row is acknowledged. */
  async startTimed(checkpointOf: string, fromMs: number): Promise<{ child: ProcessorChild; timeline: Timeline }> {
    const stages: Record<string, number> = {};
    const child = this.start(checkpointOf);
    const stop = this.listen((event, of) => {
      const stage = of === child ? STAGES[event.type] : undefined;
      if (stage !== undefined) stages[stage] ??= performance.now() - fromMs;
    });
    await until(() => stages[FIRST_ROW] !== undefined, child);
    stop();
    return { child, timeline: { ...stages } };
  }

  /** Until everything that the topic holds is below a checkpoint. */
  drain(): Promise<void> {
    return this.world.drain(LIMIT_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.world[Symbol.asyncDispose]();
    await this.#infra.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Waits for a process to bring something about; fails when the process ends, or at the limit. */
export async function until(holds: () => boolean, child: ProcessorChild): Promise<void> {
  const limitMs = performance.now() + LIMIT_MS;
  while (!holds()) {
    if (!child.running || performance.now() > limitMs) {
      throw new Error(
        `processor ${child.name} ${child.running ? `took over ${LIMIT_MS} ms` : 'ended'}:\n${child.tail}`,
      );
    }
    await sleep(LOOK_EVERY_MS);
  }
}

/** `claimed 412 ms, running 905 ms`. */
export function timelineText(timeline: Timeline): string {
  return Object.entries(timeline)
    .map(([stage, ms]) => `${stage} ${Math.round(ms)} ms`)
    .join(', ');
}
