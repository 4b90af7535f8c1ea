/**
 * Everything of a simulated world that Delta Lake needs, in one place: loaded only where a case has that sink, since it brings the
 * sink's libraries.
 */
import { Table, tableFromIPC, tableToIPC } from 'apache-arrow';
import { assert } from '../../../base/errors.ts';
import type { LoadedRules } from '../../../payments/rules/rules.ts';
import { withCrashPoints } from '../../../processor/crash-points.ts';
import type { Observer } from '../../../processor/events.ts';
import type { OperatorSink, SchemaParts } from '../../../processor/ports.ts';
import type { ProcessorPorts } from '../../../processor/processor.ts';
import { deltaOperatorSink } from '../../../sinks/delta/operator-sink.ts';
import type { FileFormat, ObjectStore } from '../../../sinks/delta/ports.ts';
import type { SimStored } from '../stored.ts';
import type { SimContext } from '../world/context.ts';
import type { Life } from '../world/life.ts';
import type { SimPorts } from '../world/sim-process.ts';
import { OtherEngine } from './other-engine.ts';
import { SIM_DELTA_LIMITS, type SimDeltaLimits } from './sim-delta-limits.ts';
import { ARROW_FILES } from './sim-format.ts';
import { SimStore } from './sim-store.ts';
import { SimStorePort } from './sim-store-port.ts';
import { StoredInStore } from './stored-in-store.ts';
import { preparedTables, processorSinkOn, wireDelta } from './wire-delta.ts';

/** How files are packed. */
export interface SimFiles {
  readonly format: FileFormat;
  /** The Arrow stream in a file. */
  unpack(bytes: Uint8Array): Uint8Array;
  pack(stream: Uint8Array): Uint8Array;
}

export interface DeltaProcessOptions {
  readonly observer: Observer;
  readonly limits: Partial<SimDeltaLimits>;
  readonly rules?: LoadedRules | undefined;
  readonly schemaParts?: SchemaParts | undefined;
}

export interface DeltaProcess {
  readonly ports: ProcessorPorts;
  /** To be awaited before the processor runs; returns why it cannot. */
  prepare(): Promise<Error | undefined>;
}

export class DeltaParts {
  readonly files: SimFiles;

  constructor(files: SimFiles = PLAIN_FILES) {
    this.files = files;
  }

  open(context: SimContext): { readonly store: SimStore; readonly otherEngine: OtherEngine } {
    const store = new SimStore(context, this.files.unpack);
    return { store, otherEngine: new OtherEngine(context, store, (files) => this.#join(files)) };
  }

  stored(store: SimStore, topic: string): SimStored {
    return new StoredInStore(store, topic);
  }

  /** The ports of a processor in one life of a process. */
  processorPorts(ports: SimPorts, { observer, limits: given, rules, schemaParts }: DeltaProcessOptions): DeltaProcess {
    const { runtime, log, disk, store } = ports;
    const limits = { ...SIM_DELTA_LIMITS, ...given };
    assert(store !== undefined, 'the world has no object store');
    const pass = (point: string) => ports.pass(point);
    const wired = wireDelta({ store, runtime, format: this.files.format, rules, limits, hit: pass });
    const sink = processorSinkOn(wired, limits);
    const wiredPorts = { runtime, log, sink, state: disk, observer, schemaParts };
    return { ports: withCrashPoints(wiredPorts, pass), prepare: () => preparedTables(wired) };
  }

  /** The sink of an operator's command, which is a process of its own. */
  operatorSink({ runtime, store, pass }: SimPorts): OperatorSink {
    assert(store !== undefined, 'the world has no object store');
    const { parts } = wireDelta({
      store,
      runtime,
      format: this.files.format,
      limits: SIM_DELTA_LIMITS,
      hit: (point) => pass(point),
    });
    return deltaOperatorSink(parts);
  }

  connect(store: SimStore, life: Life): ObjectStore {
    return new SimStorePort(life, store);
  }

  #join(files: readonly Uint8Array[]): Uint8Array {
    const batches = files.flatMap((bytes) => tableFromIPC(this.files.unpack(bytes)).batches);
    return this.files.pack(tableToIPC(new Table(batches), 'stream'));
  }
}

/** The Arrow stream itself, which takes no time to pack. */
const PLAIN_FILES: SimFiles = { format: ARROW_FILES, unpack: (bytes) => bytes, pack: (stream) => stream };
