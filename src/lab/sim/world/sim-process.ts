/**
 * A simulated process: a name, a disk and a clock that outlive it, and one life at a time with the ports that the processor
 * is built on.
 */

import type { Runtime } from '../../../base/runtime.ts';
import type { CompactionLimits } from '../../../local-state/compaction.ts';
import type { LogSource, SinkInspection, StateStore } from '../../../processor/ports.ts';
import type { RowEncoder, SinkQueries } from '../../../sinks/bigquery/ports.ts';
import type { WriteRpc } from '../../../sinks/bigquery/write/write-rpc.ts';
import type { ObjectStore } from '../../../sinks/delta/ports.ts';
import type { SimBigQuery } from '../bigquery/sim-bigquery.ts';
import { simRowEncoder } from '../bigquery/sim-encoder.ts';
import { SimInspection } from '../bigquery/sim-inspection.ts';
import type { SimStore } from '../delta/sim-store.ts';
import { SimDisk } from '../disk/sim-disk.ts';
import type { SimKafka } from '../kafka/sim-kafka.ts';
import type { SimContext } from './context.ts';
import { Life } from './life.ts';
import { Rng } from './rng.ts';
import { createSimRuntime } from './sim-runtime.ts';

/** The ports of one life. */
export interface SimPorts {
  /** `<process>.<life>`. */
  readonly name: string;
  readonly life: Life;
  readonly runtime: Runtime;
  readonly log: LogSource;
  readonly queries: SinkQueries;
  readonly inspection: SinkInspection;
  readonly rpc: WriteRpc;
  readonly encoder: RowEncoder;
  /** Where the tables are on Delta Lake. */
  readonly store: ObjectStore | undefined;
  readonly disk: StateStore;
  /** Aborted by a graceful stop. */
  readonly stopSignal: AbortSignal;
  /** A named crash point: await what it returns, if anything. */
  pass(point: string): Promise<void> | undefined;
  /** kill -9. */
  crash(): void;
}

/** What a process runs; may end by itself. */
export type ProcessMain = (ports: SimPorts) => Promise<unknown>;

export interface ProcessOptions {
  /** Default: `provenonce`. */
  readonly groupId?: string;
  /** Default: 0. */
  readonly clockOffsetMs?: number;
  /** When its local state is written anew. Default: as in production, which no simulated run lives to see. */
  readonly compaction?: CompactionLimits;
}

/** What a world's processes may write to. */
export interface SimSinks {
  readonly bigquery: SimBigQuery;
  readonly delta:
    | { readonly store: SimStore; readonly parts: { connect(store: SimStore, life: Life): ObjectStore } }
    | undefined;
}

export const OPERATOR_PREFIX = 'operator-';

export class SimProcess {
  readonly name: string;
  readonly disk: SimDisk;
  readonly groupId: string;
  clockOffsetMs: number;
  readonly #context: SimContext;
  readonly #kafka: SimKafka;
  readonly #sinks: SimSinks;
  #lives = 0;
  #life: Life | undefined;
  #stop = new AbortController();
  /** What it runs when it is started; set by the world. */
  main: ProcessMain | undefined;
  /** Planned restarts that are still to come: a process that was stopped twice has two. */
  restartsPending = 0;
  /** How its lives ended by themselves, oldest first. */
  readonly exits: { readonly life: number; readonly value?: unknown; readonly error?: unknown }[] = [];

  constructor(name: string, context: SimContext, kafka: SimKafka, sinks: SimSinks, options: ProcessOptions) {
    this.name = name;
    this.#context = context;
    this.#kafka = kafka;
    this.#sinks = sinks;
    this.groupId = options.groupId ?? 'provenonce';
    this.clockOffsetMs = options.clockOffsetMs ?? 0;
    this.disk = new SimDisk(options.compaction);
  }

  get life(): Life | undefined {
    return this.#life;
  }

  /** One who gives a command, not a processor. */
  get isOperator(): boolean {
    return this.name.startsWith(OPERATOR_PREFIX);
  }

  get restartPending(): boolean {
    return this.restartsPending > 0;
  }

  /** Whether it lives and has not ended by itself. */
  get running(): boolean {
    return this.#life !== undefined && !this.#life.dead;
  }

  /** Begins a life without running anything in it. The one before must be over. */
  boot(): SimPorts {
    if (this.running) throw new Error(`${this.name} is running`);
    const number = ++this.#lives;
    const life = new Life(this.name, number, this.#context);
    this.#life = life;
    this.#stop = new AbortController();
    const { bigquery, delta } = this.#sinks;
    this.#context.trace.add(this.name, `starts, life ${number}`);
    return {
      name: `${this.name}.${number}`,
      life,
      runtime: createSimRuntime(life, new Rng(this.#context.seed, `${this.name}.${number}`), () => this.clockOffsetMs),
      log: this.#kafka.connect(life, this.groupId),
      queries: bigquery.queries(life),
      inspection: new SimInspection(bigquery.tables),
      rpc: bigquery.writeRpc(life),
      encoder: simRowEncoder,
      store: delta?.parts.connect(delta.store, life),
      disk: this.disk.mount(life),
      stopSignal: this.#stop.signal,
      pass: (point) => life.pass(point),
      crash: () => this.crash(),
    };
  }

  /** Boots and runs `main`. */
  start(): void {
    const { main } = this;
    if (main === undefined) throw new Error(`${this.name} has nothing to run`);
    const ports = this.boot();
    const { life } = ports;
    const ended = (exit: { readonly value?: unknown; readonly error?: unknown }): void => {
      // The end of a process that is dead already is nothing that happened.
      if (life.dead) return;
      this.exits.push({ life: life.number, ...exit });
      this.#context.trace.add(this.name, `ends${exit.error === undefined ? '' : `: ${exit.error}`}`);
      life.kill();
    };
    main(ports).then(
      (value) => ended({ value }),
      (error: unknown) => ended({ error }),
    );
  }

  crash(): void {
    if (!this.running) return;
    this.#context.trace.add(this.name, 'crashes');
    this.#life?.kill();
  }

  /** SIGTERM. */
  stop(): void {
    if (!this.running) return;
    this.#context.trace.add(this.name, 'is told to stop');
    this.#life?.deliver(() => this.#stop.abort(new Error('stopped')));
  }
}
