/**
 * Recent progress of the process, as one event every half minute: a log without lines between a takeover and a stop
 * would not show whether anything happens. It counts the other events; time comes in through the clock port.
 */

import type { Runtime } from '../base/runtime.ts';
import type { Counters } from '../payments/types.ts';
import type { Observer, ProcessorEvent } from '../processor/events.ts';
import { ascending, type PartitionRoster } from './partition-roster.ts';

/** Time between two `processor.progress` events. */
export const PROGRESS_INTERVAL_MS = 30_000;

export interface ProgressReporter extends Observer {
  /** Emits `processor.progress` into `observer` until the signal is aborted. */
  run(observer: Observer, signal: AbortSignal): Promise<void>;
}

interface Folded {
  counters: Readonly<Counters>;
  lag: number;
}

/** `roster` gets each event before it does. */
export function progressReporter(
  runtime: Pick<Runtime, 'monotonicMs' | 'sleep'>,
  roster: PartitionRoster,
): ProgressReporter {
  /** Since each partition was taken over; what is held is in the roster. */
  const folded = new Map<number, Folded>();
  let since = nothingDone();

  function emit(event: ProcessorEvent): void {
    switch (event.type) {
      case 'takeover.running':
        folded.set(event.partition, { counters: event.counters, lag: 0 });
        return;
      case 'batch.folded': {
        const one = folded.get(event.partition);
        if (one === undefined || !roster.held.has(event.partition)) return;
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
    const { held, stopped, pending, assigned } = roster;
    const lag = [...held].reduce((sum, partition) => sum + (folded.get(partition)?.lag ?? 0), 0);
    return {
      type: 'processor.progress',
      overMs,
      ...done,
      lag,
      partitions: ascending(held),
      takingOver: ascending(pending),
      stopped: ascending(stopped.keys()),
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
