/**
 * Recent progress of the process, as one event every half minute: a log without lines between a takeover and a stop
 * would not show whether anything happens. It counts the other events; time comes in through the clock port.
 */

import type { Runtime } from '../base/runtime.ts';
import type { Counters } from '../payments/types.ts';
import type { Observer, ProcessorEvent } from '../processor/events.ts';

/** Time between two `processor.progress` events. */
export const PROGRESS_INTERVAL_MS = 30_000;

export interface ProgressReporter extends Observer {
  /** Emits `processor.progress` into `observer` until the signal is aborted. */
  run(observer: Observer, signal: AbortSignal): Promise<void>;
}

interface Held {
  counters: Readonly<Counters>;
  lag: number;
}

export function progressReporter(runtime: Pick<Runtime, 'monotonicMs' | 'sleep'>): ProgressReporter {
  const held = new Map<number, Held>();
  const stopped = new Set<number>();
  let assigned: readonly number[] | undefined;
  let since = nothingDone();

  function emit(event: ProcessorEvent): void {
    switch (event.type) {
      case 'assignment.changed':
        assigned = event.partitions;
        for (const partition of event.lost) {
          held.delete(partition);
          stopped.delete(partition);
        }
        return;
      case 'takeover.running':
        stopped.delete(event.partition);
        held.set(event.partition, { counters: event.counters, lag: 0 });
        return;
      case 'partition.fenced':
      case 'partition.released':
        held.delete(event.partition);
        return;
      case 'partition.stopped':
        held.delete(event.partition);
        stopped.add(event.partition);
        return;
      case 'batch.folded': {
        const one = held.get(event.partition);
        if (one === undefined) return;
        since.records += event.records;
        for (const name of ['accepted', 'duplicates', 'late', 'rejected'] as const) {
          since[name] += event.counters[name] - one.counters[name];
        }
        one.counters = event.counters;
        one.lag = Math.max(0, event.endOffset - event.nextOffset);
        return;
      }
      default:
    }
  }

  function report(overMs: number): ProcessorEvent {
    const done = since;
    since = nothingDone();
    const lag = [...held.values()].reduce((sum, one) => sum + one.lag, 0);
    const takingOver = (assigned ?? []).filter((partition) => !held.has(partition) && !stopped.has(partition));
    return {
      type: 'processor.progress',
      overMs,
      ...done,
      lag,
      partitions: ascending(held.keys()),
      takingOver: ascending(takingOver),
      stopped: ascending(stopped),
      assigned: assigned !== undefined,
    };
  }

  async function run(observer: Observer, signal: AbortSignal): Promise<void> {
    for (let fromMs = runtime.monotonicMs(); ; ) {
      try {
        await runtime.sleep(PROGRESS_INTERVAL_MS, signal);
      } catch (error) {
        if (signal.aborted) return;
        throw error;
      }
      const nowMs = runtime.monotonicMs();
      observer.emit(report(nowMs - fromMs));
      fromMs = nowMs;
    }
  }

  return { emit, run };
}

function nothingDone() {
  return { records: 0, accepted: 0, duplicates: 0, late: 0, rejected: 0 };
}

function ascending(partitions: Iterable<number>): number[] {
  return [...partitions].sort((a, b) => a - b);
}
