/**
 * Settings that are fixed for a partition when it is first seen. A later value is not stored and has no effect: an
 * operator who sets one gets a warning with both values. Pure.
 */

import { settingText } from '../base/span-text.ts';
import type { Ownership } from './ports.ts';
import type { SeedSettings } from './settings.ts';

const VARIABLES = {
  idHorizonMs: 'ID_HORIZON',
  windowMs: 'METRICS_WINDOW',
  activitySpanMs: 'ACTIVITY_SPAN',
} as const;
const DAY_MS = 86_400_000;
const KEPT = 'That value stays in force: what is in the tables was made with it. A new dataset takes the new one.';

type FixedRow = Pick<Ownership, 'partition' | 'fixed'>;

/** One line per setting and value in force that differs from ours. Partitions without a row take our settings. */
export function ignoredSettings(seed: SeedSettings, rows: readonly FixedRow[], nowMs: number): string[] {
  const spans = Object.entries(VARIABLES).flatMap(([key, variable]) => {
    const wanted = seed[key as keyof typeof VARIABLES];
    const others = rows.filter(({ fixed }) => fixed[key as keyof typeof VARIABLES] !== wanted);
    const byValue = Map.groupBy(others, ({ fixed }) => fixed[key as keyof typeof VARIABLES]);
    return [...byValue].map(
      ([stored, partitions]) =>
        `${variable} is ${settingText(wanted)}, but ${partitionsText(partitions)} with ${settingText(stored)}. ${KEPT}`,
    );
  });
  return [...spans, ...ignoredMinimums(seed, rows, nowMs)];
}

/**
 * The minimum event time is stored as a moment, counted back from when the partition was first seen. With an unchanged
 * setting, counting back from now gives a later moment. An earlier one means that the setting grew. (A setting that
 * shrank cannot be detected.)
 */
function ignoredMinimums({ minEventAgeMs }: SeedSettings, rows: readonly FixedRow[], nowMs: number): string[] {
  const wantedMs = Math.floor((nowMs - minEventAgeMs) / DAY_MS) * DAY_MS;
  const later = rows.filter(({ fixed }) => fixed.minEventTimeMs > wantedMs);
  const byValue = Map.groupBy(later, ({ fixed }) => fixed.minEventTimeMs);
  return [...byValue].map(
    ([storedMs, partitions]) =>
      `MIN_EVENT_TIME_AGE is ${settingText(minEventAgeMs)}, which would accept events from ${dayText(wantedMs)} on, but ` +
      `${partitionsText(partitions)} with ${dayText(storedMs)}. ${KEPT}`,
  );
}

function partitionsText(rows: readonly FixedRow[]): string {
  const [first] = rows;
  return rows.length === 1
    ? `partition ${first!.partition} was first seen`
    : `partitions ${rows.map(({ partition }) => partition).join(', ')} were first seen`;
}

function dayText(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}
