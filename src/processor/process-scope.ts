/**
 * What all partitions of one process share: its ports and settings, and the coordinators that let partitions act together or take
 * turns. One value, handed to every supervisor.
 */
import type { Runtime } from '../base/runtime.ts';
import { Semaphore } from '../base/semaphore.ts';
import type { Observer } from './events.ts';
import type { LogSource, SchemaParts, Sink, StateStore } from './ports.ts';
import { AppendTurns } from './run/append-turns.ts';
import { DatasetSchemas } from './schemas/dataset-schemas.ts';
import type { ProcessorSettings } from './settings.ts';
import { ClaimRounds } from './takeover/claim-rounds.ts';
import { OlderWarnings } from './takeover/settings-entry.ts';

export interface ProcessorPorts {
  readonly runtime: Runtime;
  readonly log: LogSource;
  readonly sink: Sink;
  readonly state: StateStore;
  readonly observer: Observer;
  /** For rules whose records name schemas. Without it such rules cannot be used. */
  readonly schemaParts?: SchemaParts | undefined;
}

export interface ProcessScope extends ProcessorPorts {
  readonly settings: ProcessorSettings;
  /** Partitions that are claimed at the same time share a claim. */
  readonly claims: ClaimRounds;
  /** Bounds the appends in flight. */
  readonly turns: AppendTurns;
  /** One local state is read at a time. So the first partition runs early, and memory holds one file. */
  readonly restores: Semaphore;
  /** Newer settings than ours that were warned of. */
  readonly warnedOf: OlderWarnings;
  /** Few states are rebuilt at a time. So the first partitions run early, and memory holds the rows of few. */
  readonly rebuilds: Semaphore;
  /** Undefined without schemaParts. */
  readonly schemas: DatasetSchemas | undefined;
}

export function processScope(settings: ProcessorSettings, ports: ProcessorPorts): ProcessScope {
  const { topic, owner, limits } = settings;
  return {
    ...ports,
    settings,
    claims: new ClaimRounds({ ...ports, topic, owner }),
    turns: new AppendTurns(limits.maxAppendsInFlight, limits.maxBytesInFlight),
    warnedOf: new OlderWarnings(),
    restores: new Semaphore(1),
    rebuilds: new Semaphore(limits.maxRebuilds),
    schemas: ports.schemaParts === undefined ? undefined : new DatasetSchemas({ ...ports, ...ports.schemaParts }),
  };
}
