/** What the pipeline survived in a demo run, derived from its processes' events. Nothing here is assumed. */
import type { SinkName } from '../lab/sink-names.ts';
import type { ProcessorEvent, ProcessorEventType } from '../processor/events.ts';

export interface Survived {
  /**
   * Rows found past the last checkpoint at takeovers: written by a batch that was cut short. Undefined on Delta Lake, whose tables
   * say how far their rows go.
   */
  readonly rowsFoundPastCheckpoint: number | undefined;
  /** Rows past the last checkpoint that were there, and were not written again. */
  readonly rowsNotWrittenAgain: number;
  readonly takeovers: number;
  readonly streamsFinalized: number;
  readonly stateRebuilds: number;
  readonly idsRebuilt: number;
  /** From the start of the process that followed the crash to its first acknowledged rows; undefined if it had none. */
  readonly restartToFirstRowMs: number | undefined;
}

type EventOf<T extends ProcessorEventType> = Extract<ProcessorEvent, { type: T }>;

/** `events`: those of all processes, one process after the other. */
export function survivedBy(
  events: readonly ProcessorEvent[],
  restartToFirstRowMs: number | undefined,
  sink: SinkName = 'bigquery',
): Survived {
  const of = <T extends ProcessorEventType>(type: T): EventOf<T>[] =>
    events.filter((event): event is EventOf<T> => event.type === type);
  const rebuilt = of('state.restored').filter((event) => event.how === 'rebuilt');
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);
  return {
    rowsFoundPastCheckpoint:
      sink === 'delta' ? undefined : sum(decidingTakeovers(events).map((event) => event.rowsAlreadyThere)),
    rowsNotWrittenAgain: sum(of('replay.finished').map((event) => event.rowsSkipped)),
    takeovers: of('takeover.running').length,
    streamsFinalized: of('takeover.finalized').filter((event) => event.outcome.state === 'finalized').length,
    stateRebuilds: rebuilt.length,
    idsRebuilt: sum(rebuilt.map((event) => event.ids)),
    restartToFirstRowMs,
  };
}

/**
 * Takeovers that had to compare the rows they found. One that lost its partition before it compared does not count,
 * because the next owner finds the same rows again. A partition's newest takeover always counts.
 */
function decidingTakeovers(events: readonly ProcessorEvent[]): EventOf<'takeover.positioned'>[] {
  /** By partition, of the process whose events are being read. */
  const current = new Map<number, EventOf<'takeover.positioned'>>();
  const newest = new Map<number, EventOf<'takeover.positioned'>>();
  const finished = new Set<EventOf<'takeover.positioned'>>();
  for (const event of events) {
    if (event.type === 'takeover.positioned') {
      const { partition, epoch } = event;
      current.set(partition, event);
      if (epoch >= (newest.get(partition)?.epoch ?? 0)) newest.set(partition, event);
    } else if (event.type === 'replay.finished') {
      const takeover = current.get(event.partition);
      if (takeover !== undefined) finished.add(takeover);
    }
  }
  return [...new Set([...finished, ...newest.values()])];
}
