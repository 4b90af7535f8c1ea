/** What the pipeline went through in a demo run, read from what its processes said. Nothing here is assumed. */
import type { ProcessorEvent, ProcessorEventType } from '../processor/events.ts';

export interface Survived {
  /** Rows found past the last checkpoint at takeovers: written by a batch that was cut short. */
  readonly rowsFoundPastCheckpoint: number;
  /** Of these, compared with what the log yields and not written again. */
  readonly rowsNotWrittenAgain: number;
  readonly takeovers: number;
  readonly streamsFinalized: number;
  readonly stateRebuilds: number;
  readonly idsRebuilt: number;
  /** From the start of the process that followed the crash to its first acknowledged rows; undefined if it had none. */
  readonly restartToFirstRowMs: number | undefined;
}

type EventOf<T extends ProcessorEventType> = Extract<ProcessorEvent, { type: T }>;

/** `events`: those of all processes. */
export function survivedBy(events: readonly ProcessorEvent[], restartToFirstRowMs: number | undefined): Survived {
  const of = <T extends ProcessorEventType>(type: T): EventOf<T>[] =>
    events.filter((event): event is EventOf<T> => event.type === type);
  const rebuilt = of('state.restored').filter((event) => event.how === 'rebuilt');
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);
  return {
    rowsFoundPastCheckpoint: sum(of('takeover.positioned').map((event) => event.rowsAlreadyThere)),
    rowsNotWrittenAgain: sum(of('replay.finished').map((event) => event.rowsSkipped)),
    takeovers: of('takeover.running').length,
    streamsFinalized: of('takeover.finalized').filter((event) => event.outcome.state === 'finalized').length,
    stateRebuilds: rebuilt.length,
    idsRebuilt: sum(rebuilt.map((event) => event.ids)),
    restartToFirstRowMs,
  };
}
