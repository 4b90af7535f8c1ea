/**
 * When to look next at something that approaches an end: seldom on the way, since looking costs the measured process
 * time (2.6 ms a scrape), and often near the end, since its time is known only to the distance of the looks.
 */

const FEWEST_MS = 20;
const UNKNOWN_MS = 100;
const MOST_MS = 1_000;

/** What was seen, and when. */
interface Look {
  readonly atMs: number;
  /** Records with an acknowledged row. */
  readonly durable: number;
}

/** Half of the remaining time at the speed between the two looks; between 20 ms and a second. */
export function nextLookInMs(records: number, now: Look, before: Look | undefined): number {
  if (before === undefined || now.durable <= before.durable) return UNKNOWN_MS;
  const perMs = (now.durable - before.durable) / (now.atMs - before.atMs);
  return Math.min(MOST_MS, Math.max(FEWEST_MS, (records - now.durable) / perMs / 2));
}
