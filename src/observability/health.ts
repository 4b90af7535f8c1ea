/** Readiness of the process, derived from its events: what it waits for and what has stopped, in words. */
import type { Observer, ProcessorEvent } from '../processor/events.ts';
import { lookingText, waitingText } from './event-text.ts';
import { ascending, type PartitionRoster } from './partition-roster.ts';

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

/** `roster` gets each event before it does. */
export function healthObserver(roster: PartitionRoster): HealthObserver {
  let phase: 'starting' | 'started' | 'stopping' = 'starting';
  const waiting = new Map<string, string>();

  function emit(event: ProcessorEvent): void {
    switch (event.type) {
      case 'processor.started':
        phase = 'started';
        return;
      case 'processor.stopping':
      case 'processor.stopped':
        phase = 'stopping';
        return;
      case 'service.waiting':
        waiting.set(event.service, waitingText(event));
        return;
      case 'first_look.waiting':
        waiting.set(event.type, lookingText(event));
        return;
      case 'first_look.ended':
        waiting.delete('first_look.waiting');
        return;
      case 'service.recovered':
        waiting.delete(event.service);
        return;
      case 'append.acknowledged':
        // A write whose partition ended reports no end of its wait.
        waiting.delete('bigquery-write');
        return;
      default:
    }
  }

  function readiness(): Readiness {
    const { assigned, held, stopped, pending } = roster;
    const stops = [...stopped].map(
      ([partition, { code, error }]) => `partition ${partition} stopped (${code}): ${error}`,
    );
    const reasons = [...waiting.values(), ...stops];
    if (phase !== 'started') reasons.unshift(phase);
    if (phase === 'started' && assigned === undefined) reasons.push('waiting for the first assignment of partitions');
    if (pending.length > 0) reasons.push(`taking over partitions ${pending.join(', ')}`);
    return { ready: reasons.length === 0, reasons, partitions: ascending(held) };
  }

  return { emit, readiness };
}
