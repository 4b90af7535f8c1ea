/**
 * When to look next at something that moves towards an end: rarely on the way, since looking costs what is measured some of
 * its time (2.6 ms a scrape), and often near the end, since the end is known no better than the looks are apart.
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

/** Half of what is left at the speed between the two looks; within 20 ms and a second. */
export function nextLookInMs(records: number, now: Look, before: Look | undefined): number {
  if (before === undefined || now.durable <= before.durable) return UNKNOWN_MS;
  const perMs = (now.durable - before.durable) / (now.atMs - before.atMs);
  return Math.min(MOST_MS, Math.max(FEWEST_MS, (records - now.durable) / perMs / 2));
}
