/** A fault that was done to a world: when it hurt, how it is undone, what it counted. */

export interface AppliedFault {
  /** When it has hurt: at once for most, at the n-th answer for those that wait for one. Never rejects. */
  readonly hit: Promise<void>;
  /** Nothing lasts once it has hit: it counts as healed then. */
  readonly isOver: boolean;
  /** Undoes it. Does nothing for a fault that is over by itself. */
  heal(): Promise<void>;
  /** What it did so far, by name. */
  counts(): Readonly<Record<string, number>>;
}

/** Nothing lasts: it hit and was healed in the same moment. */
export function doneAtOnce(counts: Readonly<Record<string, number>> = {}): AppliedFault {
  return { hit: Promise.resolve(), isOver: true, heal: async () => {}, counts: () => counts };
}

/** It lasts until `heal` is called. */
export function lasting(
  heal: () => Promise<void> | void,
  counts: () => Readonly<Record<string, number>> = () => ({}),
): AppliedFault {
  return { hit: Promise.resolve(), isOver: false, heal: async () => heal(), counts };
}
