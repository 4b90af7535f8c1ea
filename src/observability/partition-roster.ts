/**
 * Which partitions this process has, holds and has stopped, from its events. Health, metrics and progress share one roster: it gets
 * each event before they do.
 */
import type { Observer, ProcessorEvent } from '../processor/events.ts';

export interface StoppedPartition {
  readonly code: string;
  readonly error: string;
}

export class PartitionRoster implements Observer {
  #assigned: readonly number[] | undefined;
  readonly #held = new Set<number>();
  readonly #stopped = new Map<number, StoppedPartition>();

  /** Undefined until the group's first assignment, which may be empty for a process that stands by. */
  get assigned(): readonly number[] | undefined {
    return this.#assigned;
  }

  /** Written here. */
  get held(): ReadonlySet<number> {
    return this.#held;
  }

  get stopped(): ReadonlyMap<number, StoppedPartition> {
    return this.#stopped;
  }

  /** Assigned, and neither held nor stopped: they are taken over, or wait for that. */
  get pending(): number[] {
    return (this.#assigned ?? []).filter((partition) => !this.#held.has(partition) && !this.#stopped.has(partition));
  }

  emit(event: ProcessorEvent): void {
    switch (event.type) {
      case 'assignment.changed':
        this.#assigned = event.partitions;
        for (const partition of event.lost) {
          this.#held.delete(partition);
          this.#stopped.delete(partition);
        }
        return;
      case 'takeover.running':
        this.#held.add(event.partition);
        this.#stopped.delete(event.partition);
        return;
      case 'partition.fenced':
      case 'partition.released':
        this.#held.delete(event.partition);
        return;
      case 'partition.stopped':
        this.#held.delete(event.partition);
        this.#stopped.set(event.partition, { code: event.code, error: event.error });
        return;
      default:
    }
  }
}

export function ascending(partitions: Iterable<number>): number[] {
  return [...partitions].sort((a, b) => a - b);
}
