/**
 * What all partitions of one process share: its ports and settings, and the coordinators that let partitions act together or take
 * turns. One value, handed to every supervisor.
 */
import type { Runtime } from '../base/runtime.ts';
import { Semaphore } from '../base/semaphore.ts';
import type { Observer } from './events.ts';
import type { LogSource, Sink, StateStore } from './ports.ts';
import { AppendTurns } from './run/append-turns.ts';
import type { ProcessorSettings } from './settings.ts';
import { ClaimRounds } from './takeover/claim-rounds.ts';
import { OlderWarnings } from './takeover/settings-entry.ts';

export interface ProcessorPorts {
  readonly runtime: Runtime;
  readonly log: LogSource;
  readonly sink: Sink;
  readonly state: StateStore;
  readonly observer: Observer;
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
}

export function processScope(settings: ProcessorSettings, ports: ProcessorPorts): ProcessScope {
  const { topic, owner, limits } = settings;
  return {
    ...ports,
    settings,
    claims: new ClaimRounds({ ...ports, topic, owner }),
    turns: new AppendTurns(limits.maxAppendsInFlight),
    warnedOf: new OlderWarnings(),
    restores: new Semaphore(1),
    rebuilds: new Semaphore(limits.maxRebuilds),
  };
}
