/** Readiness of the process, derived from its events: what it waits for and what has stopped, in words. */
import type { Observer, ProcessorEvent } from '../processor/events.ts';
import { waitingText } from './event-text.ts';

export interface Readiness {
  readonly ready: boolean;
  /** Reasons against it; empty when ready. */
  readonly reasons: readonly string[];
  /** Partitions assigned and running. */
  readonly partitions: readonly number[];
}

export interface HealthObserver extends Observer {
  readiness(): Readiness;
}

export function healthObserver(): HealthObserver {
  let phase: 'starting' | 'started' | 'stopping' = 'starting';
  /** Undefined until the group's first assignment, which may be empty for a process that stands by. */
  let assigned: readonly number[] | undefined;
  const running = new Set<number>();
  const waiting = new Map<string, string>();
  const stopped = new Map<number, string>();

  function emit(event: ProcessorEvent): void {
    switch (event.type) {
      case 'processor.started':
        phase = 'started';
        return;
      case 'processor.stopping':
      case 'processor.stopped':
        phase = 'stopping';
        return;
      case 'assignment.changed':
        assigned = event.partitions;
        for (const partition of event.lost) {
          running.delete(partition);
          stopped.delete(partition);
        }
        return;
      case 'service.waiting':
        waiting.set(event.service, waitingText(event));
        return;
      case 'service.recovered':
        waiting.delete(event.service);
        return;
      case 'append.acknowledged':
        // A write whose partition ended reports no end of its wait.
        waiting.delete('bigquery-write');
        return;
      case 'takeover.running':
        running.add(event.partition);
        stopped.delete(event.partition);
        return;
      case 'partition.fenced':
      case 'partition.released':
        running.delete(event.partition);
        return;
      case 'partition.stopped':
        running.delete(event.partition);
        stopped.set(event.partition, `partition ${event.partition} stopped (${event.code}): ${event.error}`);
        return;
      default:
    }
  }

  function readiness(): Readiness {
    const reasons = [...waiting.values(), ...stopped.values()];
    if (phase !== 'started') reasons.unshift(phase);
    if (phase === 'started' && assigned === undefined) reasons.push('waiting for the first assignment of partitions');
    const pending = (assigned ?? []).filter((partition) => !running.has(partition) && !stopped.has(partition));
    if (pending.length > 0) reasons.push(`taking over partitions ${pending.join(', ')}`);
    return { ready: reasons.length === 0, reasons, partitions: [...running].sort((a, b) => a - b) };
  }

  return { emit, readiness };
}
