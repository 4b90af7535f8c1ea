/**
 * A real broker, a real emulator and a topic whose payments are processed: what the benchmarks of starts and takeovers begin
 * from. Every id stays known (an hour of event time, an hour of watermark delay), so the state is as large as the topic.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startInfra } from '../src/infra/start-infra.ts';
import type { InfraChoice, StartedInfra } from '../src/infra/types.ts';
import type { ProcessorChild } from '../src/lab/real/processor-child.ts';
import { RealWorld } from '../src/lab/real/real-world.ts';
import type { ProcessorEvent, ProcessorEventType } from '../src/processor/events.ts';
import { systemRuntime } from '../src/runtime/system-runtime.ts';
import { runSimulator } from '../src/simulator/run-simulator.ts';

/** When a process that was started came by the stages on its way to its first row, in ms since its start. */
export type Timeline = { readonly [stage: string]: number };

const STAGES: Partial<Record<ProcessorEventType, string>> = {
  'processor.started': 'topic and dataset checked',
  'assignment.changed': 'partitions assigned',
  'takeover.claimed': 'claimed',
  'takeover.positioned': 'positioned',
  'state.restored': 'state restored',
  'takeover.running': 'running',
  'append.acknowledged': 'first new row',
};
const HOUR_MS = 3_600_000;
/** What `process` uses where nobody says otherwise. */
const SESSION_TIMEOUT = '30s';
const LIMIT_MS = 240_000;

export interface FilledWorldOptions {
  readonly partitions: number;
  readonly say: (text: string) => void;
  readonly settings?: Readonly<Record<string, string>>;
}

interface Watch {
  readonly startedMs: number;
  readonly stages: Record<string, number>;
}

export class FilledWorld implements AsyncDisposable {
  readonly world: RealWorld;
  readonly #infra: StartedInfra;
  readonly #folder: string;
  readonly #partitions: number;
  readonly #watches: Map<string, Watch>;
  #sends = 0;

  private constructor(
    world: RealWorld,
    infra: StartedInfra,
    folder: string,
    partitions: number,
    watches: Map<string, Watch>,
  ) {
    this.world = world;
    this.#infra = infra;
    this.#folder = folder;
    this.#partitions = partitions;
    this.#watches = watches;
  }

  static async create({ partitions, say, settings }: FilledWorldOptions): Promise<FilledWorld> {
    const infra = await startInfra({ way: (process.env.PROVENONCE_INFRA as InfraChoice | undefined) ?? 'auto' });
    const folder = await mkdtemp(path.join(tmpdir(), 'provenonce-bench-'));
    const watches = new Map<string, Watch>();
    try {
      const world = await RealWorld.create({
        name: 'bench',
        infra,
        partitions,
        folder,
        settings: { KAFKA_SESSION_TIMEOUT: SESSION_TIMEOUT, ...settings },
        onEvent: (event, child) => note(watches.get(child.name), event),
        onNews: say,
      });
      return new FilledWorld(world, infra, folder, partitions, watches);
    } catch (error) {
      await infra.stop();
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Payments with ids of their own, none late, rejected or a copy. */
  async send(count: number): Promise<void> {
    this.#sends += 1;
    await runSimulator(
      {
        dials: {
          ...{ count, seed: this.#sends, partitions: this.#partitions, spanMs: 0.5 * HOUR_MS, accounts: 20_000 },
          ...{ duplicateShare: 0, lateShare: 0, futureShare: 0, malformedShare: 0, missingKeyShare: 0 },
        },
        kafka: {
          connection: this.world.connection,
          topic: this.world.topic,
          compression: 'none',
          patienceMs: LIMIT_MS,
        },
      },
      systemRuntime,
    );
  }

  /** Starts a processor; its timeline counts from now. */
  start(name: string, checkpointOf = name): ProcessorChild {
    this.#watches.set(name, { startedMs: performance.now(), stages: {} });
    return this.world.start(name, { checkpointOf });
  }

  /** Until its first new row is acknowledged. */
  async untilFirstRow(child: ProcessorChild): Promise<Timeline> {
    const { stages } = this.#watches.get(child.name) as Watch;
    const limit = performance.now() + LIMIT_MS;
    while (stages['first new row'] === undefined) {
      if (!child.running || performance.now() > limit) throw new Error(`no new row of ${child.name}:\n${child.tail}`);
      await sleep(2);
    }
    return { ...stages };
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

export function timelineText(timeline: Timeline): string {
  return Object.entries(timeline)
    .map(([stage, ms]) => `${stage} ${Math.round(ms)} ms`)
    .join(', ');
}

function note(watch: Watch | undefined, event: ProcessorEvent): void {
  const stage = STAGES[event.type];
  if (watch === undefined || stage === undefined) return;
  watch.stages[stage] ??= performance.now() - watch.startedMs;
}
