/** Whether a load was sustained: nothing that must be constant grew over the last three fifths of the time. */

export interface LoadLook {
  /** Since the load began. */
  readonly atMs: number;
  /** Records in the broker. */
  readonly offered: number;
  /** Offered and not in the tables. */
  readonly lag: number;
  readonly durable: number;
  readonly stateIds: number;
  readonly stateBytes: number;
  readonly residentMb: number;
  /** Of it, memory without a file behind it: excludes the state's mapped file. */
  readonly anonymousMb: number;
  readonly emulatorMb: number;
}

const WINDOW_SHARE = 3 / 5;
const OFFERED_LEAST = 0.99;
/** Of the lag, seconds of load: appends and checkpoints come in bursts. */
const LAG_GROWTH_SECONDS = 0.5;

export const FLATNESS =
  'sustained means that in the last 3 of 5 minutes at least 99 % of the rate was offered, and the mean lag of the second half of them is at ' +
  'most half a second of load over that of the first';

export interface LoadVerdict {
  readonly offeredInTime: boolean;
  readonly lagFlat: boolean;
  /** Mean count of remembered ids, second half against first, percent. */
  readonly statePercent: number;
  /** Mean lag, records, of the two halves of the window. */
  readonly lag: readonly [number, number];
  readonly stateIds: readonly [number, number];
  /** Into the tables, over the window. */
  readonly processedPerSecond: number;
  /** The rate if it was sustained, else what was processed, which is less. */
  readonly sustainedPerSecond: number;
}

/** Throws if there are too few looks to judge. */
export function judgeLoad(looks: readonly LoadLook[], rate: number, lengthMs: number): LoadVerdict {
  const fromMs = lengthMs * (1 - WINDOW_SHARE);
  const middleMs = (fromMs + lengthMs) / 2;
  const window = looks.filter(({ atMs }) => atMs >= fromMs && atMs <= lengthMs);
  const halves = [window.filter(({ atMs }) => atMs < middleMs), window.filter(({ atMs }) => atMs >= middleMs)] as const;
  if (halves.some((half) => half.length < 2))
    throw new Error(`${window.length} looks are too few to judge the load by`);
  const means = (of: (look: LoadLook) => number) =>
    halves.map((half) => Math.round(half.reduce((sum, look) => sum + of(look), 0) / half.length)) as [number, number];
  const [first, last] = [window[0]!, window.at(-1)!];
  const perSecond = (of: (look: LoadLook) => number) => (1_000 * (of(last) - of(first))) / (last.atMs - first.atMs);
  const lag = means((look) => look.lag);
  const stateIds = means((look) => look.stateIds);
  const offeredInTime = perSecond(({ offered }) => offered) >= OFFERED_LEAST * rate;
  const lagFlat = lag[1] <= lag[0] + LAG_GROWTH_SECONDS * rate;
  const processedPerSecond = Math.round(perSecond(({ durable }) => durable));
  return {
    offeredInTime,
    lagFlat,
    statePercent: (100 * Math.max(1, stateIds[1])) / Math.max(1, stateIds[0]),
    lag,
    stateIds,
    processedPerSecond,
    sustainedPerSecond: offeredInTime && lagFlat ? rate : Math.min(processedPerSecond, rate - 1),
  };
}
